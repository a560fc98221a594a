"""What is written in another way and means the same is no change."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from generator.changes import Change, compare

Changed = Callable[..., list[Change]]
Make = Callable[..., dict[str, Any]]

STRING = {"type": "string"}
NULL = {"type": "null"}
A = {"type": "object", "properties": {"a": STRING, "b": {"type": "integer"}}, "required": ["a", "b"]}
C = {"type": "object", "properties": {"c": STRING}, "required": ["c"]}
NAMED = {"A": A, "C": C, "MaybeA": {"anyOf": [{"$ref": "#/components/schemas/A"}, NULL]}, "Text": STRING}


def ref(name: str) -> dict[str, str]:
    """A reference to a named schema."""
    return {"$ref": f"#/components/schemas/{name}"}


TABLE: dict[str, tuple[Any, Any]] = {
    "a reference and the schema itself": (ref("A"), A),
    "a reference with words and the schema with them": (
        {**ref("Text"), "description": "d"}, {"type": "string", "description": "d"},
    ),
    "the order of keys": (A, json.loads(json.dumps(A, sort_keys=True))),
    "the order of required": (A, {**A, "required": ["b", "a"]}),
    "the order of an enumeration": ({"enum": ["a", "b"]}, {"enum": ["b", "a"]}),
    "the order of a union": ({"oneOf": [A, C]}, {"oneOf": [C, A]}),
    "the order of types": ({"type": ["string", "null"]}, {"type": ["null", "string"]}),
    "null as a branch and as a type": ({"anyOf": [STRING, NULL]}, {"type": ["string", "null"]}),
    "null beside a reference": ({"anyOf": [ref("A"), NULL]}, {**A, "type": ["object", "null"]}),
    "a named null": (ref("MaybeA"), {"oneOf": [NULL, A]}),
    "null in one branch and in another": (
        {"anyOf": [{**A, "type": ["object", "null"]}, C]}, {"anyOf": [A, {**C, "type": ["object", "null"]}]},
    ),
    "allOf of one": ({"allOf": [A]}, A),
    "anyOf of one": ({"anyOf": [ref("A")]}, A),
    "oneOf of one": ({"oneOf": [STRING]}, STRING),
    "the same branch twice": ({"anyOf": [ref("A"), ref("A")]}, A),
    "nested unions": ({"anyOf": [A, {"oneOf": [C, STRING]}]}, {"anyOf": [A, C, STRING]}),
    "nested unions with null": ({"anyOf": [A, {"oneOf": [C, NULL]}]}, {"anyOf": [A, C, NULL]}),
    "anyOf and oneOf": ({"anyOf": [A, C]}, {"oneOf": [A, C]}),
    "a union of types": ({"anyOf": [STRING, {"type": "array", "items": STRING}]},
                         {"type": ["string", "array"], "items": STRING}),
    "a union with anything": ({"anyOf": [A, {}]}, {}),
    "no branch but null": ({"anyOf": [NULL]}, NULL),
    "const and an enumeration of one": ({"type": "string", "const": "a"}, {"enum": ["a"]}),
    "enumerations of a union": ({"anyOf": [{"const": "a"}, {"const": "b"}]}, {"type": "string", "enum": ["b", "a"]}),
    "null in an enumeration": ({"enum": ["a", None]}, {"anyOf": [{"const": "a"}, NULL]}),
    "an open enumeration": ({"anyOf": [{"enum": ["a"]}, STRING]}, {"type": "string", "x-extensible-enum": ["a"]}),
    "undeclared members, stated": ({"type": "object"}, {"type": "object", "additionalProperties": True}),
    "undeclared members, empty": ({"type": "object"}, {"type": "object", "additionalProperties": {}}),
    "any items": ({"type": "array"}, {"type": "array", "items": {}}),
    "nothing required": ({"type": "object"}, {"type": "object", "required": []}),
    "exclusive limits of 3.0": (
        {"type": "number", "minimum": 1, "exclusiveMinimum": True}, {"type": "number", "exclusiveMinimum": 1},
    ),
    "an exclusive limit that is none": ({"type": "number", "exclusiveMaximum": False}, {"type": "number"}),
    "limits that every value keeps": (STRING, {"type": "string", "minLength": 0}),
    "limits of another type": (STRING, {"type": "string", "minimum": 3}),
    "a number as an integer": (
        {"type": "number", "maximum": 1, "enum": [1]}, {"type": "number", "maximum": 1.0, "enum": [1.0]},
    ),
    "a formatted string beside a list": (
        {"anyOf": [{"type": "string", "format": "uri"}, {"type": "array", "items": STRING}]},
        {"anyOf": [{"type": "array", "items": STRING}, {"type": "string", "format": "uri"}]},
    ),
    "types of a nested union": ({"anyOf": [A, {"type": ["string", "integer"]}, C]},
                                {"anyOf": [A, C, {"type": "integer"}, STRING]}),
    "an undeclared member and any": (
        {"allOf": [A, {"description": "d"}], "title": "T"}, {**A, "description": "d", "title": "T"},
    ),
    "allOf and one object": (
        {"allOf": [ref("C"), {"type": "object", "properties": {"d": STRING}}]},
        {**C, "properties": {"c": STRING, "d": STRING}},
    ),
    "allOf of limits": (
        {"allOf": [{"type": "string", "minLength": 2, "maxLength": 9}, {"minLength": 3, "maxLength": 12}]},
        {"type": "string", "minLength": 3, "maxLength": 9},
    ),
    "allOf of enumerations": ({"allOf": [{"enum": ["a", "b"]}, {"enum": ["b", "c"]}]}, {"const": "b"}),
    "allOf of one property": (
        {"allOf": [C, {"properties": {"c": {"maxLength": 3}}}]},
        {**C, "properties": {"c": {"type": "string", "maxLength": 3}}},
    ),
    "allOf of unions": (
        {"allOf": [{"anyOf": [A, C]}, {"anyOf": [{"minProperties": 1}, {"maxProperties": 2}]}]},
        {"anyOf": [
            {**A, "minProperties": 1}, {**A, "maxProperties": 2}, {**C, "minProperties": 1}, {**C, "maxProperties": 2},
        ]},
    ),
    "what all branches share": (
        {"type": "object", "anyOf": [{"required": ["a"]}, {"required": ["b"]}], "description": "d"},
        {"allOf": [{"type": "object"}], "anyOf": [{"required": ["b"]}, {"required": ["a"]}], "description": "d"},
    ),
    "not deprecated": (STRING, {"type": "string", "deprecated": False}),
    "an example": ({"type": "string", "example": "a"}, {"type": "string", "examples": ["a"]}),
    "a keyword that holds a schema": (
        {"type": "array", "contains": ref("C")}, {"type": "array", "contains": C},
    ),
}  # fmt: skip


@pytest.mark.parametrize("direction", ["request", "answer"])
@pytest.mark.parametrize("row", TABLE.values(), ids=TABLE)
def test_a_rewrite_is_nothing(row: Any, direction: str, changed: Changed) -> None:
    """In either direction, forward and backward."""
    old, new = row
    assert changed(direction, old, new, NAMED) == []
    assert changed(direction, new, old, NAMED) == []


@pytest.mark.parametrize("kind", ["requestBodies", "responses", "parameters", "headers", "pathItems"])
def test_what_moves_into_components_is_nothing(kind: str, make: Make) -> None:
    """A body, an answer, a parameter, a header or a path is the same under a name."""
    old, new = (make(parameters=[{"in": "query", "name": "q"}]) for _ in "ab")
    for document in (old, new):
        document["paths"]["/transcriptions"]["post"]["responses"]["200"]["headers"] = {"X-Id": {"schema": STRING}}
    post = new["paths"]["/transcriptions"]["post"]
    holder, key = {
        "requestBodies": (post, "requestBody"),
        "responses": (post["responses"], "200"),
        "parameters": (post["parameters"], 0),
        "headers": (post["responses"]["200"]["headers"], "X-Id"),
        "pathItems": (new["paths"], "/transcriptions"),
    }[kind]
    new["components"][kind] = {"Named": holder[key]}
    holder[key] = {"$ref": f"#/components/{kind}/Named"}
    assert compare(old, new) == compare(new, old) == []


def test_a_schema_that_becomes_a_component_is_nothing(make: Make) -> None:
    """Nor is one that is a component no more."""
    old, new = make(request=A), make(request=ref("A"), schemas={"A": A})
    assert compare(old, new) == compare(new, old) == []


@pytest.mark.parametrize("schema", [ref("Self"), {"anyOf": [ref("Self"), STRING]}, {"allOf": [ref("Self")]}])
def test_a_schema_that_is_itself_says_nothing(schema: Any, make: Make) -> None:
    """It is read as one that takes anything."""
    document = make(request=ref("Self"), schemas={"Self": schema})
    assert [change.rule for change in compare(document, make(request={}))] == []


def test_examples_by_name_are_the_same(make: Make) -> None:
    """A media type gives them a name each, or one without."""
    old, new = make(), make()
    for document, words in ((old, {"example": 1}), (new, {"examples": {"one": {"value": 1.0}}})):
        document["paths"]["/transcriptions"]["post"]["requestBody"]["content"]["application/json"] |= words
    assert compare(old, new) == []


def test_a_body_that_is_itself_holds_nothing(make: Make) -> None:
    """References in a circle come to an end."""
    body = {"$ref": "#/components/requestBodies/Self"}
    old, new = make(requestBody=body), make(requestBody={})
    old["components"]["requestBodies"] = {"Self": body}
    assert compare(old, new) == []
