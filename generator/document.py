"""Read an OpenAPI document into plain JSON values, and walk over it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from generator.refusal import Refusal
from generator.values import load

# Values under these keys are data, in which a "$ref" or a "nullable" means nothing.
_DATA = frozenset({"const", "default", "enum", "example", "examples"})
# What is below these is named by the API: a property called "example" is a schema, a "default" answer not.
_NAMES = frozenset({"patternProperties", "properties", "responses", "schemas"})


def parse(text: str, name: str) -> dict[str, Any]:
    """Return the mapping in ``text`` (YAML 1.2 or JSON); ``name`` is used in refusals."""
    value = load(text, name)
    if not isinstance(value, dict):
        raise Refusal(f"{name}: holds no mapping; an OpenAPI document begins 'openapi: 3...'")
    return value


def parse_openapi(text: str, name: str) -> dict[str, Any]:
    """Return the OpenAPI 3 document in ``text``."""
    value = parse(text, name)
    version = value.get("openapi")
    if not isinstance(version, str) or not version.startswith("3."):
        raise Refusal(f"{name}: no 'openapi: 3...' at the top, such as 3.1.0; only OpenAPI 3 documents can be used")
    for key in ("components", "paths"):
        if not isinstance(value.get(key, {}), dict):
            raise Refusal(f"{name}: {key}: holds no mapping; is the document complete?")
    return value


def rewrite(node: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """Return ``node`` with ``change`` applied to every mapping, innermost first; examples stay as is."""
    if isinstance(node, list):
        return [rewrite(item, change) for item in node]
    if not isinstance(node, dict):
        return node
    return change({key: _rewrite_value(key, value, change) for key, value in node.items()})


def _rewrite_value(key: str, value: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    if key in _NAMES and isinstance(value, dict):
        return {name: rewrite(schema, change) for name, schema in value.items()}
    return value if key in _DATA else rewrite(value, change)


def references(node: Any) -> Iterator[str]:
    """Yield every reference in ``node``, those of discriminators included."""
    found: list[str] = []

    def note(mapping: dict[str, Any]) -> dict[str, Any]:
        found.extend(value for key, value in mapping.items() if key == "$ref" and isinstance(value, str))
        if isinstance(choices := mapping.get("discriminator"), dict):
            named = choices.get("mapping")
            values = named.values() if isinstance(named, dict) else ()
            found.extend(value for value in values if isinstance(value, str) and "/" in value)
        return mapping

    rewrite(node, note)
    yield from found


def resolve(document: dict[str, Any], node: Any) -> Any:
    """Return ``node``, or what it refers to."""
    seen: set[str] = set()
    while isinstance(node, dict) and isinstance(reference := node.get("$ref"), str):
        if reference in seen:
            raise Refusal(f"{reference}: refers to itself")
        seen.add(reference)
        node = follow(document, reference)
    return node


def follow(document: dict[str, Any], reference: str) -> Any:
    """Return the part of the document that a local reference (RFC 6901) names."""
    if not reference.startswith("#/"):
        raise Refusal(f"{reference}: a reference to another document; give the bundled document")
    node: Any = document
    for part in reference[2:].split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(node, dict) or key not in node:
            raise Refusal(f"{reference}: refers to nothing in the document")
        node = node[key]
    return node
