"""One way of writing for one meaning."""

from __future__ import annotations

from typing import Any

import pytest

from generator.normalise import normalise

NULL = {"type": "null"}


@pytest.mark.parametrize(
    ("schema", "meaning"),
    [
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"type": ["string", "null"], "nullable": True}, {"type": ["string", "null"]}),
        ({"type": "string", "nullable": False}, {"type": "string"}),
        ({"nullable": True}, {}),
        ({"nullable": True, "description": "d"}, {"description": "d"}),
        ({"$ref": "#/x", "nullable": True}, {"anyOf": [{"$ref": "#/x"}, NULL]}),
        (
            {"type": "string", "enum": ["a"], "nullable": True},
            {"type": ["string", "null"], "enum": ["a", None]},
        ),
        (
            {"type": "string", "enum": ["a", None], "nullable": True},
            {"type": ["string", "null"], "enum": ["a", None]},
        ),
        ({"properties": {"nullable": {"type": "string"}}}, {"properties": {"nullable": {"type": "string"}}}),
    ],
)
def test_nullable_becomes_a_type(schema: dict[str, Any], meaning: dict[str, Any]) -> None:
    """OpenAPI 3.0's `nullable` is written in 3.1's terms; a property of that name is only a property."""
    assert normalise({"paths": {}, "x": schema})["x"] == meaning


@pytest.mark.parametrize(
    ("schema", "types"),
    [
        ({"enum": ["a", "b"]}, "string"),
        ({"enum": ["a", 1, None]}, ["integer", "null", "string"]),
        ({"const": True}, "boolean"),
        ({"enum": [1.5, 1, False]}, ["boolean", "integer", "number"]),
        ({"type": "string", "enum": [1]}, "string"),
        ({"enum": []}, None),
        ({"enum": [{}, "a"]}, None),
    ],
)
def test_values_have_types(schema: dict[str, Any], types: object) -> None:
    """An enumeration that does not state its type is as open as one that does; objects and lists are left alone."""
    assert normalise({"paths": {}, "x": schema})["x"].get("type") == types


@pytest.mark.parametrize(
    ("schema", "spelled_out"),
    [
        ({"type": "array"}, {"type": "array", "items": {}}),
        ({"type": ["array", "null"]}, {"type": ["array", "null"], "items": {}}),
        ({"type": "array", "prefixItems": [{}]}, {"type": "array", "prefixItems": [{}]}),
        ({"properties": {"a": True, "b": False}}, {"properties": {"a": {}, "b": {"not": {}}}}),
    ],
)
def test_what_is_implied_is_spelled_out(schema: dict[str, Any], spelled_out: dict[str, Any]) -> None:
    """JSON Schema takes these, and openapi-python-client does not."""
    assert normalise({"paths": {}, "x": schema})["x"] == spelled_out


def test_global_security_is_stated_on_operations() -> None:
    """An operation that states its own keeps it."""
    document = {"security": [{"key": []}], "paths": {"/a": {"get": {}, "put": {"security": []}}}}
    item = normalise(document)["paths"]["/a"]
    assert (item["get"]["security"], item["put"]["security"]) == ([{"key": []}], [])
