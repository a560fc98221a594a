"""The parts of the module of options by name: arguments of a transcription, and the TypedDicts of their values."""

from __future__ import annotations

import re
from collections.abc import Iterator

from generator.options import Option
from generator.parts import Part
from generator.places import at, joined, members, target
from generator.project import Project
from generator.provenance import Provenance
from generator.simplify import json_type
from generator.typed_dicts import ROOT, Field, TypedDictClass

_FILE = "options.py"
_NESTED = ("allOf", "anyOf", "oneOf", "items", "additionalProperties")


def of(project: Project, provenance: Provenance) -> Iterator[Part]:
    """Yield the options, what is left out of them, and the classes of their values."""
    request = _request(provenance)
    facts = provenance.understood.facts
    yield Part.of(_FILE, ROOT, [request], also=["OPTIONS"], whole_file=True)
    for name in sorted(project.config.filled):
        remark = "no option: `filled` in generator/config.toml, the facade gives it from its own parameters"
        yield _argument(provenance, request, name, name, remark)
    for option in facts.options:
        wire = option.field or option.name
        remark = f"`{wire}` on the wire, which cannot be the name of an argument" if option.field else ""
        yield _argument(provenance, request, option.name, wire, remark)
    for made in facts.typed_dicts:
        if made.name != ROOT:
            yield from _nested(made, provenance, request)


def _argument(provenance: Provenance, request: str, name: str, wire: str, remark: str) -> Part:
    places = _fields(provenance, [request], wire)
    return Part.of(_FILE, f"{ROOT}.{name}", places, [remark] * bool(remark), also=[f"transcribe.{name}"])


def _nested(made: TypedDictClass, provenance: Provenance, request: str) -> Iterator[Part]:
    classes = provenance.understood.facts.typed_dicts
    names = [f"{user.name}.{field.name}" for user in classes for field in user.fields if _uses(field, made)]
    places = _places(made, provenance, request, frozenset())
    yield Part.of(_FILE, made.name, places, [f"the type of {', '.join(names)}"])
    for field in made.fields:
        yield Part.of(_FILE, f"{made.name}.{field.name}", _fields(provenance, places, field.name))


def _places(made: TypedDictClass, provenance: Provenance, request: str, seen: frozenset[str]) -> list[str]:
    """Return where the values of a TypedDict are described: wherever a field of its type is."""
    facts = provenance.understood.facts
    if made.name == ROOT:
        return [request]
    found: list[str] = []
    for user in facts.typed_dicts:
        for field in user.fields:
            if user.name not in seen and _uses(field, made):
                around = _places(user, provenance, request, seen | {made.name})
                found += _fields(provenance, around, _wire(field, user, facts.options))
    return found


def _fields(provenance: Provenance, around: list[str], name: str) -> list[str]:
    """Return where a field is described, and what is referred to there."""
    meant = provenance.understood.meant
    found = [field for place in around for field in members(meant, place, name, through=_NESTED)]
    return list(dict.fromkeys([*found, *(target(meant, place) for place in found)]))


def _wire(field: Field, user: TypedDictClass, options: tuple[Option, ...]) -> str:
    renamed = {option.name: option.field for option in options if option.field} if user.name == ROOT else {}
    return renamed.get(field.name, field.name)


def _uses(field: Field, made: TypedDictClass) -> bool:
    return made.name in re.findall(r"\w+", field.annotation)


def _request(provenance: Provenance) -> str:
    """Return the place of the schema of the first operation's JSON request."""
    meant = provenance.understood.meant
    method, _, path = provenance.understood.operations[0].partition(" ")
    body = target(meant, joined("/paths", path, method, "requestBody"))
    media_type = json_type(at(meant, joined(body, "content")))
    return target(meant, joined(body, "content", media_type, "schema"))
