"""The optional fields of the request, as arguments for type checkers and as rows for the command line."""

from __future__ import annotations

import itertools
import keyword
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from generator.document import resolve
from generator.refusal import Refusal
from generator.simplify import json_type
from generator.typed_dicts import ROOT, SCALARS, Field, TypedDictClass, Typing, describe, pascal, usable

_MOST_FORMS = 1000


@dataclass(frozen=True)
class Option:
    """A row of the command line's table; ``kind`` is a JSON type name, ``json`` for all that is no scalar.

    ``field`` is the name on the wire where that cannot be the name of an argument.
    """

    name: str
    kind: str
    description: str
    choices: tuple[str, ...]
    field: str = ""


@dataclass(frozen=True)
class Argument:
    """An optional field of the request: its name as a keyword argument, its name on the wire, its schema."""

    name: str
    field: str
    schema: dict[str, Any]


@dataclass(frozen=True)
class _Form:
    """The members that an object of one alternative of the request has, and which of them it needs."""

    members: dict[str, Any]
    required: frozenset[str]


def typed_dicts(document: dict[str, Any], arguments: Sequence[Argument]) -> tuple[TypedDictClass, ...]:
    """Return the TypedDict of the options, after those that it uses."""
    typing = Typing(document)
    fields = tuple(
        Field(
            argument.name,
            _or_none(typing.annotation(argument.schema, ROOT + pascal(argument.field))),
            describe(document, argument.schema),
        )
        for argument in arguments
    )
    return (*typing.classes.values(), TypedDictClass(ROOT, "The optional fields of a request.", fields))


def _or_none(annotation: str) -> str:
    """Let an option be None as well, which is as if it were not given: applications have `language: str | None`."""
    return annotation if annotation in ("Any", "None") or annotation.endswith("| None") else f"{annotation} | None"


def rows(document: dict[str, Any], arguments: Sequence[Argument]) -> tuple[Option, ...]:
    """Return the options for the command line."""
    return tuple(_row(document, argument) for argument in arguments)


def _row(document: dict[str, Any], argument: Argument) -> Option:
    schema = _unwrapped(document, argument.schema)
    kinds = schema.get("type", "")
    kinds = [kind for kind in (kinds if isinstance(kinds, list) else [kinds]) if kind != "null"]
    kind = kinds[0] if len(kinds) == 1 and kinds[0] in SCALARS else "json"
    choices = tuple(value for value in schema.get("enum", ()) if isinstance(value, str))
    wire = argument.field if argument.field != argument.name else ""
    return Option(argument.name, kind, describe(document, argument.schema), choices, wire)


def _unwrapped(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Return what a reference, an ``allOf`` of one, or a union of one with null, comes down to."""
    found: dict[str, Any] = resolve(document, schema)
    for key in ("allOf", "anyOf", "oneOf"):
        parts = [part for part in found.get(key, ()) if part != {"type": "null"}]
        if len(parts) == 1:
            return _unwrapped(document, parts[0])
    return found


def optional_fields(
    document: dict[str, Any], operation: str, filled: frozenset[str], taken: frozenset[str]
) -> tuple[Argument, ...]:
    """Return the JSON request's optional fields as arguments, in alphabetical order; ``filled`` are left out.

    Of a request that is a union, those alternatives count that need nothing but what is filled. A name that is no
    identifier, or is among ``taken``, becomes one (``a-b``: ``a_b``, ``class``: ``class_``).

    Raises Refusal for a request that is not JSON, one that needs more than what is filled, and two equal names.
    """
    forms = _forms(document, _json_schema(document, operation))
    needed = [form.required - filled for form in forms]
    if all(needed):
        raise Refusal(f"{operation}: {', '.join(sorted(needed[0]))} is newly required: the facade has to give it")
    schemas: dict[str, list[Any]] = {}
    for form in itertools.compress(forms, (not names for names in needed)):
        for name in form.members.keys() - filled:
            schemas.setdefault(name, []).append(form.members[name])
    arguments = tuple(Argument(_argument(name, taken), name, _either(schemas[name])) for name in sorted(schemas))
    names = [argument.name for argument in arguments]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise Refusal(f"{operation}: two fields of the request would be the argument {', '.join(twice)}")
    return arguments


def _json_schema(document: dict[str, Any], operation: str) -> dict[str, Any]:
    method, _, path = operation.partition(" ")
    item = document["paths"][path]
    for described in (item, item[method]):
        for parameter in map(partial(resolve, document), described.get("parameters", ())):
            if parameter.get("required"):
                raise Refusal(f"{operation}: the parameter {parameter.get('name')!r} is required: the facade has none")
    content: dict[str, Any] = resolve(document, item[method].get("requestBody", {})).get("content", {})
    if (media_type := json_type(content)) is None:
        raise Refusal(f"{operation}: the request is not JSON, which is what the facade sends")
    schema: dict[str, Any] = content[media_type].get("schema", {})
    return schema


def _forms(document: dict[str, Any], schema: dict[str, Any]) -> list[_Form]:
    """Return what objects of a schema look like, one form for each combination of its alternatives."""
    described = resolve(document, schema)
    forms = [_Form(described.get("properties", {}), frozenset(described.get("required", ())))]
    choices = [[part] for part in described.get("allOf", ())]
    choices += [described[key] for key in ("anyOf", "oneOf") if described.get(key)]
    for alternatives in choices:
        more = [form for alternative in alternatives for form in _forms(document, alternative)]
        if len(forms) * len(more) > _MOST_FORMS:
            raise Refusal(
                f"requestBody: more than {_MOST_FORMS} combinations of alternatives; correct it with an overlay"
            )
        forms = [
            _Form({**one.members, **other.members}, one.required | other.required)
            for one, other in itertools.product(forms, more)
        ]
    return forms


def _either(schemas: list[Any]) -> dict[str, Any]:
    different: list[dict[str, Any]] = [schema for at, schema in enumerate(schemas) if schema not in schemas[:at]]
    return different[0] if len(different) == 1 else {"anyOf": different}


def _argument(field: str, taken: frozenset[str]) -> str:
    """Return the name of the argument for a field of the request."""
    name = unicodedata.normalize("NFKC", field)  # as Python reads identifiers
    if not usable(name):
        name = re.sub(r"\W+", "_", name).strip("_")
        name = name if name.isidentifier() else f"field_{name}"
    return f"{name}_" if keyword.iskeyword(name) or name in taken else name
