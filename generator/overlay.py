"""Apply an OpenAPI Overlay (version 1.0) to a document: https://spec.openapis.org/overlay/v1.0.0.html.

An action that matches nothing is refused: it says that upstream changed the place that was corrected.
"""

from __future__ import annotations

from typing import Any

from jsonpath_rfc9535 import JSONPathError, JSONPathNode, find

from generator.refusal import Refusal


def apply(document: dict[str, Any], overlay: dict[str, Any], name: str) -> None:
    """Change ``document`` in place by the actions of ``overlay``, in order; ``name`` is used in refusals."""
    if not str(overlay.get("overlay", "")).startswith("1.0"):
        raise Refusal(f"{name}: no 'overlay: 1.0.0' at the top")
    for number, action in enumerate(overlay.get("actions", []), start=1):
        _act(document, action, f"{name}: action {number}")


def _act(document: dict[str, Any], action: dict[str, Any], place: str) -> None:
    target = action.get("target", "")
    try:
        nodes = find(target, document)
    except JSONPathError as error:
        raise Refusal(f"{place}: target {target!r}: {str(error).splitlines()[0]}") from error
    if not nodes:
        raise Refusal(f"{place}: {target} matches nothing; has upstream changed it? Correct or remove the action")
    # From the last to the first, so that removing an item moves none that is still to be removed.
    for node in reversed(nodes):
        if action.get("remove") is True:
            _remove(node, place)
        elif "update" in action:
            _update(node, action["update"], place)
        else:
            raise Refusal(f"{place}: needs 'update' or 'remove: true'")


def _remove(node: JSONPathNode, place: str) -> None:
    if node.parent is None:
        raise Refusal(f"{place}: the whole document cannot be removed")
    container: Any = node.parent.value
    del container[node.location[-1]]


def _update(node: JSONPathNode, update: Any, place: str) -> None:
    value: Any = node.value
    if isinstance(value, list):
        value.append(update)
    elif isinstance(value, dict) and isinstance(update, dict):
        _merge(value, update)
    else:
        raise Refusal(f"{place}: {node.path()} is no object or array; target the object that holds it")


def _merge(target: dict[str, Any], update: dict[str, Any]) -> None:
    for key, value in update.items():
        present = target.get(key)
        if isinstance(present, dict) and isinstance(value, dict):
            _merge(present, value)
        elif isinstance(present, list) and isinstance(value, list):
            present.extend(value)
        else:
            target[key] = value
