"""Guess which name took the place of another: one went, and another of the same shape came."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from generator.changes.canonical import SCHEMAS, Reader
from generator.changes.change import Bump, Change
from generator.changes.shape import Shape


def pairs_of_one_shape(
    old: Reader,
    before: Mapping[str, tuple[Shape, Hashable]],
    new: Reader,
    after: Mapping[str, tuple[Shape, Hashable]],
) -> list[tuple[str, str]]:
    """Return the names that belong together: of one shape and mark, which no other of these has."""
    if not (before and after):
        return []
    gone = _by_shape(old, before)
    come = _by_shape(new, after)
    both = sorted((names, come[key]) for key, names in gone.items() if key in come)
    return [(names[0], others[0]) for names, others in both if len(names) == len(others) == 1]


def _by_shape(reader: Reader, members: Mapping[str, tuple[Shape, Hashable]]) -> dict[tuple[int, Hashable], list[str]]:
    groups: dict[tuple[int, Hashable], list[str]] = {}
    for name, (shape, mark) in members.items():
        if not shape.takes_anything:
            groups.setdefault((reader.fingerprint(shape), mark), []).append(name)
    return groups


def renamed_schemas(old: Reader, new: Reader, met: set[tuple[str, str]], aliases: Mapping[str, str]) -> list[Change]:
    """Return the named schemas that have another name now.

    ``met`` are the places of schemas that stood for each other; those that still agree in most of their properties
    are the same under another name, even if they changed as well.
    """
    gone = {name: old.shape(part) for name, part in old.schemas.items() if name not in new.schemas}
    come = {name: new.shape(part) for name, part in new.schemas.items() if name not in old.schemas}
    pairs: list[tuple[str, str]] = []
    for place, other in sorted(met):
        name, successor = place.removeprefix(SCHEMAS), other.removeprefix(SCHEMAS)
        if name in gone and successor in come and _is_alike(old, gone[name], new, come[successor]):
            pairs.append((name, successor))
            del gone[name], come[successor]
    # The rest stands where nothing can be told by its place, such as below a union.
    marked = ({name: (shape, "") for name, shape in shapes.items()} for shapes in (gone, come))
    pairs += pairs_of_one_shape(old, next(marked), new, next(marked))
    return [_change(name, successor, aliases) for name, successor in pairs]


def _is_alike(old: Reader, before: Shape, new: Reader, after: Shape) -> bool:
    if old.fingerprint(before) == new.fingerprint(after):
        return True
    shared = before.properties.keys() & after.properties.keys()
    return 2 * len(shared) > max(len(before.properties), len(after.properties))


def _change(name: str, successor: str, aliases: Mapping[str, str]) -> Change:
    words = f"`{name}` is now `{successor}`; "
    if aliases.get(name) == successor:
        bump, advice = Bump.PATCH, "the alias keeps the old name."
    else:
        alias = f'add {name} = "{successor}" to [aliases] in generator/config.toml'
        bump, advice = Bump.MAJOR, f"an alias keeps the old name: {alias}."
    return Change("schema-renamed", words + advice, bump, (SCHEMAS + successor,))
