"""Read schemas into shapes, so that two ways of writing the same thing are the same.

References and inline schemas, ``allOf`` and one object, ``anyOf`` with null and a list of types, nested unions,
``const`` and an enumeration of one value are told apart by nobody who sends or reads a value. ``anyOf`` and
``oneOf`` count as the same: nobody is to depend on a value that fits two branches being refused.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from generator.changes import limits
from generator.changes.combine import intersect, unite
from generator.changes.shape import KINDS, NUMBERS, Direction, Part, Shape, as_json, kind_of
from generator.document import follow
from generator.places import joined
from generator.simplify import is_provider_map

SCHEMAS = "/components/schemas/"
# A schema that contains itself has no end, and shapes that agree so far down are taken for the same.
_DEPTH = 4
_UNIONS = ("anyOf", "oneOf")
_COMPOSED = frozenset({"$ref", "allOf", *_UNIONS})
_SUBSCHEMAS = frozenset(
    {"contains", "else", "if", "not", "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties"}
)
# Assertions of JSON Schema 2020-12 that are compared as a whole.
_KEYWORDS = _SUBSCHEMAS | {
    "contentEncoding", "contentMediaType", "contentSchema", "dependentRequired", "dependentSchemas",
    "maxContains", "minContains",
}  # fmt: skip
_MEANING = (
    _COMPOSED
    | _KEYWORDS
    | limits.LIMITS
    | {
        "additionalProperties", "const", "default", "deprecated", "enum", "exclusiveMaximum", "exclusiveMinimum",
        "items", "patternProperties", "prefixItems", "properties", "readOnly", "required", "type",
        "writeOnly", "x-extensible-enum", "x-speakeasy-unknown-values",
    }
)  # fmt: skip


class Reader:
    """The shapes of one document's schemas, each read once."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self._shapes: dict[int, Shape] = {}
        self._plain: dict[str, Shape] = {}
        self._reading: set[int] = set()
        self._fingerprints: dict[tuple[Shape, int], int] = {}
        self._kept: list[Any] = []

    @property
    def schemas(self) -> dict[str, Part]:
        """The named schemas."""
        members: dict[str, Any] = self.document.get("components", {}).get("schemas", {})
        return {name: Part(schema, joined("/components/schemas", name)) for name, schema in members.items()}

    def resolve(self, part: Part) -> Part:
        """Return ``part``, or what it refers to at its real place."""
        seen: set[str] = set()
        while isinstance(part.schema, dict) and isinstance(reference := part.schema.get("$ref"), str):
            if reference in seen:
                return Part({}, part.place)
            seen.add(reference)
            part = Part(follow(self.document, reference), reference.removeprefix("#"))
        return part

    def shape(self, part: Part) -> Shape:
        """Return what a schema means."""
        schema = part.schema
        if not isinstance(schema, dict):
            shape = Shape(place=part.place) if schema else replace(_NOTHING, place=part.place)
            return self._plain.setdefault(part.place, shape)
        key = id(schema)
        if key not in self._shapes:
            if key in self._reading:  # a union or a combination of itself says nothing more
                return _ANYTHING
            self._reading.add(key)
            # What was made on the way must outlive its id.
            self._kept.append(schema)
            self._shapes[key] = self._read(part)
            self._reading.remove(key)
        return self._shapes[key]

    def _read(self, part: Part) -> Shape:
        schema, place = part
        result = Shape()
        if isinstance(reference := schema.get("$ref"), str):
            result = self.shape(Part(follow(self.document, reference), reference.removeprefix("#")))
        for index, member in enumerate(schema.get("allOf", ())):
            result = intersect(result, self.shape(Part(member, joined(place, "allOf", index))))
        result = intersect(result, own(part))
        for key in _UNIONS:
            members = [self.shape(Part(item, joined(place, key, at))) for at, item in enumerate(schema.get(key, ()))]
            if members:
                union = unite(members, place)
                result = replace(
                    intersect(union, result), place=result.place or union.place, name=result.name or union.name
                )
        return result if result.place else replace(result, place=place)

    def fingerprint(self, shape: Shape, depth: int = _DEPTH) -> int:
        """Return a number that is the same for shapes that take the same values, as far down as is looked at."""
        key = (shape, depth)
        if key not in self._fingerprints:
            self._fingerprints[key] = hash(self._facts(shape, depth - 1)) if depth else 0
        return self._fingerprints[key]

    def _facts(self, shape: Shape, depth: int) -> tuple[object, ...]:
        def below(parts: Any) -> frozenset[tuple[str, int]]:
            return frozenset((name, self.fingerprint(self.shape(part), depth)) for name, part in parts.items())

        return (
            shape.kinds, shape.null, shape.required, shape.values, shape.open,
            below(shape.properties), below(shape.children),
            frozenset((name, as_json(limit)) for name, limit in shape.limits.items()),
            frozenset((name, self.keyword(name, part)) for name, part in shape.keywords.items()),
            frozenset(self.fingerprint(branch, depth) for branch in shape.branches),
        )  # fmt: skip

    def keyword(self, name: str, part: Part | None) -> object:
        """Return what can be compared of a keyword's value."""
        if part is None:
            return None
        if name in _SUBSCHEMAS:
            return self.fingerprint(self.shape(part), _DEPTH - 1)
        return as_json(part.schema)


def own(part: Part) -> Shape:
    """Return what a schema says by itself, apart from the schemas it is composed of."""
    schema, place = part
    kinds, null = _types(schema)
    values, opened = _values(schema)
    if values is not None:
        of_values = frozenset(kind_of(value) for value in values)
        null = null and ("null" in of_values)
        kinds = kinds & of_values if not opened or kinds == KINDS else kinds
        values = [value for value in values if value is not None]
    return Shape(
        place="" if schema.keys() <= _COMPOSED else place,
        name=_name(schema, place),
        kinds=kinds,
        null=null,
        properties=_parts(schema, "properties", place) if "object" in kinds else {},
        required=frozenset(schema.get("required", ())) if "object" in kinds else frozenset(),
        children=_children(schema, place, kinds),
        values=frozenset(as_json(value) for value in values) if values else None,
        open=opened,
        limits=limits.read(schema, kinds),
        keywords={key: Part(schema[key], joined(place, key)) for key in _KEYWORDS & schema.keys()},
        is_map=is_provider_map(schema),
        notes=notes(schema, _MEANING),
        default=as_json(schema["default"]) if "default" in schema else None,
        deprecated=schema.get("deprecated") is True,
        hidden=_hidden(schema),
    )


def _name(schema: dict[str, Any], place: str) -> str:
    title = schema.get("title")
    is_named = place.startswith(SCHEMAS) and place.count("/") == SCHEMAS.count("/")
    return place.removeprefix(SCHEMAS) if is_named else title if isinstance(title, str) else ""


def _types(schema: dict[str, Any]) -> tuple[frozenset[str], bool]:
    if "type" not in schema:
        return KINDS, True
    names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    kinds = frozenset(names) & KINDS
    return (kinds | NUMBERS if "number" in names else kinds), "null" in names


def _values(schema: dict[str, Any]) -> tuple[list[Any] | None, bool]:
    if isinstance(listed := schema.get("x-extensible-enum"), list):
        return listed, True
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    return values, values is not None and schema.get("x-speakeasy-unknown-values") == "allow"


def _parts(schema: dict[str, Any], key: str, place: str) -> dict[str, Part]:
    return {name: Part(value, joined(place, key, name)) for name, value in schema.get(key, {}).items()}


def _children(schema: dict[str, Any], place: str, kinds: frozenset[str]) -> dict[str, Part]:
    found: dict[str, Part] = {}
    if "object" in kinds:
        found[".*"] = Part(schema.get("additionalProperties", True), joined(place, "additionalProperties"))
        patterns = _parts(schema, "patternProperties", place)
        found |= {f".{{{pattern}}}": part for pattern, part in patterns.items()}
    if "array" in kinds:
        found["[]"] = Part(schema.get("items", True), joined(place, "items"))
        for index, item in enumerate(schema.get("prefixItems", ())):
            found[f"[{index}]"] = Part(item, joined(place, "prefixItems", index))
    return {ending: part for ending, part in found.items() if part.schema not in (True, {})}


def _hidden(schema: dict[str, Any]) -> Direction | None:
    if schema.get("readOnly") is True:
        return "request"
    return "answer" if schema.get("writeOnly") is True else None


def notes(node: dict[str, Any], meaning: frozenset[str]) -> dict[str, str]:
    """Return the words of a node: all that is not among ``meaning``, ``example`` as one of ``examples``."""
    found = {key: as_json(value) for key, value in node.items() if key not in meaning | {"example", "examples"}}
    examples = node.get("examples", [])
    if isinstance(examples, dict):
        examples = [item.get("value", item) if isinstance(item, dict) else item for item in examples.values()]
    examples = [*examples, *([node["example"]] if "example" in node else [])]
    return {**found, "examples": as_json(examples)} if examples else found


_ANYTHING = Shape()
_NOTHING = Shape(kinds=frozenset(), null=False)
