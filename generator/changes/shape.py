"""What a schema takes, apart from the way it is written and from its words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

Direction = Literal["request", "answer"]

# JSON Schema's "number" includes the integers, so it is two kinds here.
NUMBERS = frozenset({"integer", "fraction"})
KINDS = NUMBERS | {"array", "boolean", "object", "string"}


class Part(NamedTuple):
    """A schema as it is written, and the JSON pointer (RFC 6901) of where it stands."""

    schema: Any
    place: str


ANYTHING = Part(True, "")


@dataclass(frozen=True, eq=False, kw_only=True)
class Shape:
    """The meaning of one schema; two are compared field by field, never with ``==``.

    ``kinds`` are the types it takes, null apart in ``null``. ``children`` are what its contents must be, under the
    ending that a dotted path gets: ``.*`` for undeclared members, ``[]`` for items, ``[0]`` for the first one,
    ``.{pattern}`` for members whose name matches. ``values`` are an enumeration's, as JSON; an ``open`` one takes
    others too. ``branches`` are the members of a union, of which one has to hold beside all the rest.
    ``hidden`` is the direction in which the value is not sent.
    """

    place: str = ""
    name: str = ""
    kinds: frozenset[str] = KINDS
    null: bool = True
    properties: Mapping[str, Part] = field(default_factory=dict[str, Part])
    required: frozenset[str] = frozenset()
    children: Mapping[str, Part] = field(default_factory=dict[str, Part])
    values: frozenset[str] | None = None
    open: bool = False
    limits: Mapping[str, Any] = field(default_factory=dict[str, Any])
    keywords: Mapping[str, Part] = field(default_factory=dict[str, Part])
    branches: tuple[Shape, ...] = ()
    is_map: bool = False
    notes: Mapping[str, str] = field(default_factory=dict[str, str])
    default: str | None = None
    deprecated: bool = False
    hidden: Direction | None = None

    @property
    def takes_any_type(self) -> bool:
        """Whether no value is refused, null apart."""
        return self.kinds == KINDS and not self.is_restricted

    @property
    def takes_anything(self) -> bool:
        """Whether no value at all is refused."""
        return self.takes_any_type and self.null

    @property
    def is_closed(self) -> bool:
        """Whether this is an enumeration without other values."""
        return self.values is not None and not self.open

    @property
    def is_restricted(self) -> bool:
        """Whether more than a type is asked for."""
        stated = (self.properties, self.required, self.children, self.limits, self.keywords, self.branches)
        return any(stated) or self.values is not None


def as_json(value: Any) -> str:
    """Return JSON text that is the same for the same value: keys in order, 1.0 as 1."""
    return json.dumps(_plain(value), sort_keys=True, ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


def kind_of(value: Any) -> str:
    """Return the kind of a JSON value, or "null"."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "integer" if float(value).is_integer() else "fraction"
    names = {str: "string", list: "array", dict: "object", type(None): "null"}
    return names[type(value)]


def type_words(shape: Shape) -> str:
    """Return the types of a shape as people say them."""
    if shape.kinds == KINDS:
        return "any value"
    names = shape.kinds - NUMBERS
    if "fraction" in shape.kinds:
        names |= {"number"}
    elif "integer" in shape.kinds:
        names |= {"integer"}
    return " or ".join(sorted(names)) or ("null" if shape.null else "nothing")
