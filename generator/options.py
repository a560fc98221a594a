"""The optional fields of the request, as a TypedDict for type checkers and as rows for the command line."""

from __future__ import annotations

import keyword
from dataclasses import dataclass, field
from typing import Any

from generator.document import resolve
from generator.refusal import Refusal

_SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
ROOT = "TranscriptionOptions"


@dataclass(frozen=True)
class Field:
    """A member of a TypedDict: its name, its Python type and its words."""

    name: str
    annotation: str
    description: str


@dataclass(frozen=True)
class TypedDictClass:
    """A TypedDict to be written, all of whose members may be absent unless marked ``Required``."""

    name: str
    description: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Option:
    """A row of the command line's table; ``kind`` is a JSON type name, ``json`` for all that is no scalar."""

    name: str
    kind: str
    description: str
    choices: tuple[str, ...]


@dataclass
class _Typing:
    document: dict[str, Any]
    classes: dict[str, TypedDictClass] = field(default_factory=dict[str, TypedDictClass])
    open: set[str] = field(default_factory=set[str])

    def annotation(self, schema: dict[str, Any], name: str) -> str:
        """Return the Python type of a request value; objects become TypedDicts named ``name``."""
        if reference := schema.get("$ref"):
            return self._reference(str(reference), schema)
        if alternatives := schema.get("anyOf") or schema.get("oneOf"):
            # The first keeps the name, so that an object that becomes a union is still called the same.
            names = (name, *(f"{name}{number}" for number in range(2, len(alternatives) + 1)))
            kinds = [self.annotation(part, own) for part, own in zip(alternatives, names, strict=True)]
            return " | ".join(dict.fromkeys(kinds))
        if isinstance(schema.get("type"), list):
            kinds = [self.annotation({**schema, "type": kind}, name) for kind in schema["type"]]
            return " | ".join(dict.fromkeys(kinds))
        return self._one_type(schema, name)

    def _reference(self, reference: str, schema: dict[str, Any]) -> str:
        name = reference.rpartition("/")[2]
        if name in self.open:
            return "Mapping[str, Any]"
        self.open.add(name)
        result = self.annotation(resolve(self.document, schema), pascal(name))
        self.open.discard(name)
        return result

    def _one_type(self, schema: dict[str, Any], name: str) -> str:
        kind = schema.get("type", "")
        if kind == "string" and "enum" in schema:
            return f"Literal[{', '.join(repr(value) for value in schema['enum'] if value is not None)}]"
        if kind == "array":
            return f"Sequence[{self.annotation(schema.get('items', {}), f'{name}Item')}]"
        if kind == "object":
            return self._object(schema, name)
        return _SCALARS.get(kind, "Any")

    def _object(self, schema: dict[str, Any], name: str) -> str:
        members: dict[str, Any] = schema.get("properties", {})
        if not members:
            values = schema.get("additionalProperties")
            return f"Mapping[str, {self.annotation(values if isinstance(values, dict) else {}, f'{name}Value')}]"
        if not all(_usable(member) for member in members):
            return "Mapping[str, Any]"
        fields = tuple(self._field(schema, member, name) for member in members)
        self.classes[name] = TypedDictClass(name, schema.get("description", ""), fields)
        return name

    def _field(self, schema: dict[str, Any], member: str, owner: str) -> Field:
        value = schema["properties"][member]
        annotation = self.annotation(value, owner + pascal(member))
        if member in schema.get("required", ()):
            annotation = f"Required[{annotation}]"
        return Field(member, annotation, describe(self.document, value))


def typed_dicts(document: dict[str, Any], fields: dict[str, Any]) -> tuple[TypedDictClass, ...]:
    """Return the TypedDict of the options, after those that it uses."""
    typing = _Typing(document)
    root = TypedDictClass(ROOT, "The optional fields of a request.", ())
    if fields:
        typing.annotation({"type": "object", "properties": fields, "description": root.description}, ROOT)
    return tuple(typing.classes.values()) or (root,)


def rows(document: dict[str, Any], fields: dict[str, Any]) -> tuple[Option, ...]:
    """Return the options for the command line."""
    return tuple(_row(document, name, schema) for name, schema in fields.items())


def _row(document: dict[str, Any], name: str, schema: dict[str, Any]) -> Option:
    described = resolve(document, schema)
    kinds = described.get("type", "")
    kinds = [kind for kind in (kinds if isinstance(kinds, list) else [kinds]) if kind != "null"]
    kind = kinds[0] if len(kinds) == 1 and kinds[0] in _SCALARS else "json"
    choices = tuple(value for value in described.get("enum", ()) if isinstance(value, str))
    return Option(name, kind, describe(document, schema), choices)


def optional_fields(
    document: dict[str, Any], operation: str, filled: frozenset[str], taken: frozenset[str]
) -> dict[str, Any]:
    """Return the schemas of the JSON request's optional fields by name, in alphabetical order.

    ``filled`` are left out; a name among ``taken`` is refused, as is one that cannot be a keyword argument.
    """
    method, _, path = operation.partition(" ")
    body = resolve(document, document["paths"][path][method].get("requestBody", {}))
    request = resolve(document, body.get("content", {}).get("application/json", {}).get("schema", {}))
    required = set(request.get("required", ())) - filled
    if required:
        raise Refusal(f"{operation}: {', '.join(sorted(required))} is newly required: the facade has to give it")
    fields = {name: schema for name, schema in sorted(request.get("properties", {}).items()) if name not in filled}
    for name in fields:
        if name in taken or not _usable(name):
            raise Refusal(f"{operation}: the option {name!r} cannot be a keyword argument of transcribe()")
    return fields


def _usable(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("__")


def describe(document: dict[str, Any], schema: dict[str, Any]) -> str:
    """Return a schema's own words, or those of what it refers to, in one line."""
    words = schema.get("description") or resolve(document, schema).get("description", "")
    return " ".join(str(words).split())


def pascal(name: str) -> str:
    """Return a name in the form of a class name."""
    return "".join(part[:1].upper() + part[1:] for part in name.replace("-", "_").replace(".", "_").split("_"))
