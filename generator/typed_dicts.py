"""TypedDicts for what a request may hold: the Python types of its schemas."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass, field, replace
from typing import Any

from generator.document import resolve

ROOT = "TranscriptionOptions"
SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
# What the module of options names for itself, beside the TypedDicts.
_NAMES = frozenset(f"Any Final Literal Mapping NamedTuple OPTIONS Option Required Sequence TypedDict {ROOT}".split())


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


@dataclass
class Typing:
    """Finds the types of schemas, and keeps the TypedDicts that they need in ``classes``."""

    document: dict[str, Any]
    classes: dict[str, TypedDictClass] = field(default_factory=dict[str, TypedDictClass])
    open: set[str] = field(default_factory=set[str])
    # Each schema once: where each of a few refers twice to the next one, there are millions of ways.
    known: dict[str, str] = field(default_factory=dict[str, str])

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
        if len(parts := schema.get("allOf", ())) == 1:
            return self.annotation(parts[0], name)
        return self._one_type(schema, name)

    def _reference(self, reference: str, schema: dict[str, Any]) -> str:
        name = reference.rpartition("/")[2]
        if name in self.open:
            return "Mapping[str, Any]"
        if name not in self.known:
            self.open.add(name)
            self.known[name] = self.annotation(resolve(self.document, schema), _class_name(name))
            self.open.discard(name)
        return self.known[name]

    def _one_type(self, schema: dict[str, Any], name: str) -> str:
        kind = schema.get("type", "")
        if kind == "string" and (values := [value for value in schema.get("enum", ()) if isinstance(value, str)]):
            return f"Literal[{', '.join(map(repr, values))}]"
        if kind == "array":
            return f"Sequence[{self.annotation(schema.get('items', {}), f'{name}Item')}]"
        if kind == "object":
            return self._object(schema, name)
        return SCALARS.get(kind, "Any")

    def _object(self, schema: dict[str, Any], name: str) -> str:
        members: dict[str, Any] = schema.get("properties", {})
        if not members:
            values = schema.get("additionalProperties")
            return f"Mapping[str, {self.annotation(values if isinstance(values, dict) else {}, f'{name}Value')}]"
        if not all(usable(member) for member in members):
            return "Mapping[str, Any]"
        fields = tuple(self._field(schema, member, name) for member in members)
        return self._written(TypedDictClass(name, schema.get("description", ""), fields))

    def _written(self, made: TypedDictClass) -> str:
        """Keep a class, under another name where its own means another class, and return its name."""
        name, number = made.name, 2
        while self.classes.setdefault(name, replace(made, name=name)) != replace(made, name=name):
            name, number = f"{made.name}{number}", number + 1
        return name

    def _field(self, schema: dict[str, Any], member: str, owner: str) -> Field:
        value = schema["properties"][member]
        annotation = self.annotation(value, owner + pascal(member))
        if member in schema.get("required", ()):
            annotation = f"Required[{annotation}]"
        return Field(member, annotation, describe(self.document, value))


def usable(name: str) -> bool:
    """Tell whether a name can be that of an argument or of a TypedDict's member."""
    return name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("__")


def describe(document: dict[str, Any], schema: dict[str, Any]) -> str:
    """Return a schema's own words, or those of what it refers to, in one line."""
    words = schema.get("description") or resolve(document, schema).get("description", "")
    return " ".join(str(words).split())


def pascal(name: str) -> str:
    """Return a name in the form of a class name."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[\W_]+", name))


def _class_name(schema: str) -> str:
    name = pascal(schema)
    return name if name.isidentifier() and not keyword.iskeyword(name) and name not in _NAMES else ROOT + name
