"""Compare what two schemas ask of the contents of a value: its properties, undeclared members and items."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from generator.changes.canonical import Reader
from generator.changes.findings import Log, Site, listed
from generator.changes.renames import pairs_of_one_shape
from generator.changes.shape import ANYTHING, Direction, Part, Shape
from generator.simplify import is_free_form

if TYPE_CHECKING:
    from generator.changes.schemas import Schemas


def compare_members(walk: Schemas, old: Shape, new: Shape, site: Site, kinds: frozenset[str]) -> None:
    """Note what differs in the contents, and put what both have in the walk's line."""
    if "object" in kinds:
        _properties(walk, old, new, site)
    for ending in sorted(old.children.keys() | new.children.keys()):
        if ("array" if ending.startswith("[") else "object") in kinds:
            _child(walk, old, new, site, ending)


def _child(walk: Schemas, old: Shape, new: Shape, site: Site, ending: str) -> None:
    before, after = old.children.get(ending, ANYTHING), new.children.get(ending, ANYTHING)
    if ending == ".*" and before.schema is not after.schema and False in (before.schema, after.schema):
        walk.log.add("additional-closed" if after.schema is False else "additional-opened", site, new.place)
    else:
        walk.wait(walk.old.shape(before), walk.new.shape(after), site.below(ending))


def _properties(walk: Schemas, old: Shape, new: Shape, site: Site) -> None:
    before = dict(_visible(walk.old, old, site.direction))
    after = dict(_visible(walk.new, new, site.direction))
    gone = {name: before[name] for name in sorted(before.keys() - after.keys())}
    come = {name: after[name] for name in sorted(after.keys() - before.keys())}
    is_map = old.is_map or new.is_map
    if is_map:
        _providers(walk.log, gone, come, site, new.place)
    _required(walk.log, old, new, site, {**gone, **come, **_hidden(old, before), **_hidden(new, after)})
    _renamed(walk, site, (old, gone), (new, come))
    for name, part in gone.items():
        walk.log.add("property-removed", site.below(f".{name}"), part.place)
    for name, part in come.items():
        aspect = "required-property-added" if name in new.required else "property-added"
        if site.direction == "answer":
            aspect = "property-added"
        walk.log.add(aspect, site.below(f".{name}"), part.place)
    for name in sorted(before.keys() & after.keys()):
        # All members of a map change together, so they have one path.
        path = site.below(".*" if is_map and is_free_form(before[name].schema) else f".{name}")
        walk.wait(walk.old.shape(before[name]), walk.new.shape(after[name]), path)


def _visible(reader: Reader, shape: Shape, direction: Direction) -> Iterator[tuple[str, Part]]:
    for name, part in sorted(shape.properties.items()):
        if reader.shape(part).hidden != direction:
            yield name, part


def _hidden(shape: Shape, visible: dict[str, Part]) -> dict[str, Part]:
    return {name: part for name, part in shape.properties.items() if name not in visible}


def _providers(log: Log, gone: dict[str, Part], come: dict[str, Part], site: Site, place: str) -> None:
    """Note the names of a map that went and came, and take them out."""
    for aspect, names in (("provider-removed", gone), ("provider-added", come)):
        slugs = [name for name, part in names.items() if is_free_form(part.schema)]
        if slugs:
            log.add(aspect, site, place, f"provider{'s' * (len(slugs) > 1)} {listed(slugs)}")
        for slug in slugs:
            del names[slug]


def _required(log: Log, old: Shape, new: Shape, site: Site, told: dict[str, Part]) -> None:
    for name in sorted((old.required ^ new.required) - told.keys()):
        aspect = "property-required" if name in new.required else "property-optional"
        log.add(aspect, site.below(f".{name}"), new.place)


def _renamed(walk: Schemas, site: Site, old: tuple[Shape, dict[str, Part]], new: tuple[Shape, dict[str, Part]]) -> None:
    """Note the properties that seem to have another name now, and take them out."""
    (shape, gone), (successor, come) = old, new
    before = {name: (walk.old.shape(part), name in shape.required) for name, part in gone.items()}
    after = {name: (walk.new.shape(part), name in successor.required) for name, part in come.items()}
    for name, other in pairs_of_one_shape(walk.old, before, walk.new, after):
        walk.log.add("property-renamed", site.below(f".{name}"), come[other].place, f"`{other}`")
        del gone[name], come[other]
