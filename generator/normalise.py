"""Write a document's meaning in one way, whichever way upstream writes it today.

The published document says ``openapi: 3.1.0`` and yet uses ``nullable``, which only 3.0 knows: read strictly,
its nulls would be invalid. An enumeration that states no type has those of its values, and a list that states no
items takes all. Security that is stated once for all operations is stated on each, where openapi-python-client
looks for it.
"""

from __future__ import annotations

from typing import Any

from generator.document import rewrite
from generator.shake import METHODS

_NULL = {"type": "null"}
_JSON_TYPES = {bool: "boolean", float: "number", int: "integer", str: "string", type(None): "null"}
_ANNOTATIONS = frozenset({"description", "example", "examples", "title", "deprecated"})


def normalise(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document in OpenAPI 3.1's own terms, with each operation's security on the operation."""
    return _local_security(rewrite(document, lambda schema: _spelled_out(_typed(_null_as_type(schema)))))


def _null_as_type(schema: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(schema.get("nullable"), bool):
        return schema
    rest = {key: value for key, value in schema.items() if key != "nullable"}
    if schema["nullable"] is False:
        return rest
    if "type" in rest:
        return _with_null_type(rest)
    annotations = {key: value for key, value in rest.items() if is_annotation(key)}
    meaning = {key: value for key, value in rest.items() if key not in annotations}
    # A schema without any assertion allows everything, null included.
    return {**annotations, "anyOf": [meaning, _NULL]} if meaning else rest


def _with_null_type(schema: dict[str, Any]) -> dict[str, Any]:
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    result = {**schema, "type": [*types, *(["null"] if "null" not in types else [])]}
    if None not in result.get("enum", [None]):
        result["enum"] = [*result["enum"], None]
    return result


def _typed(schema: dict[str, Any]) -> dict[str, Any]:
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    if "type" in schema or not isinstance(values, list) or not values:
        return schema
    types = sorted({_JSON_TYPES.get(type(value), "") for value in values})
    if "" in types:
        return schema
    return {**schema, "type": types[0] if len(types) == 1 else types}


def _spelled_out(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a list with its items, and members that are schemas: a boolean is one in JSON Schema, and nowhere else."""
    types, members = schema.get("type", ()), schema.get("properties")
    if "array" in ([types] if isinstance(types, str) else types) and not {"items", "prefixItems"} & schema.keys():
        schema = {**schema, "items": {}}
    if isinstance(members, dict):
        schema = {**schema, "properties": {name: _as_mapping(member) for name, member in members.items()}}
    return schema


def _as_mapping(schema: Any) -> Any:
    if not isinstance(schema, bool):
        return schema
    return {} if schema else {"not": {}}


def is_annotation(key: str) -> bool:
    """Tell whether a keyword of a schema only describes, and so does not change what is valid."""
    return key in _ANNOTATIONS or key.startswith("x-")


def _local_security(document: dict[str, Any]) -> dict[str, Any]:
    security = document.get("security", [])
    for item in document["paths"].values():
        for method in METHODS & item.keys():
            item[method].setdefault("security", security)
    return document
