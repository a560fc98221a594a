"""Cut a document down to some operations and what they reach.

The whole document describes some ninety operations and does not validate; the part that is used does.
"""

from __future__ import annotations

from typing import Any

from generator.document import follow, references
from generator.refusal import Refusal

METHODS = frozenset({"delete", "get", "head", "options", "patch", "post", "put", "trace"})
_KEPT = ("openapi", "info", "servers", "security")


def shake(document: dict[str, Any], operations: tuple[str, ...]) -> dict[str, Any]:
    """Return the document with only ``operations`` ("method path") and the components they use."""
    paths: dict[str, Any] = {}
    for operation in operations:
        _keep(document, operation, paths)
    kept = {key: document[key] for key in _KEPT if key in document}
    kept["paths"] = paths
    kept["components"] = _components(document, paths)
    return kept


def _keep(document: dict[str, Any], operation: str, paths: dict[str, Any]) -> None:
    method, _, path = operation.partition(" ")
    item = document.get("paths", {}).get(path, {})
    if method not in item:
        raise Refusal(f"paths: {operation}: not in the document; if it moved, correct generator/config.toml")
    shared = {key: value for key, value in item.items() if key not in METHODS}
    paths.setdefault(path, shared)[method] = item[method]


def _components(document: dict[str, Any], paths: dict[str, Any]) -> dict[str, Any]:
    reached = _closure(document, paths)
    schemes = document.get("components", {}).get("securitySchemes", {})
    kept: dict[str, Any] = {"securitySchemes": schemes} if schemes else {}
    # In the order of the document and not of the walk, so that a full and a shaken document give the same.
    for kind, members in document.get("components", {}).items():
        chosen = {name: value for name, value in members.items() if f"#/components/{kind}/{name}" in reached}
        if chosen:
            kept[kind] = chosen
    return kept


def _closure(document: dict[str, Any], node: Any) -> set[str]:
    reached: set[str] = set()
    waiting = list(references(node))
    while waiting:
        reference = waiting.pop()
        if reference in reached:
            continue
        if not reference.startswith("#/components/"):
            raise Refusal(f"{reference}: only references to '#/components/...' can be used; give the bundled document")
        reached.add(reference)
        waiting.extend(references(follow(document, reference)))
    return reached
