"""The rules that make the generated code small and robust; they know shapes and no names."""

from __future__ import annotations

from typing import Any

import pytest

from generator.refusal import Refusal
from generator.shake import shake
from generator.simplify import collapse_maps, merge_errors, without_small_classes

FREE = {"type": "object", "additionalProperties": {}}
SLUGS = [f"slug-{number}" for number in range(12)]


def schemas_of(document: dict[str, Any]) -> dict[str, Any]:
    """The named schemas of a document."""
    found: dict[str, Any] = document["components"]["schemas"]
    return found


def provider_map(**changes: Any) -> dict[str, Any]:
    """An object with many equal free-form members, apart from their words."""
    properties = {slug: {**FREE, "description": slug, "x-order": slug} for slug in SLUGS}
    return {"type": "object", "description": "map", "properties": properties, **changes}


def members(schema: dict[str, Any], number: int = 12) -> dict[str, Any]:
    """As many members with this schema."""
    return dict.fromkeys(SLUGS[:number], schema)


def test_a_provider_map_is_one_mapping() -> None:
    """Its members' names are returned, a slash in them included."""
    properties = {**provider_map()["properties"], "a/b": FREE}
    document, slugs = collapse_maps({"Map": provider_map(properties=properties)})
    assert document == {"Map": {"type": "object", "description": "map", "additionalProperties": FREE}}
    assert slugs == {*SLUGS, "a/b"}


@pytest.mark.parametrize(
    "schema",
    [
        provider_map(required=["slug-1"]),
        provider_map(properties=members(FREE, 3)),
        provider_map(properties=members({"type": "string"})),
        provider_map(properties={**members(FREE), "one": {"type": "string"}}),
        provider_map(properties={**members(FREE), "one": {"type": ["object", "null"]}}),
        provider_map(properties=members({"type": "object", "additionalProperties": False})),
        {"properties": {"properties": {"type": "string"}}},
    ],
)
def test_other_objects_are_no_provider_maps(schema: dict[str, Any]) -> None:
    """Few members, required ones, or members that differ are left as they are."""
    assert collapse_maps({"Map": schema}) == ({"Map": schema}, frozenset())


def test_equal_error_answers_become_one(published: dict[str, Any]) -> None:
    """The name is made of what the names share; what they contain is merged first."""
    schemas = schemas_of(merge_errors(shake(published, ("post /audio/transcriptions",))))
    assert list(schemas) == ["Request", "Answer", "ErrorResponse", "ErrorResponseErrorData"]
    reference = schemas["ErrorResponse"]["properties"]["error"]["$ref"]
    assert reference == "#/components/schemas/ErrorResponseErrorData"


def test_what_a_success_uses_is_not_merged(published: dict[str, Any]) -> None:
    """A schema shared with an answer or a request keeps its name, as does a lone one."""
    answer = schemas_of(published)["Answer"]["properties"]
    answer["details"] = {"$ref": "#/components/schemas/BadRequestResponseErrorData"}
    published["paths"]["/audio/transcriptions"]["parameters"] = []
    schemas = schemas_of(merge_errors(shake(published, ("post /audio/transcriptions",))))
    assert {"BadRequestResponseErrorData", "OverloadedResponseErrorData"} <= schemas.keys()


def test_recursive_errors_end(published: dict[str, Any]) -> None:
    """An error that contains itself is looked at once."""
    data = schemas_of(published)["BadRequestResponseErrorData"]["properties"]
    data["cause"] = {"$ref": "#/components/schemas/BadRequestResponseErrorData"}
    schemas = schemas_of(merge_errors(shake(published, ("post /audio/transcriptions",))))
    assert "BadRequestResponse" in schemas


def test_a_taken_name_is_refused(published: dict[str, Any]) -> None:
    """The merged schemas and the name are given."""
    schemas = schemas_of(published)
    schemas["ErrorResponse"] = {"type": "object"}
    schemas["Answer"]["properties"]["e"] = {"$ref": "#/components/schemas/ErrorResponse"}
    with pytest.raises(Refusal, match="BadRequestResponse, OverloadedResponse are equal, but ErrorResponse"):
        merge_errors(shake(published, ("post /audio/transcriptions",)))


@pytest.mark.parametrize(
    ("schema", "plain"),
    [
        ({"type": "object", "description": "d"}, {"description": "d"}),
        ({"type": ["object", "null"], "additionalProperties": True}, {}),
        ({"type": "object", "additionalProperties": {"type": "string"}}, None),
        ({"type": "object", "minProperties": 1}, None),
        ({"type": "string", "enum": ["a"]}, {"type": "string"}),
        ({"enum": ["a"]}, None),
    ],
)
def test_small_schemas_need_no_class(schema: dict[str, Any], plain: dict[str, Any] | None) -> None:
    """Free-form objects are plain values, and enumerations stay open; None: left as it is."""
    result = without_small_classes({"x": {"items": schema}})
    assert result["x"]["items"] == (schema if plain is None else plain)


def test_a_named_object_keeps_its_class() -> None:
    """A free-form object with a name is a type that people refer to."""
    result = without_small_classes({"components": {"schemas": {"Named": {"type": "object"}, "Any": {}}}})
    assert result["components"]["schemas"] == {"Named": FREE, "Any": {}}
