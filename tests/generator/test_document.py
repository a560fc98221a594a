"""How a document is read, and how its references are followed."""

from __future__ import annotations

from typing import Any

import pytest

from generator.document import follow, parse, parse_openapi, references, resolve, rewrite
from generator.refusal import Refusal


@pytest.mark.parametrize(("text", "value"), [("language: no", {"language": "no"}), ('{"a": [1]}', {"a": [1]})])
def test_yaml_and_json_are_read(text: str, value: dict[str, Any]) -> None:
    """A document may be published as either."""
    assert parse(text, "a.yaml") == value


@pytest.mark.parametrize("text", ["[1]", "words", ""])
def test_what_is_no_mapping_is_refused(text: str) -> None:
    """The refusal names the source and how a document begins."""
    with pytest.raises(Refusal, match=r"^a\.yaml: holds no mapping; an OpenAPI document begins 'openapi: 3"):
        parse(text, "a.yaml")


def test_only_openapi_3_is_read() -> None:
    """A Swagger 2 document is refused."""
    assert parse_openapi("openapi: 3.1.0", "a.yaml") == {"openapi": "3.1.0"}
    with pytest.raises(Refusal, match=r"no 'openapi: 3"):
        parse_openapi("swagger: '2.0'", "a.yaml")
    with pytest.raises(Refusal, match=r"no 'openapi: 3.*such as 3\.1\.0"):
        parse_openapi("openapi: 3.1", "a.yaml")


@pytest.mark.parametrize("key", ["components", "paths"])
def test_a_document_without_its_mappings_is_refused(key: str) -> None:
    """The key is named."""
    with pytest.raises(Refusal, match=f"^a.yaml: {key}: holds no mapping"):
        parse_openapi(f"openapi: 3.1.0\n{key}:\n", "a.yaml")


def test_examples_are_data() -> None:
    """A key inside an example is left alone, while a property that is called example is a schema."""
    node = {"example": {"x": 1}, "properties": {"example": {"x": 1}}, "items": [{"x": 1}]}
    changed = rewrite(node, lambda part: {key: value for key, value in part.items() if key != "x"})
    assert changed == {"example": {"x": 1}, "properties": {"example": {}}, "items": [{}]}


def test_references_of_discriminators_are_found() -> None:
    """A discriminator may name schemas by reference; bare names are no references."""
    node = {"oneOf": [{"$ref": "#/a/b"}], "discriminator": {"mapping": {"x": "#/c/d", "y": "Plain", "z": 1}}}
    assert sorted(references([node, {"discriminator": {"mapping": None}}])) == ["#/a/b", "#/c/d"]


def test_references_are_unescaped() -> None:
    """A slash and a tilde in a name are written ~1 and ~0 (RFC 6901)."""
    document = {"paths": {"/a~b": {"x": {"$ref": "#/y"}}}, "y": 7}
    assert resolve(document, follow(document, "#/paths/~1a~0b/x")) == 7


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("other.yaml#/a", "reference to another document"),
        ("#/loop", "#/loop: refers to itself"),
        ("#/absent", "#/absent: refers to nothing"),
    ],
)
def test_references_that_lead_nowhere_are_refused(reference: str, words: str) -> None:
    """The reference is named."""
    with pytest.raises(Refusal, match=words):
        resolve({"loop": {"$ref": "#/loop"}}, {"$ref": reference})
