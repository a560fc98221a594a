"""What is left of a document when only some operations count."""

from __future__ import annotations

from typing import Any

import pytest

from generator.refusal import Refusal
from generator.shake import shake

POST = "post /audio/transcriptions"


def test_only_what_is_reached_is_kept(published: dict[str, Any]) -> None:
    """Unused paths and schemas go; security schemes stay."""
    shaken = shake(published, (POST,))
    assert list(shaken["paths"]) == ["/audio/transcriptions"]
    assert "Unused" not in shaken["components"]["schemas"]
    assert "BadRequestResponseErrorData" in shaken["components"]["schemas"]
    assert shaken["components"]["securitySchemes"] == published["components"]["securitySchemes"]


def test_extensions_among_the_components_are_no_kind(published: dict[str, Any]) -> None:
    """They may hold anything, and nothing refers to them."""
    published["components"]["x-owner"] = "us"
    assert "x-owner" not in shake(published, (POST,))["components"]


def test_what_a_path_shares_is_kept(published: dict[str, Any]) -> None:
    """Parameters of the path stay with the operation; its other methods go."""
    item = published["paths"]["/audio/transcriptions"]
    item |= {"parameters": [], "get": {"responses": {}}}
    assert set(shake(published, (POST,))["paths"]["/audio/transcriptions"]) == {"post", "parameters"}


def test_operations_of_one_path_stay_together(published: dict[str, Any]) -> None:
    """A document without components is kept as well."""
    bare = {"openapi": "3.1.0", "paths": {"/a": {"get": {"responses": {}}, "put": {"responses": {}}}}}
    assert set(shake(bare, ("get /a", "put /a"))["paths"]["/a"]) == {"get", "put"}


def test_recursive_schemas_end(published: dict[str, Any]) -> None:
    """A schema that refers to itself is kept once."""
    answer = published["components"]["schemas"]["Answer"]
    answer["properties"]["inner"] = {"$ref": "#/components/schemas/Answer"}
    assert shake(published, (POST,))["components"]["schemas"]["Answer"] == answer


@pytest.mark.parametrize(
    ("operation", "reference", "words"),
    [
        ("post /absent", "#/components/schemas/Answer", "paths: post /absent: not in the document"),
        (
            POST,
            "#/paths/x",
            "^#/components/schemas/Answer/properties/x: #/paths/x: only references to '#/components/...'",
        ),
        (POST, "#/components/schemas/Request/properties/model", "model: only references to .*, and to all of one"),
        (
            POST,
            "#/components/schemas/Absent",
            "Answer/properties/x: #/components/schemas/Absent: refers to nothing",
        ),
    ],
)
def test_a_missing_part_is_refused(published: dict[str, Any], operation: str, reference: str, words: str) -> None:
    """The operation or the reference is named."""
    published["components"]["schemas"]["Answer"]["properties"]["x"] = {"$ref": reference}
    with pytest.raises(Refusal, match=words):
        shake(published, (operation,))
