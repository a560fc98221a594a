"""Cut a document down to some operations and what they reach.

The whole document describes some ninety operations and does not validate; the part that is used does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from generator.document import follow, references
from generator.places import joined, mappings
from generator.refusal import Refusal

METHODS = frozenset({"delete", "get", "head", "options", "patch", "post", "put", "trace"})
_KEPT = ("openapi", "info", "servers", "security")
_COMPONENT = re.compile(r"#/components/[^/]+/[^/]+")
Operations = tuple[str, ...]


def shake(document: dict[str, Any], operations: Operations) -> dict[str, Any]:
    """Return the document with only ``operations`` ("method path") and the components they use.

    Raises Refusal for an operation that is not there, and for a reference that leads nowhere.
    """
    names = reached(document, operations)
    for reference in sorted(names):
        try:
            follow(document, reference)
        except Refusal as refusal:
            raise Refusal(f"{_referrer(document, reference)}{refusal}") from None
    return cut(document, operations, names)


def every_operation(document: dict[str, Any]) -> Operations:
    """Return all operations of the document, in its order."""
    paths: dict[str, Any] = document.get("paths", {})
    return tuple(f"{method} {path}" for path, item in paths.items() for method in item if method in METHODS)


def reached(document: dict[str, Any], operations: Operations) -> frozenset[str]:
    """Return the references to components that the operations need; one that leads nowhere is among them."""
    names: set[str] = set()
    waiting = list(references(_paths(document, operations)))
    while waiting:
        reference = waiting.pop()
        if reference in names:
            continue
        if not _COMPONENT.fullmatch(reference):
            where = _referrer(document, reference)
            raise Refusal(f"{where}{reference}: only references to '#/components/...' can be used, and to all of one")
        names.add(reference)
        try:
            waiting.extend(references(follow(document, reference)))
        except Refusal:
            continue
    return frozenset(names)


def cut(document: dict[str, Any], operations: Operations, names: Iterable[str]) -> dict[str, Any]:
    """Return the document with only ``operations`` and the components of these names."""
    kept = {key: document[key] for key in _KEPT if key in document}
    kept["paths"] = _paths(document, operations)
    kept["components"] = _components(document, frozenset(names), _schemes(document, kept["paths"]))
    return kept


def _referrer(document: dict[str, Any], reference: str) -> str:
    """Return the first place that has a reference, with a colon, or "" where only a discriminator names it."""
    found = (place for place, node in mappings(document) if node.get("$ref") == reference)
    return next((f"#{place}: " for place in found), "")


def _paths(document: dict[str, Any], operations: Operations) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for operation in operations:
        method, _, path = operation.partition(" ")
        item = document.get("paths", {}).get(path, {})
        if method not in item:
            raise Refusal(f"paths: {operation}: not in the document; if it moved, correct generator/config.toml")
        shared = {key: value for key, value in item.items() if key not in METHODS}
        paths.setdefault(path, shared)[method] = item[method]
    return paths


def _components(document: dict[str, Any], names: frozenset[str], schemes: frozenset[str]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    # In the order of the document and not of the walk, so that a full and a shaken document give the same.
    components: dict[str, Any] = document.get("components", {})
    for kind, members in components.items():
        if kind.startswith("x-"):  # may hold anything
            continue
        wanted = schemes if kind == "securitySchemes" else None
        chosen = {
            name: value
            for name, value in members.items()
            if (name in wanted if wanted is not None else joined("#/components", kind, name) in names)
        }
        if chosen:
            kept[kind] = chosen
    return kept


def _schemes(document: dict[str, Any], paths: dict[str, Any]) -> frozenset[str]:
    """Return the names of the security schemes that the document as a whole or one of the paths asks for."""
    asked = list(document.get("security", []))
    for item in paths.values():
        for method in METHODS & item.keys():
            asked.extend(item[method].get("security", []))
    return frozenset(name for requirement in asked for name in requirement)
