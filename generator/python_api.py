"""What a new generated package takes from Python code that used the old one, and what it adds.

Found by griffe (package griffelib) in the text: nothing is imported. What a value is belongs to the comparison of
the documents: defaults, tables and descriptions are not looked at, and annotations only for a class of the
package that another took the place of. People import models from ``models``: in which module below it a class
stands may change.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import griffe
from griffe import Breakage, BreakageKind

from generator.changes.change import Bump, Change

_REMOVED = BreakageKind.OBJECT_REMOVED
_WORDS = {
    "object-removed": "{names} {was} removed",
    "object-changed-kind": "{names} became another kind of object",
    "class-removed-base": "{names} lost a base class",
    "return-changed-type": "{names} lost the type of what {it} return{s}",
    "parameter-removed": "{names} no longer take{s} `{detail}`",
    "parameter-moved": "{names} take{s} `{detail}` in another position",
    "parameter-changed-kind": "{names} take{s} `{detail}` in another way",
    "parameter-changed-required": "{names} newly require{s} `{detail}`, which was optional",
    "parameter-added-required": "{names} newly require{s} `{detail}`",
    "attribute-changed-type": "{names} {is_} no longer `{detail}`",
}
_MOST = 4
# A rule with its detail, such as the name of a parameter, and the dotted name where it was found.
_Found = tuple[str, str, str]


def breaks(old: Path, new: Path) -> list[Change]:
    """Return how the Python names of two packages (directories) differ, breaking changes first.

    Equal changes in several places are one. What is new is one MINOR change, "python-object-added"; every other
    one is MAJOR. Where there is no old package, nothing changed. A package that is not Python has no names.
    """
    before, after = _loaded(old), _loaded(new)
    if before is None or after is None:
        return []
    grouped: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for rule, detail, place in [*_from_griffe(before, after), *_from_fields(before, after)]:
        key = (rule, "" if rule == "object-removed" else detail)
        grouped[key].add(place)
    changes = [_change(rule, detail, places) for (rule, detail), places in sorted(grouped.items())]
    return changes + _additions(before, after)


def _loaded(package: Path) -> griffe.Module | None:
    if not (package / "__init__.py").exists():
        return None
    loader = griffe.GriffeLoader(search_paths=[package.parent], allow_inspection=False)
    try:
        loaded = loader.load(package.name)
    except (griffe.GriffeError, ImportError, SyntaxError):
        return None
    loader.resolve_aliases(implicit=False, external=False)
    return loaded if isinstance(loaded, griffe.Module) else None


def _from_griffe(before: griffe.Module, after: griffe.Module) -> Iterator[_Found]:
    for breakage in griffe.find_breaking_changes(before, after):
        # A default is a value; the comparison of the documents tells it.
        if breakage.kind is not BreakageKind.PARAMETER_CHANGED_DEFAULT and (place := _place(breakage)):
            rule = breakage.kind.name.lower().replace("_", "-")
            parameter = breakage.old_value or breakage.new_value
            yield rule, parameter.name if isinstance(parameter, griffe.Parameter) else "", place


def _additions(before: griffe.Module, after: griffe.Module) -> list[Change]:
    found = {_place(item) for item in griffe.find_breaking_changes(after, before) if item.kind is _REMOVED}
    if not (places := tuple(sorted(filter(None, found)))):
        return []
    return [Change("python-object-added", f"Python code can use {_listed(places)}.", Bump.MINOR, places)]


def _place(breakage: Breakage) -> str:
    """Return the name under which people know an object; "" for a module that only holds a model."""
    # What every subclass inherits is told once, of the class that has it.
    path = breakage.obj.canonical_path if breakage.obj.inherited else breakage.obj.path
    return "" if breakage.obj.is_module and re.search(r"\.models\.\w+$", path) else _known(path)


def _known(path: str) -> str:
    return re.sub(r"\.models\.[a-z_0-9]+\.(?=\w)", ".models.", path)


def _from_fields(before: griffe.Module, after: griffe.Module) -> Iterator[_Found]:
    """Yield what griffe does not see: fields of attrs classes and members of TypedDicts."""
    old_classes, new_classes = _classes(before), _classes(after)
    kept = old_classes.keys() & new_classes.keys()
    known = {path.rpartition(".")[2] for path in kept} - {"Unset"}
    for path in sorted(kept):
        old, new = _fields(old_classes[path]), _fields(new_classes[path])
        for name in sorted(new):
            if _is_required(new[name]) and not (name in old and _is_required(old[name])):
                yield f"parameter-{'changed' if name in old else 'added'}-required", name, path
        for name in sorted(old.keys() & new.keys()):
            for replaced in sorted(known & _names(old[name]) - _names(new[name])):
                yield "attribute-changed-type", replaced, f"{path}.{name}"


def _classes(module: griffe.Module) -> dict[str, griffe.Class]:
    found: dict[str, griffe.Class] = {}
    for member in module.members.values():
        if isinstance(member, griffe.Module):
            found |= _classes(member)
        elif isinstance(member, griffe.Class) and member.is_public:
            found[_known(member.path)] = member
    return found


def _fields(owner: griffe.Class) -> dict[str, griffe.Attribute]:
    """Return the public fields that a caller gives."""
    if not (_is_typed_dict(owner) or any("define" in str(decorator.value) for decorator in owner.decorators)):
        return {}
    members = owner.members.values()
    attributes = [item for item in members if isinstance(item, griffe.Attribute) and item.is_public]
    return {item.name: item for item in attributes if "init=False" not in str(item.value).replace(" ", "")}


def _is_typed_dict(owner: griffe.Class) -> bool:
    return any(str(base) == "TypedDict" for base in owner.bases)


def _is_required(item: griffe.Attribute) -> bool:
    owner = item.parent
    if isinstance(owner, griffe.Class) and _is_typed_dict(owner):
        # The generated ones are `total=False`.
        return str(item.annotation).startswith("Required[")
    value = str(item.value)
    return item.value is None or ("field(" in value and "factory=" not in value and "default=" not in value)


def _names(item: griffe.Attribute) -> set[str]:
    return set(re.findall(r"\w+", str(item.annotation)))


def _change(rule: str, detail: str, places: set[str]) -> Change:
    several = len(places) > 1
    forms = {"was": "were", "it": "they", "s": "", "is_": "are"} if several else {}
    words = {"was": "was", "it": "it", "s": "s", "is_": "is", **forms, "names": _listed(sorted(places))}
    return Change(
        f"python-{rule}", _WORDS[rule].format(**words, detail=detail) + ".", Bump.MAJOR, tuple(sorted(places))
    )


def _listed(places: tuple[str, ...] | list[str]) -> str:
    shown = [f"`{place.partition('.')[2]}`" for place in places]
    if len(shown) > _MOST:
        shown = [*shown[: _MOST - 1], f"{len(shown) - _MOST + 1} more"]
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))
