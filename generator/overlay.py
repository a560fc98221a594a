"""Apply an OpenAPI Overlay (version 1.0) to a document: https://spec.openapis.org/overlay/v1.0.0.html.

An action that matches nothing is refused: it says that upstream changed the place that was corrected.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jsonpath_rfc9535 import JSONPathError, JSONPathNode, JSONPathNodeList, find

from generator.places import joined
from generator.refusal import Refusal


def apply(document: dict[str, Any], overlay: dict[str, Any], name: str) -> list[list[str]]:
    """Change ``document`` in place by the actions of ``overlay``, in order; ``name`` is used in refusals.

    Returns, for each action, the JSON pointers (RFC 6901) of what it changed.
    """
    _require_version(overlay, name)
    return [_act(document, action, f"{name}: action {number}") for number, action in _actions(overlay)]


def apply_where_it_matches(document: dict[str, Any], overlay: dict[str, Any], name: str) -> None:
    """Change ``document`` like `apply`, but pass over actions that match nothing in it."""
    _require_version(overlay, name)
    for number, action in _actions(overlay):
        place = f"{name}: action {number}"
        if _targets(document, action, place):
            _act(document, action, place)


def _require_version(overlay: dict[str, Any], name: str) -> None:
    if not str(overlay.get("overlay", "")).startswith("1.0"):
        raise Refusal(f"{name}: no 'overlay: 1.0.0' at the top")


def _actions(overlay: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    yield from enumerate(overlay.get("actions", []), start=1)


def _targets(document: dict[str, Any], action: dict[str, Any], place: str) -> JSONPathNodeList:
    target = action.get("target", "")
    try:
        return find(target, document)
    except JSONPathError as error:
        raise Refusal(f"{place}: target {target!r}: {str(error).splitlines()[0]}") from error


def _act(document: dict[str, Any], action: dict[str, Any], place: str) -> list[str]:
    nodes = _targets(document, action, place)
    if not nodes:
        raise Refusal(
            f"{place}: {action.get('target')} matches nothing; has upstream changed it? Correct or remove the action"
        )
    # From the last to the first, so that removing an item moves none that is still to be removed.
    for node in reversed(nodes):
        if action.get("remove") is True:
            _remove(node, place)
        elif "update" in action:
            _update(node, action["update"], place)
        else:
            raise Refusal(f"{place}: needs 'update' or 'remove: true'")
    return [joined("", *node.location) for node in nodes]


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
