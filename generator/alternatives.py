"""Keep the class of a named object that becomes a union, or that can be null.

openapi-python-client numbers the classes of such a union, so that the object's own would be gone, and refuses one whose
objects hold objects. So the first object keeps the name, the others get one with a number, and the union stands
wherever the schema was referred to.
"""

from __future__ import annotations

import itertools
from collections.abc import Container, Iterator
from typing import Any

from generator.document import rewrite
from generator.normalise import is_annotation
from generator.simplify import is_free_form

_SCHEMAS = "#/components/schemas/"
_KEYWORDS = ("anyOf", "oneOf")


def named(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document in which no schema with a name is a union that holds an object without one."""
    schemas: dict[str, Any] = document.get("components", {}).get("schemas", {})
    unions = {name: union for name, schema in schemas.items() if (union := _union(schema))}
    if not unions:
        return document
    members = dict(schemas)
    for name, union in unions.items():
        _give_names(union, name, members)

    def use(part: dict[str, Any]) -> dict[str, Any]:
        union = unions.get(str(part.get("$ref", "")).removeprefix(_SCHEMAS), {})
        return {**union, **{key: value for key, value in part.items() if key != "$ref"}} if union else part

    # The unions are not walked over: a reference in them is to one of their objects.
    used: dict[str, Any] = rewrite({**document, "components": {**document["components"], "schemas": members}}, use)
    return used


def _union(schema: Any) -> dict[str, Any] | None:
    """Return a copy of the union that a schema is; None where it is no other, or holds no object without a name."""
    if not isinstance(schema, dict):
        return None
    if schema.get("type") in (["object", "null"], ["null", "object"]):
        schema = {"anyOf": [{**schema, "type": "object"}, {"type": "null"}]}
    assertions = [key for key in schema if not is_annotation(key) and key != "discriminator"]
    if len(assertions) != 1 or assertions[0] not in _KEYWORDS or not any(map(_is_object, schema[assertions[0]])):
        return None
    return {**schema, assertions[0]: list(schema[assertions[0]])}


def _is_object(schema: Any) -> bool:
    return isinstance(schema, dict) and schema.get("type") == "object" and not is_free_form(schema)


def _give_names(union: dict[str, Any], name: str, schemas: dict[str, Any]) -> None:
    """Put the objects of a union among the schemas, and references in their place."""
    names = itertools.chain([name], _free(name, schemas))
    [alternatives] = [union[keyword] for keyword in _KEYWORDS if keyword in union]
    for number, alternative in enumerate(alternatives):
        if _is_object(alternative):
            own = next(names)
            schemas[own] = alternative
            alternatives[number] = {"$ref": _SCHEMAS + own}


def _free(name: str, taken: Container[str]) -> Iterator[str]:
    return (other for number in itertools.count(2) if (other := f"{name}{number}") not in taken)
