"""Where generated code comes from: a place in the published document, corrections of it, and rules.

Nothing is recorded while code is generated. The stages of the document (published, corrected, simple) are made again
and compared place by place, so that what is told is what happened.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

import attrs

from generator import build, overlay
from generator.document import parse_openapi
from generator.places import Lines, at, joined, nearest, pairs, within
from generator.project import Project


@attrs.frozen(kw_only=True)
class Action:
    """An action of an overlay in words, and the places that it removed or wrote."""

    words: str
    places: tuple[str, ...]

    def touched(self, place: str) -> bool:
        """Tell whether the action changed what is at ``place``: all of it, or something inside."""
        return any(within(place, changed) or within(changed, place) for changed in self.places)


@attrs.define(kw_only=True, slots=False)
class Provenance:
    """The stages of the project's document, and the actions that corrected it."""

    name: str
    text: str
    published: dict[str, Any]
    actions: tuple[Action, ...]
    understood: build.Understood

    @classmethod
    def of(cls, project: Project, chosen: build.Chosen) -> Provenance:
        """Take the project's document through its stages; raises Refusal as `sync` does."""
        name = project.document.name
        text = project.document.read_text(encoding="utf-8")
        published = parse_openapi(text, name)
        meant = build.meaning(project, text, name, chosen)
        return cls(
            name=name,
            text=text,
            published=published,
            actions=tuple(_actions(project, copy.deepcopy(published))),
            understood=build.understand(project, meant, chosen),
        )

    def origins(self, place: str) -> list[str]:
        """Return the places of the corrected document that became ``place`` of the simple one."""
        return sorted(self._origins.get(place, ()))

    def published_at(self, place: str) -> str:
        """Return in words where ``place`` of the corrected document is in the published one."""
        found = nearest(self.published, place)
        inside = "" if found == place else f", around {place.removeprefix(found)}, which is not in it"
        return f"{self.name} line {self._lines.of(found)}: `{found}`{inside}"

    def corrections(self, place: str) -> list[str]:
        """Return in words the actions of overlays that touched ``place``."""
        return [action.words for action in self.actions if action.touched(place)]

    def rules(self, place: str) -> list[str]:
        """Return in words what the corrected document's ``place`` became on the way to openapi-python-client."""
        now = next((now for now, old in self._origins.items() if place in old), "")
        stages = self._stages(place, now or place)
        return [words for rule in _RULES if (words := rule(stages))]

    def mappings(self) -> list[str]:
        """Return the places of the corrected document whose members became a mapping."""
        found = [(old, new) for new, places in self._origins.items() for old in places]
        return sorted(old for old, new in found if _mapping(self._stages(old, new)))

    def _stages(self, old: str, new: str) -> _Stages:
        found = (at(self.published, old), at(self.understood.meant, old), at(self.understood.simple, new))
        return _Stages(*(stage if isinstance(stage, dict) else {} for stage in found))

    @cached_property
    def _origins(self) -> dict[str, set[str]]:
        return pairs(self.understood.meant, self.understood.simple, "/paths")

    @cached_property
    def _lines(self) -> Lines:
        return Lines(self.text)


def _actions(project: Project, document: dict[str, Any]) -> Iterator[Action]:
    """Yield the actions of all overlays, while they are applied to ``document``."""
    for path, (file, whole) in zip(project.overlays, build.overlays(project), strict=True):
        lines = path.read_text(encoding="utf-8").splitlines()
        comment = " ".join(line[1:].strip() for line in lines if line.startswith("#"))
        title = whole.get("info", {}).get("title", "")
        changed = overlay.apply(document, whole, file)
        for number, (action, places) in enumerate(zip(whole["actions"], changed, strict=True), start=1):
            verb = "removes" if action.get("remove") is True else "updates"
            why = ". ".join(
                words.strip().rstrip(".") for words in (title, action.get("description") or comment) if words
            )
            yield Action(
                words=f"{why} (generator/overlays/{file}, action {number}, {verb} `{action['target']}`)",
                places=tuple(leaf for place in places for leaf in _leaves(place, action.get("update"))),
            )


def _leaves(place: str, update: Any) -> Iterator[str]:
    if not isinstance(update, dict) or not update:
        yield place
        return
    for key, value in update.items():
        yield from _leaves(joined(place, key), value)


class _Stages(NamedTuple):
    """A schema as it was published, as it is meant, and as openapi-python-client is given it."""

    published: dict[str, Any]
    meant: dict[str, Any]
    simple: dict[str, Any]


def _null(stages: _Stages) -> str:
    if stages.published.get("nullable") is not True or "nullable" in stages.meant:
        return ""
    return "`nullable`, which OpenAPI 3.1 does not know, is null among the types"


def _mapping(stages: _Stages) -> str:
    members = stages.meant.get("properties")
    if not members or "properties" in stages.simple or "additionalProperties" not in stages.simple:
        return ""
    return f"{len(members)} equal free-form members are one mapping; their names are in providers.py"


def _free_form(stages: _Stages) -> str:
    if "type" not in stages.meant or "type" in stages.simple or "const" in stages.simple:
        return ""
    return "an object of which no member is stated is a plain dict, not a class"


def _plain(stages: _Stages) -> str:
    values = [stages.meant["const"]] if "const" in stages.meant else stages.meant.get("enum", [])
    if not values or "type" not in stages.simple or {"enum", "const"} & stages.simple.keys():
        return ""
    words = ", ".join(json.dumps(value) for value in values)
    return f"a value that the server adds must not break a client, so every value of the type is taken; known: {words}"


def _tag(stages: _Stages) -> str:
    if "const" not in stages.simple or "type" in stages.simple:
        return ""
    return f"always {json.dumps(stages.simple['const'])}, which tells the alternatives of a union apart"


def _open(stages: _Stages) -> str:
    if stages.meant.get("additionalProperties") is not False or "additionalProperties" in stages.simple:
        return ""
    return "closed in the document, but members that it does not know are kept"


_RULES: tuple[Callable[[_Stages], str], ...] = (_null, _mapping, _free_form, _plain, _tag, _open)
