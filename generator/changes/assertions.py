"""Compare what two schemas ask of a value itself: its type, its enumeration, its limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.changes import limits
from generator.changes.findings import Log, Site, listed
from generator.changes.shape import KINDS, Shape, type_words

if TYPE_CHECKING:
    from generator.changes.schemas import Schemas


def compare_null(log: Log, old: Shape, new: Shape, site: Site) -> None:
    """Note whether null came or went, unless it did with the type as a whole."""
    is_same_type = old.kinds == new.kinds and old.takes_any_type == new.takes_any_type
    if old.null != new.null and (is_same_type or KINDS not in (old.kinds, new.kinds)):
        log.add("null-added" if new.null else "null-removed", site, new.place)


def compare_assertions(walk: Schemas, old: Shape, new: Shape, site: Site) -> frozenset[str]:
    """Note what differs in the value itself, and return the kinds of which the contents can be compared."""
    log, kinds = walk.log, old.kinds & new.kinds
    _types(log, old, new, site)
    if not kinds:
        return kinds
    _values(log, old, new, site)
    _limits(log, old, new, site, kinds)
    for name in sorted(old.keywords.keys() | new.keywords.keys()):
        before = walk.old.keyword(name, old.keywords.get(name))
        if before != walk.new.keyword(name, new.keywords.get(name)):
            log.add("schema-keyword-changed", site, new.place, f"`{name}`")
    return kinds


def _types(log: Log, old: Shape, new: Shape, site: Site) -> None:
    if old.is_closed and new.is_closed and old.kinds & new.kinds:
        return  # the values that came and went tell more
    lost, gained = old.kinds - new.kinds, new.kinds - old.kinds
    detail = f"{type_words(old)} to {type_words(new)}"
    if lost and gained:
        log.add("type-changed", site, new.place, detail)
    elif lost or gained:
        log.add("type-narrowed" if lost else "type-widened", site, new.place, detail)


def _values(log: Log, old: Shape, new: Shape, site: Site) -> None:
    before, after = old.values or frozenset(), new.values or frozenset()
    was_closed, is_closed = old.is_closed, new.is_closed
    if was_closed and is_closed:
        if after - before:
            log.add("enum-value-added", site, new.place, listed(_plain(after - before)))
        if before - after:
            log.add("enum-value-removed", site, new.place, listed(_plain(before - after)))
    elif was_closed or is_closed:
        values = listed(_plain(after if is_closed else before))
        log.add("enum-closed" if is_closed else "enum-opened", site, new.place, values)
    elif before != after:
        log.add("known-values-changed", site, new.place, listed(_plain(before ^ after)))


def _plain(values: frozenset[str]) -> list[str]:
    return [value.strip('"') for value in values]


def _limits(log: Log, old: Shape, new: Shape, site: Site, kinds: frozenset[str]) -> None:
    for name in sorted(old.limits.keys() | new.limits.keys()):
        before, after = old.limits.get(name), new.limits.get(name)
        if before == after or not limits.HOLDS_FOR.get(name, kinds) & kinds:
            continue
        verdict = {True: "tightened", False: "loosened", None: "changed"}[limits.tighter(name, before, after)]
        detail = f"`{name}` ({limits.words(name, before)} to {limits.words(name, after)})"
        log.add(f"limit-{verdict}", site, new.place, detail)
