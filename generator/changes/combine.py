"""Put shapes together: what all of them take (``allOf``), and what any of them takes (``anyOf``, ``oneOf``)."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

from generator.changes.limits import HOLDS_FOR, tighter
from generator.changes.shape import KINDS, NUMBERS, Part, Shape
from generator.refusal import Refusal

# Both `format` and enumerations hold for more than one type.
_SHARED = frozenset({"format"})
_MOST_BRANCHES = 1000


def intersect(first: Shape, second: Shape) -> Shape:
    """Return what both take; the words of ``second`` go before those of ``first``."""
    if second.takes_anything and not _has_words(second):
        return first
    if first.takes_anything and not _has_words(first):
        return second if not first.place else replace(second, place=first.place, name=first.name or second.name)
    values = [shape.values for shape in (first, second) if shape.values is not None]
    return Shape(
        place=first.place,
        name=first.name or second.name,
        kinds=first.kinds & second.kinds,
        null=first.null and second.null,
        properties=_both(first.properties, second.properties),
        required=first.required | second.required,
        children=_both(first.children, second.children),
        values=frozenset.intersection(*values) if values else None,
        open=bool(values) and all(shape.open for shape in (first, second) if shape.values is not None),
        limits=_limits(first, second),
        keywords=_both(first.keywords, second.keywords),
        branches=_branches(first, second),
        is_map=first.is_map or second.is_map,
        notes={**first.notes, **second.notes},
        default=second.default or first.default,
        deprecated=first.deprecated or second.deprecated,
        hidden=second.hidden or first.hidden,
    )


def _has_words(shape: Shape) -> bool:
    return bool(shape.notes or shape.default or shape.deprecated or shape.hidden)


def _both(first: Any, second: Any) -> dict[str, Part]:
    result: dict[str, Part] = dict(first)
    for name, part in second.items():
        before = result.get(name)
        both = part if before is None else Part({"allOf": [before.schema, part.schema]}, before.place)
        result[name] = part if before is not None and before.schema == part.schema else both
    return result


def _limits(first: Shape, second: Shape) -> dict[str, Any]:
    limits = {**second.limits, **first.limits}
    for name in first.limits.keys() & second.limits.keys():
        if tighter(name, first.limits[name], second.limits[name]):
            limits[name] = second.limits[name]
    return limits


def _branches(first: Shape, second: Shape) -> tuple[Shape, ...]:
    if not (first.branches and second.branches):
        return first.branches or second.branches
    if len(first.branches) * len(second.branches) > _MOST_BRANCHES:
        raise Refusal(
            f"#{first.place}: a union with more than {_MOST_BRANCHES} combinations; correct it with an overlay"
        )
    return tuple(intersect(one, other) for one, other in itertools.product(first.branches, second.branches))


def unite(shapes: Iterable[Shape], place: str) -> Shape:
    """Return what any of ``shapes`` takes, in as few branches as say it."""
    flat = list(_flat(shapes))
    null = any(shape.null for shape in flat)
    branches = _distinct(replace(shape, null=False) if shape.null else shape for shape in flat)
    if not branches:
        return Shape(place=place, kinds=frozenset(), null=null)
    if any(shape.takes_any_type for shape in branches):
        return Shape(place=place, null=null)
    if len(branches) == 1:
        return replace(branches[0], null=null)
    merged = _enumeration(branches) or _by_type(branches)
    return replace(merged, null=null, place=place) if merged else Shape(place=place, null=null, branches=branches)


def _flat(shapes: Iterable[Shape]) -> Iterator[Shape]:
    for shape in shapes:
        if shape.branches and not replace(shape, branches=()).is_restricted and shape.kinds == KINDS:
            yield from shape.branches
            yield Shape(kinds=frozenset(), null=shape.null)
        elif len(groups := _groups(shape)) > 1:
            yield from (_of_kinds(shape, kinds) for kinds in groups)
        else:
            yield shape


def _groups(shape: Shape) -> list[frozenset[str]]:
    """Return the types of a shape that can stand apart, numbers together."""
    if shape.kinds == KINDS or shape.values is not None or shape.keywords or shape.branches:
        return [shape.kinds]
    numbers = shape.kinds & NUMBERS
    others = [frozenset({kind}) for kind in sorted(shape.kinds - NUMBERS)]
    return [numbers, *others] if numbers else others


def _of_kinds(shape: Shape, kinds: frozenset[str]) -> Shape:
    """Return what a shape takes of some types, with what means something to these."""
    is_object = "object" in kinds
    wanted = ("." if is_object else "") + ("[" if "array" in kinds else "")
    return replace(
        shape,
        kinds=kinds,
        properties=shape.properties if is_object else {},
        required=shape.required if is_object else frozenset(),
        children={ending: part for ending, part in shape.children.items() if ending[0] in wanted},
        limits={name: limit for name, limit in shape.limits.items() if HOLDS_FOR.get(name, kinds) & kinds},
        is_map=shape.is_map and is_object,
    )


def _distinct(shapes: Iterable[Shape]) -> tuple[Shape, ...]:
    found: dict[tuple[str, frozenset[str]], Shape] = {}
    for shape in shapes:
        if shape.kinds:
            found.setdefault((shape.place, shape.kinds), shape)
    return tuple(found.values())


def _enumeration(shapes: tuple[Shape, ...]) -> Shape | None:
    """Enumerations of one type are one; beside the type itself they are an open one."""
    kinds = frozenset[str]().union(*(shape.kinds for shape in shapes))
    plain = [shape for shape in shapes if not shape.is_restricted]
    listed = [shape for shape in shapes if shape.values is not None and not replace(shape, values=None).is_restricted]
    if len(kinds) > 1 or not listed or len(plain) + len(listed) < len(shapes):
        return None
    values = frozenset[str]().union(*(shape.values or () for shape in listed))
    words = _common_words(shapes)
    return replace(words, kinds=kinds, values=values, open=bool(plain) or any(shape.open for shape in listed))


def _by_type(shapes: tuple[Shape, ...]) -> Shape | None:
    """Branches of different types are one shape, since most keywords hold for one type only."""
    if sum(len(shape.kinds) for shape in shapes) > len(frozenset[str]().union(*(shape.kinds for shape in shapes))):
        return None
    if any(shape.values is not None or shape.keywords or shape.branches for shape in shapes):
        return None
    if any(_SHARED & shape.limits.keys() for shape in shapes):
        return None
    merged = replace(_common_words(shapes), kinds=frozenset(), null=False)
    for shape in shapes:
        merged = replace(
            merged,
            kinds=merged.kinds | shape.kinds,
            properties={**merged.properties, **shape.properties},
            required=merged.required | shape.required,
            children={**merged.children, **shape.children},
            limits={**merged.limits, **shape.limits},
            is_map=merged.is_map or shape.is_map,
        )
    return merged


def _common_words(shapes: tuple[Shape, ...]) -> Shape:
    notes: dict[str, str] = {}
    for shape in reversed(shapes):
        notes |= shape.notes
    return Shape(notes=notes, deprecated=any(shape.deprecated for shape in shapes))


@cache  # the same branches each time, by which a walk knows where it has been
def spread(shape: Shape) -> tuple[Shape, ...]:
    """Return the branches of a union, each with what all of them have to be; one shape is its own only branch.

    None of them takes null: whether the whole does is no matter of its branches.
    """
    if not shape.branches:
        return (replace(shape, null=False),) if shape.kinds else ()
    base = replace(shape, branches=(), notes={}, default=None, deprecated=False, hidden=None, name="", null=False)
    return tuple(replace(intersect(branch, base), place=branch.place) for branch in shape.branches)
