"""A named object keeps its class when it becomes a union, or when it can be null."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from generator.alternatives import named
from generator.explain import explain
from generator.project import Project
from generator.sync import Asked, sync
from tests.generator.conftest import Generate

A = {"type": "object", "properties": {"a": {"type": "object", "properties": {"x": {"type": "string"}}}}}
B = {"type": "object", "properties": {"b": {"type": "string"}}, "required": ["b"]}
TEXT = {"type": "string"}
REFERENCE = {"$ref": "#/components/schemas/S"}
OTHER = {"$ref": "#/components/schemas/S2"}
NULL = {"type": "null"}


@pytest.mark.parametrize(
    ("schema", "schemas", "used"),
    [
        ({"oneOf": [A, B]}, {"S": A, "S2": B}, {"oneOf": [REFERENCE, OTHER]}),
        ({"anyOf": [TEXT, B], "title": "T"}, {"S": B}, {"anyOf": [TEXT, REFERENCE], "title": "T"}),
        ({**A, "type": ["null", "object"]}, {"S": A}, {"anyOf": [REFERENCE, NULL]}),
        ({"anyOf": [TEXT, NULL]}, None, REFERENCE),
        ({"anyOf": [{"type": "object"}, True]}, None, REFERENCE),
        ({"anyOf": [A, B], "required": ["a"]}, None, REFERENCE),
        (True, None, REFERENCE),
    ],
)
def test_objects_of_a_named_union_have_names(schema: Any, schemas: dict[str, Any] | None, used: dict[str, Any]) -> None:
    """The union stands where the schema was referred to; what is no such union is left alone."""
    document = {"components": {"schemas": {"S": schema}}, "paths": {"x": REFERENCE}}
    result = named(document)
    assert result["components"]["schemas"] == ({"S": schema} if schemas is None else schemas)
    assert result["paths"]["x"] == used


def test_a_name_that_is_taken_is_left_to_its_schema() -> None:
    """The next number that is free is used."""
    document = {"components": {"schemas": {"S": {"oneOf": [A, B]}, "S2": TEXT}}}
    assert named(document)["components"]["schemas"] == {"S": A, "S2": TEXT, "S3": B}


def test_a_union_may_hold_itself() -> None:
    """A reference inside one of its objects means the whole union."""
    tree = {"type": "object", "properties": {"inner": REFERENCE}}
    schemas = named({"components": {"schemas": {"S": {"oneOf": [tree, TEXT]}}}})["components"]["schemas"]
    assert schemas["S"]["properties"]["inner"] == {"oneOf": [REFERENCE, TEXT]}


def test_a_request_that_becomes_a_union_takes_what_it_took(published: dict[str, Any], generated: Generate) -> None:
    """Its class is still there, though the object holds another one."""
    schemas = published["components"]["schemas"]
    schemas["Request"] = {"oneOf": [schemas["Request"], B]}
    operation = generated(published, "operation")
    fields = {"model": "m", "input_audio": {"data": "UklG"}}
    assert operation.request(fields)["json"] == fields


@pytest.mark.parametrize("place", ["", "/oneOf/0"])
def test_the_class_is_explained_by_its_place(project: Project, published: dict[str, Any], place: str) -> None:
    """Where the object was published, as it was before it had a name of its own."""
    schemas = published["components"]["schemas"]
    answer = schemas["Answer"]
    schemas["Answer"] = {"oneOf": [answer, B]} if place else {**answer, "type": ["object", "null"]}
    source = Path(project.root / "published.json")
    source.write_text(json.dumps(published), encoding="utf-8")
    sync(project, Asked(source=str(source)), lambda _: None)
    assert f"`/components/schemas/Answer{place}/properties/text`" in explain(project, "Answer.text")
