"""Compare unions by their branches: equal ones first, then those of one name, of one mark, and those that fit.

In a request each old branch must have a new one that takes all it took. In an answer each new branch must fit an old
one. A schema that is no union is its own only branch, so this holds for an object that becomes a union as well.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING

from generator.changes.canonical import Reader
from generator.changes.change import Bump
from generator.changes.combine import spread
from generator.changes.findings import Site
from generator.changes.shape import Shape, type_words

if TYPE_CHECKING:
    from generator.changes.schemas import Schemas

_Key = Callable[[Reader, Shape], Hashable]


def compare_unions(walk: Schemas, old: Shape, new: Shape, site: Site) -> None:
    """Note the branches that came and went, and put those that stayed in the walk's line."""
    if old.takes_any_type or new.takes_any_type:
        aspect = "type-widened" if new.takes_any_type else "type-narrowed"
        detail = "a union to any value" if new.takes_any_type else "any value to a union"
        walk.log.add(aspect, site, new.place, detail)
        return
    both = bool(old.branches) and bool(new.branches)
    before = list(old.branches if both else spread(old))
    after = list(new.branches if both else spread(new))
    gone, come = list(before), list(after)
    for one, other in _matches(walk, gone, come, site):
        walk.wait(one, other, site)
    for shape in gone:
        covered = site.direction == "request" and any(walk.fits(shape, other, "request") for other in after)
        bump = Bump.PATCH if covered else None
        walk.log.add("union-member-removed", site, new.place, _words(shape), bump=bump)
    for shape in come:
        covered = site.direction == "answer" and any(walk.fits(other, shape, "answer") for other in before)
        bump = Bump.MINOR if covered else None
        walk.log.add("union-member-added", site, new.place, _words(shape), bump=bump)


def _matches(walk: Schemas, gone: list[Shape], come: list[Shape], site: Site) -> list[tuple[Shape, Shape]]:
    """Return pairs of branches, and take them out of ``gone`` and ``come``."""
    keys: tuple[_Key, ...] = (Reader.fingerprint, _name, _mark)
    matches = [pair for key in keys for pair in _equal(walk, gone, come, key)]
    for one in list(gone):
        fitting = (other for other in come if one.kinds & other.kinds and walk.fits(one, other, site.direction))
        if (other := next(fitting, None)) is not None:
            matches.append((one, other))
            gone.remove(one)
            come.remove(other)
    return matches + _equal(walk, gone, come, _kinds)


def _equal(walk: Schemas, gone: list[Shape], come: list[Shape], key: _Key) -> list[tuple[Shape, Shape]]:
    found: list[tuple[Shape, Shape]] = []
    new: dict[Hashable, list[Shape]] = {}
    for other in come:
        new.setdefault(key(walk.new, other), []).append(other)
    for one in list(gone):
        if (wanted := key(walk.old, one)) and new.get(wanted):
            other = new[wanted].pop(0)
            found.append((one, other))
            gone.remove(one)
            come.remove(other)
    return found


def _name(_: Reader, shape: Shape) -> Hashable:
    return shape.name and (shape.name, shape.kinds)


def _kinds(_: Reader, shape: Shape) -> frozenset[str]:
    return shape.kinds


def _mark(reader: Reader, shape: Shape) -> frozenset[tuple[str, str]]:
    """The members that can hold one value only, such as ``type: "text"``."""
    members = ((name, reader.shape(part).values) for name, part in shape.properties.items())
    return frozenset((name, *values) for name, values in members if values and len(values) == 1)  # type: ignore[misc]


def _words(shape: Shape) -> str:
    if shape.name:
        return f"`{shape.name}`"
    if shape.properties:
        return "an object with " + " and ".join(f"`{name}`" for name in sorted(shape.properties)[:3])
    return f"`{type_words(shape)}`"
