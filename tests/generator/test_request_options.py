"""The options that follow from the request's schema."""

from __future__ import annotations

from typing import Any

import pytest

from generator.options import Option, optional_fields, rows, typed_dicts
from generator.refusal import Refusal

POST = "post /audio/transcriptions"
FILLED = frozenset({"model", "input_audio"})
OBJECT = {"type": "object", "properties": {"a": {"type": "string"}, "b": {}}, "required": ["a"]}


def test_filled_fields_are_no_options(published: dict[str, Any], request_fields: dict[str, Any]) -> None:
    """The others come in alphabetical order, whatever the document's is."""
    request_fields["a"] = {"type": "string"}
    assert list(optional_fields(published, POST, FILLED, frozenset())) == ["a", "language"]


def test_a_newly_required_field_is_refused(published: dict[str, Any]) -> None:
    """The facade would send requests without it."""
    published["components"]["schemas"]["Request"]["required"].append("language")
    with pytest.raises(Refusal, match="language is newly required"):
        optional_fields(published, POST, FILLED, frozenset())


@pytest.mark.parametrize("name", ["timeout", "a-b", "class", "__x"])
def test_a_name_that_cannot_be_given_is_refused(
    published: dict[str, Any], request_fields: dict[str, Any], name: str
) -> None:
    """Parameters of the facade and what is no keyword argument are named."""
    request_fields[name] = {}
    with pytest.raises(Refusal, match=f"the option '{name}' cannot be a keyword argument"):
        optional_fields(published, POST, FILLED, frozenset({"timeout"}))


@pytest.mark.parametrize(
    ("schema", "annotation"),
    [
        ({"type": "string"}, "str"),
        ({"type": ["integer", "null"]}, "int | None"),
        ({"type": "number", "format": "double"}, "float"),
        ({"type": "boolean"}, "bool"),
        ({}, "Any"),
        ({"type": "string", "enum": ["a", None]}, "Literal['a']"),
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
    document = {"components": {"schemas": {"loop": loop, "named-one": OBJECT}}}
    root = typed_dicts(document, {"x": schema})[-1]
    assert [(field.name, field.annotation) for field in root.fields] == [("x", annotation)]


def test_required_members_are_marked() -> None:
    """A nested TypedDict comes before the one that uses it."""
    nested, root = typed_dicts({}, {"x": OBJECT})
    assert [field.annotation for field in nested.fields] == ["Required[str]", "Any"]
    assert (nested.name, root.name) == ("TranscriptionOptionsX", "TranscriptionOptions")


def test_no_options_is_an_empty_typed_dict() -> None:
    """The facade's signature needs the class in any case."""
    (root,) = typed_dicts({}, {})
    assert (root.name, root.fields) == ("TranscriptionOptions", ())


@pytest.mark.parametrize(
    ("schema", "option"),
    [
        ({"type": ["string", "null"], "enum": ["a", None]}, Option("x", "string", "", ("a",))),
        ({"type": "integer", "description": " two\n words"}, Option("x", "integer", "two words", ())),
        ({"type": ["string", "integer"]}, Option("x", "json", "", ())),
        ({"type": "object"}, Option("x", "json", "", ())),
        ({"$ref": "#/y"}, Option("x", "boolean", "told there", ())),
    ],
)
def test_the_command_line_gets_a_row(schema: dict[str, Any], option: Option) -> None:
    """Scalars have their kind, everything else is JSON; the words may be those of what is referred to."""
    document = {"y": {"type": "boolean", "description": "told there"}}
    assert rows(document, {"x": schema}) == (option,)
