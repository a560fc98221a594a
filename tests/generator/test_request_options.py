"""The options that follow from the request's schema."""

from __future__ import annotations

from typing import Any

import pytest

from generator.options import Argument, Option, optional_fields, rows, typed_dicts
from generator.refusal import Refusal
from generator.typed_dicts import Typing

POST = "post /audio/transcriptions"
FILLED = frozenset({"model", "input_audio"})
OBJECT = {"type": "object", "properties": {"a": {"type": "string"}, "b": {}}, "required": ["a"]}


def test_filled_fields_are_no_options(published: dict[str, Any], request_fields: dict[str, Any]) -> None:
    """The others come in alphabetical order, whatever the document's is."""
    request_fields["a"] = {"type": "string"}
    assert [item.name for item in optional_fields(published, POST, FILLED, frozenset())] == ["a", "language"]


def test_a_newly_required_field_is_refused(published: dict[str, Any]) -> None:
    """The facade would send requests without it."""
    published["components"]["schemas"]["Request"]["required"].append("language")
    with pytest.raises(Refusal, match="language is newly required"):
        optional_fields(published, POST, FILLED, frozenset())


def test_too_many_combinations_are_refused(published: dict[str, Any]) -> None:
    """A few lines can stand for millions of forms of a request, which nobody waits for."""
    either = {"oneOf": [{"properties": {"a": {}}}, {"properties": {"b": {}}}]}
    published["components"]["schemas"]["Request"]["allOf"] = [either] * 20
    with pytest.raises(Refusal, match="more than 1000 combinations"):
        optional_fields(published, POST, FILLED, frozenset())


def test_schemas_that_are_referred_to_again_and_again_are_read_once() -> None:
    """Each has two members of the next one: read anew each time, they would be a billion."""
    schemas: dict[str, Any] = {"S30": {"type": "object", "properties": {"x": {"type": "string"}}}}
    for number in range(30):
        inner = {"$ref": f"#/components/schemas/S{number + 1}"}
        schemas[f"S{number}"] = {"type": "object", "properties": {"a": inner, "b": inner}}
    argument = Argument("a", "a", {"$ref": "#/components/schemas/S0"})
    classes = typed_dicts({"components": {"schemas": schemas}}, [argument])
    assert [len(made.fields) for made in classes] == [1, *[2] * 30, 1]


@pytest.mark.parametrize("place", ["operation", "path"])
def test_a_required_parameter_is_refused(published: dict[str, Any], place: str) -> None:
    """The facade gives none; one that is optional is left alone."""
    item = published["paths"]["/audio/transcriptions"]
    described = item["post"] if place == "operation" else item
    described["parameters"] = [{"name": "page", "in": "query"}]
    assert optional_fields(published, POST, FILLED, frozenset())
    described["parameters"].append({"name": "org", "in": "header", "required": True})
    with pytest.raises(Refusal, match="the parameter 'org' is required"):
        optional_fields(published, POST, FILLED, frozenset())


@pytest.mark.parametrize("content", [{}, {"multipart/form-data": {"schema": {}}}, {"text/json": {}}])
def test_a_request_that_is_not_json_is_refused(published: dict[str, Any], content: dict[str, Any]) -> None:
    """The facade would go on to send what the API no longer takes."""
    published["paths"]["/audio/transcriptions"]["post"]["requestBody"]["content"] = content
    with pytest.raises(Refusal, match="the request is not JSON"):
        optional_fields(published, POST, FILLED, frozenset())


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("prompt", "prompt"),
        ("a-b", "a_b"),
        ("words[]", "words"),
        ("a.b/c", "a_b_c"),
        ("class", "class_"),
        ("None", "None_"),
        ("timeout", "timeout_"),
        ("__x", "x"),
        ("_x", "_x"),
        ("2x", "field_2x"),
        ("-", "field_"),
        ("größe", "größe"),
        ("ﬁne", "fine"),
    ],
)
def test_any_field_is_an_argument(
    published: dict[str, Any], request_fields: dict[str, Any], field: str, name: str
) -> None:
    """One whose name cannot be given, or is a parameter of the facade, has the nearest name."""
    request_fields[field] = {}
    found = optional_fields(published, POST, FILLED, frozenset({"timeout"}))
    assert Argument(name, field, {}) in found
    assert Option(name, "json", "", (), "" if name == field else field) in rows(published, found)


def test_two_fields_of_one_name_are_refused(published: dict[str, Any], request_fields: dict[str, Any]) -> None:
    """Neither could be told from the other."""
    request_fields |= {"a-b": {}, "a_b": {}}
    with pytest.raises(Refusal, match="two fields of the request would be the argument a_b"):
        optional_fields(published, POST, FILLED, frozenset())


REQUEST = {"$ref": "#/components/schemas/Request"}


@pytest.mark.parametrize(
    ("schema", "names"),
    [
        ({"allOf": [REQUEST, {"properties": {"x": {}}}]}, ["language", "x"]),
        ({"oneOf": [{"properties": {"y": {}}, "required": ["y"]}, REQUEST]}, ["language"]),
        ({"anyOf": [{"properties": {"y": {}}}, REQUEST]}, ["language", "y"]),
        ({"properties": {"x": {}}, "oneOf": [REQUEST, {"type": "null"}]}, ["language", "x"]),
        (
            {"allOf": [{"anyOf": [{"properties": {"a": {}}}, {"properties": {"b": {}}}]}, REQUEST]},
            ["a", "b", "language"],
        ),
    ],
)
def test_requests_in_parts_and_alternatives(
    published: dict[str, Any], schema: dict[str, Any], names: list[str]
) -> None:
    """All fields count of the alternatives that the facade can fill."""
    published["paths"]["/audio/transcriptions"]["post"]["requestBody"]["content"]["application/json"]["schema"] = schema
    assert [item.name for item in optional_fields(published, POST, FILLED, frozenset())] == names


def test_a_field_of_two_alternatives_is_either(published: dict[str, Any], request_fields: dict[str, Any]) -> None:
    """Equal schemas are one."""
    more = {"properties": {"language": {"type": "integer"}, "model": {}}}
    schemas = published["components"]["schemas"]
    schemas["Request"] = {"anyOf": [more, schemas["Request"], more]}
    (found,) = optional_fields(published, POST, FILLED, frozenset())
    assert found.schema == {"anyOf": [{"type": "integer"}, request_fields["language"]]}


@pytest.mark.parametrize(
    ("schema", "annotation"),
    [
        ({"type": "string"}, "str"),
        ({"type": ["integer", "null"]}, "int | None"),
        ({"type": "number", "format": "double"}, "float"),
        ({"type": "boolean"}, "bool"),
        ({}, "Any"),
        ({"type": "string", "enum": ["a", None]}, "Literal['a']"),
        ({"type": "string", "enum": [None]}, "str"),
        ({"allOf": [{"$ref": "#/components/schemas/named-one"}]}, "NamedOne"),
        ({"allOf": [OBJECT, OBJECT]}, "Any"),
        ({"$ref": "#/components/schemas/Any"}, "TranscriptionOptionsAny"),
        ({"$ref": "#/components/schemas/2x"}, "TranscriptionOptions2x"),
        ({"type": "array", "items": {"type": "string"}}, "Sequence[str]"),
        ({"type": "array"}, "Sequence[Any]"),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "string"}]}, "str | int"),
        ({"oneOf": [OBJECT, {"type": "null"}]}, "TranscriptionOptionsX | None"),
        (OBJECT, "TranscriptionOptionsX"),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "Mapping[str, int]"),
        ({"type": "object", "additionalProperties": True}, "Mapping[str, Any]"),
        ({"type": "object", "properties": {"a-b": {}}}, "Mapping[str, Any]"),
        ({"$ref": "#/components/schemas/loop"}, "Sequence[Mapping[str, Any]]"),
        ({"$ref": "#/components/schemas/named-one"}, "NamedOne"),
    ],
)
def test_every_schema_has_a_type(schema: dict[str, Any], annotation: str) -> None:
    """JSON types become Python's, objects TypedDicts, and recursion ends in a mapping."""
    loop = {"type": "array", "items": {"$ref": "#/components/schemas/loop"}}
    named = dict.fromkeys(("named-one", "Any", "2x"), OBJECT)
    document = {"components": {"schemas": {"loop": loop, **named}}}
    assert Typing(document).annotation(schema, "TranscriptionOptionsX") == annotation


@pytest.mark.parametrize(
    ("schema", "annotation"),
    [({"type": "string"}, "str | None"), ({"type": ["integer", "null"]}, "int | None"), ({}, "Any")],
)
def test_an_option_may_be_none(schema: dict[str, Any], annotation: str) -> None:
    """Which is as if it were not given."""
    root = typed_dicts({}, [Argument("x", "x", schema)])[-1]
    assert [(field.name, field.annotation) for field in root.fields] == [("x", annotation)]


def test_required_members_are_marked() -> None:
    """A nested TypedDict comes before the one that uses it."""
    nested, root = typed_dicts({}, [Argument("x", "x", OBJECT)])
    assert [field.annotation for field in nested.fields] == ["Required[str]", "Any"]
    assert (nested.name, root.name) == ("TranscriptionOptionsX", "TranscriptionOptions")


def test_two_classes_of_one_name_are_told_apart() -> None:
    """A schema may be called as an inline object would be; equal ones are written once."""
    other = {"type": "object", "properties": {"c": {}}}
    document = {"components": {"schemas": {"TranscriptionOptionsX": other}}}
    named = {"$ref": "#/components/schemas/TranscriptionOptionsX"}
    made = typed_dicts(document, [Argument("x", "x", OBJECT), Argument("y", "y", named), Argument("z", "z", named)])
    assert [item.name for item in made[:-1]] == ["TranscriptionOptionsX", "TranscriptionOptionsX2"]
    assert [field.annotation for field in made[-1].fields] == [f"{item.name} | None" for item in (*made[:2], made[1])]


def test_no_options_is_an_empty_typed_dict() -> None:
    """The facade's signature needs the class in any case."""
    (root,) = typed_dicts({}, [])
    assert (root.name, root.fields) == ("TranscriptionOptions", ())


@pytest.mark.parametrize(
    ("schema", "option"),
    [
        ({"type": ["string", "null"], "enum": ["a", None]}, Option("x", "string", "", ("a",))),
        ({"type": "integer", "description": " two\n words"}, Option("x", "integer", "two words", ())),
        ({"type": ["string", "integer"]}, Option("x", "json", "", ())),
        ({"type": "object"}, Option("x", "json", "", ())),
        ({"anyOf": [{"type": "null"}, {"type": "integer"}]}, Option("x", "integer", "", ())),
        ({"allOf": [{"$ref": "#/y"}]}, Option("x", "boolean", "", ())),
        ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, Option("x", "json", "", ())),
        ({"$ref": "#/y"}, Option("x", "boolean", "told there", ())),
    ],
)
def test_the_command_line_gets_a_row(schema: dict[str, Any], option: Option) -> None:
    """Scalars have their kind, everything else is JSON; the words may be those of what is referred to."""
    document = {"y": {"type": "boolean", "description": "told there"}}
    assert rows(document, [Argument("x", "x", schema)]) == (option,)
