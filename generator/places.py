"""Places in a document: JSON pointers (RFC 6901), and the lines of a text in which they stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import Node, SequenceNode

_UNIONS = ("allOf", "anyOf", "oneOf")


def joined(place: str, *parts: object) -> str:
    """Return the place of a member, or of a member of a member, of what is at ``place``."""
    return place + "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)


def parts(place: str) -> list[str]:
    """Return the names on the way to ``place``."""
    return [part.replace("~1", "/").replace("~0", "~") for part in place.split("/")[1:]]


def within(place: str, around: str) -> bool:
    """Tell whether ``place`` is ``around`` or inside it."""
    return f"{place}/".startswith(f"{around}/")


def at(document: Any, place: str) -> Any:
    """Return what is at ``place``; None where nothing is."""
    for part in parts(place):
        if isinstance(document, list) and part.isdecimal() and int(part) < len(document):
            document = document[int(part)]
        elif isinstance(document, dict):
            document = document.get(part)
        else:
            return None
    return document


def mappings(node: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every mapping in ``node`` with its place, outermost first."""
    if isinstance(node, dict):
        yield place, node
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in inner:
        yield from mappings(value, joined(place, key))


def nearest(document: Any, place: str) -> str:
    """Return ``place``, or the nearest place around it where the document has something."""
    while at(document, place) is None:
        place = place.rpartition("/")[0]
    return place


def target(document: Any, place: str) -> str:
    """Return the place that a reference at ``place`` leads to, or ``place`` itself."""
    seen: set[str] = set()
    while place not in seen and isinstance(node := at(document, place), dict) and "$ref" in node:
        seen.add(place)
        place = str(node["$ref"]).removeprefix("#")
    return place


def members(document: Any, place: str, name: str, *, through: tuple[str, ...] = _UNIONS) -> Iterator[str]:
    """Yield the places of the property ``name`` of the schema at ``place``, those of its alternatives included."""
    waiting, seen = [place], set[str]()
    while waiting:
        here = target(document, waiting.pop(0))
        node = at(document, here)
        if here in seen or not isinstance(node, dict):
            continue
        seen.add(here)
        if name in node.get("properties", {}):
            yield joined(here, "properties", name)
        for key in through:
            inner: Any = node.get(key)
            several = range(len(inner)) if isinstance(inner, list) else None
            waiting += [joined(here, key)] if several is None else [joined(here, key, number) for number in several]


def pairs(old: Any, new: Any, start: str) -> dict[str, set[str]]:
    """Return for each place of ``new`` the places of ``old`` that it stands for, beginning at ``start`` in both."""
    found: dict[str, set[str]] = {}
    waiting = [(start, start)]
    while waiting:
        was, now = waiting.pop()
        if was not in (known := found.setdefault(now, set())):
            known.add(was)
            waiting += _below(was, at(old, was), now, at(new, now))
    return found


def _below(was: str, old: Any, now: str, new: Any) -> list[tuple[str, str]]:
    if isinstance(old, list) and isinstance(new, list):
        return [(joined(was, number), joined(now, number)) for number in range(min(len(old), len(new)))]
    if not isinstance(old, dict) or not isinstance(new, dict):
        return []
    if "$ref" in old or "$ref" in new:
        return [(_target(was, old), _target(now, new))]
    if "anyOf" in new and "anyOf" not in old:  # an object that can be null
        return [(was, joined(now, "anyOf", number)) for number in range(len(new["anyOf"]))]
    return [(joined(was, key), joined(now, key)) for key in old.keys() & new.keys()]


def _target(place: str, node: dict[str, Any]) -> str:
    return str(node.get("$ref", place)).removeprefix("#")


class Lines:
    """The lines of a YAML text by place."""

    def __init__(self, text: str) -> None:
        self._root: Node = YAML(typ="safe", pure=False).compose(text)

    def of(self, place: str) -> int:
        """Return the line, counted from 1, where ``place`` begins; it is in the text."""
        node, line = self._root, 1
        for part in parts(place):
            node, line = _child(node, part)
        return line


def _child(node: Node, part: str) -> tuple[Node, int]:
    if isinstance(node, SequenceNode):
        item = node.value[int(part)]
        return item, item.start_mark.line + 1
    key, value = next(pair for pair in node.value if pair[0].value == part)
    return value, key.start_mark.line + 1
