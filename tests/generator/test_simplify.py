"""The rules that make the generated code small and robust; they know shapes and no names."""

from __future__ import annotations

from typing import Any

import pytest

from generator.shake import shake
from generator.simplify import collapse_maps, json_first, json_type, merge_errors, without_small_classes

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


def test_schemas_are_not_merged_under_a_taken_name(published: dict[str, Any]) -> None:
    """It means something else."""
    schemas = schemas_of(published)
    schemas["ErrorResponse"] = {"type": "object"}
    schemas["Answer"]["properties"]["e"] = {"$ref": "#/components/schemas/ErrorResponse"}
    merged = schemas_of(merge_errors(shake(published, ("post /audio/transcriptions",))))
    assert {"BadRequestResponse", "OverloadedResponse", "ErrorResponse"} <= merged.keys()
    assert "properties" not in merged["ErrorResponse"]


@pytest.mark.parametrize(
    ("schema", "plain"),
    [
        ({"type": "object", "description": "d"}, {"description": "d"}),
        ({"type": ["object", "null"], "additionalProperties": True}, {}),
        ({"type": "object", "additionalProperties": {"type": "string"}}, None),
        ({"type": "object", "minProperties": 1}, None),
        ({"type": "string", "enum": ["a"]}, {"type": "string"}),
        ({"enum": ["a"]}, None),
        ({"type": "string", "const": "a"}, {"type": "string"}),
        ({"const": "a"}, None),
        (
            {"type": "object", "properties": {"a": {}}, "additionalProperties": False},
            {"type": "object", "properties": {"a": {}}},
        ),
        ({"type": "object", "additionalProperties": False}, {}),
    ],
)
def test_small_schemas_need_no_class(schema: dict[str, Any], plain: dict[str, Any] | None) -> None:
    """Free-form objects are plain values, objects and enumerations stay open; None: left as it is."""
    result = without_small_classes({"x": {"items": schema}})
    assert result["x"]["items"] == (schema if plain is None else plain)


def test_a_named_object_keeps_its_class() -> None:
    """A free-form object with a name is a type that people refer to."""
    result = without_small_classes({"components": {"schemas": {"Named": {"type": "object"}, "Any": {}}}})
    assert result["components"]["schemas"] == {"Named": FREE, "Any": {}}


def tagged(**tag: Any) -> dict[str, Any]:
    """An object with a tag."""
    return {"type": "object", "properties": {"kind": {"description": "d", **tag}}}


@pytest.mark.parametrize("key", ["oneOf", "anyOf"])
def test_what_tells_alternatives_apart_is_kept(key: str) -> None:
    """A single value, in place or by reference; an alternative with several values, or none, is open."""
    several = tagged(type="string", enum=["c", "d"])
    inline = tagged(type="string", const="b")
    union = {key: [{"$ref": "#/components/schemas/A"}, inline, several, {"type": "object", "properties": {}}, True]}
    document = {"components": {"schemas": {"A": tagged(type="string", enum=["a"])}}, "x": union}
    result = without_small_classes(document)
    kinds = [result["components"]["schemas"]["A"], *result["x"][key][1:3]]
    assert kinds == [tagged(const="a"), tagged(const="b"), tagged(type="string")]


def test_a_member_that_may_be_anything_is_no_tag() -> None:
    """Nor does it get in the way of one."""
    kinds = [{"type": "object", "properties": {"any": True, "kind": {"const": kind}}} for kind in "ab"]
    whole = {"components": {"schemas": {"Either": {"oneOf": kinds}}}}
    members = [part["properties"] for part in without_small_classes(whole)["components"]["schemas"]["Either"]["oneOf"]]
    assert members == [{"any": True, "kind": {"const": kind}} for kind in "ab"]


def test_equal_tags_tell_nothing_apart() -> None:
    """They are open, as everywhere."""
    same = tagged(type="string", enum=["a"])
    result = without_small_classes({"x": {"oneOf": [same, {**same, "required": ["kind"]}]}})
    assert result["x"]["oneOf"][0] == tagged(type="string")


@pytest.mark.parametrize(
    ("types", "first"),
    [
        ([], None),
        (["text/plain", "application/jsonl"], None),
        (["application/vnd.a+json", "application/json"], "application/json"),
        (["application/json; charset=utf-8", "application/json"], "application/json"),
        (["Application/JSON"], "Application/JSON"),
        (["image/png", "application/problem+json"], "application/problem+json"),
    ],
)
def test_json_is_known_under_its_names(types: list[str], first: str | None) -> None:
    """The plainest of several is the one that is meant."""
    assert json_type({name: {} for name in types}) == first


def test_json_comes_first() -> None:
    """Others stay where they can be generated, and bodies without JSON are left as they are."""
    form, bare = {"schema": {}}, {}
    content = {"multipart/form-data": form, "application/octet-stream": bare, "a/b": form, "application/json": bare}
    document = json_first({"json": {"content": content}, "other": {"content": {"a/b": bare}}, "content": 1})
    assert list(document["json"]["content"]) == ["application/json", "multipart/form-data"]
    assert (document["other"], document["content"]) == ({"content": {"a/b": {}}}, 1)
