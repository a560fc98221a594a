"""OpenAPI Overlay 1.0, as far as its actions go."""

from __future__ import annotations

from typing import Any

import pytest

from generator.overlay import apply
from generator.refusal import Refusal


def overlay(*actions: dict[str, Any]) -> dict[str, Any]:
    """An overlay of these actions."""
    return {"overlay": "1.0.0", "info": {"title": "t", "version": "1"}, "actions": list(actions)}


@pytest.mark.parametrize(
    ("action", "result"),
    [
        ({"target": "$.a", "update": {"c": 3}}, {"a": {"b": 1, "c": 3}, "l": [1, 2, 3]}),
        ({"target": "$", "update": {"a": {"b": 2}}}, {"a": {"b": 2}, "l": [1, 2, 3]}),
        ({"target": "$", "update": {"l": [4]}}, {"a": {"b": 1}, "l": [1, 2, 3, 4]}),
        ({"target": "$.l", "update": 4}, {"a": {"b": 1}, "l": [1, 2, 3, 4]}),
        ({"target": "$.l[?@ > 1]", "remove": True}, {"a": {"b": 1}, "l": [1]}),
        ({"target": "$.a", "remove": True, "update": {"c": 3}}, {"l": [1, 2, 3]}),
    ],
)
def test_actions_change_the_document(action: dict[str, Any], result: dict[str, Any]) -> None:
    """Objects are merged in depth, arrays are appended to, and what is removed is gone."""
    document = {"a": {"b": 1}, "l": [1, 2, 3]}
    apply(document, overlay(action), "o.yaml")
    assert document == result


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ({"target": "$.absent", "remove": True}, r"\$.absent matches nothing"),
        ({"target": "$.a["}, r"target '\$.a\['"),
        ({"target": "$.a"}, "needs 'update' or 'remove: true'"),
        ({"target": "$", "remove": True}, "whole document cannot be removed"),
        ({"target": "$.a", "update": {}}, r"\$\['a'\] is no object or array"),
    ],
)
def test_an_action_that_cannot_be_done_is_refused(action: dict[str, Any], words: str) -> None:
    """The refusal names the overlay and the number of the action."""
    with pytest.raises(Refusal, match="o.yaml: action 1: .*" + words):
        apply({"a": 1}, overlay(action), "o.yaml")


def test_another_version_is_refused() -> None:
    """Only Overlay 1.0 is understood."""
    with pytest.raises(Refusal, match=r"o.yaml: no 'overlay: 1.0.0'"):
        apply({}, {"overlay": "2.0.0"}, "o.yaml")
