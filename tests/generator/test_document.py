"""How a document is read, and how its references are followed."""

from __future__ import annotations

from typing import Any

import pytest

from generator.document import follow, parse, parse_openapi, references, resolve, rewrite
from generator.refusal import Refusal


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("language: no", {"language": "no"}),
        ("day: 2026-01-31", {"day": "2026-01-31"}),
        ("200: {ok: true}", {"200": {"ok": True}}),
        ('{"a": [1, null]}', {"a": [1, None]}),
    ],
)
def test_yaml_is_read_as_json_values(text: str, value: dict[str, Any]) -> None:
    """Under YAML 1.2 `no` is text; numbers as keys and dates become text."""
    assert parse(text, "a.yaml") == value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", 'a.yaml: line 3: found duplicate key "a"'),
        ("a: [1,\n", "a.yaml: line 2: "),
        ("200: 1\n'200': 2\n", "keys that differ only in type among"),
        ("a: &a [*a]", "not a YAML or JSON document: Circular"),
        ("a: .nan", "not a YAML or JSON document: Out of range"),
        ("a: !!python/object:os.system 1", "could not determine a constructor"),
        ("[1]", "holds no mapping"),
        ("a: \x00", "special characters are not allowed"),
    ],
)
def test_what_is_no_document_is_refused(text: str, words: str) -> None:
    """The refusal says what is wrong and in which line."""
    with pytest.raises(Refusal) as refused:
        parse(text, "a.yaml")
    assert words in str(refused.value)


def test_only_openapi_3_is_read() -> None:
    """A Swagger 2 document is refused."""
    with pytest.raises(Refusal, match=r"no 'openapi: 3"):
        parse_openapi("swagger: '2.0'", "a.yaml")


def test_examples_are_data() -> None:
    """A key inside an example is left alone, while a property that is called example is a schema."""
    node = {"example": {"x": 1}, "properties": {"example": {"x": 1}}, "items": [{"x": 1}]}
    changed = rewrite(node, lambda part: {key: value for key, value in part.items() if key != "x"})
    assert changed == {"example": {"x": 1}, "properties": {"example": {}}, "items": [{}]}


def test_references_of_discriminators_are_found() -> None:
    """A discriminator may name schemas by reference; bare names are no references."""
    node = {"oneOf": [{"$ref": "#/a/b"}], "discriminator": {"mapping": {"x": "#/c/d", "y": "Plain"}}}
    assert sorted(references(node)) == ["#/a/b", "#/c/d"]


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
