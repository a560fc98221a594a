"""Compare what an operation carries: parameters, the body, and the contents and headers of its answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from generator.changes.canonical import notes
from generator.changes.findings import Site
from generator.changes.operation import Operation, members
from generator.changes.schemas import Schemas
from generator.changes.shape import Part, as_json
from generator.places import joined

_PARAMETER = frozenset({"content", "deprecated", "explode", "in", "name", "required", "schema", "style"})
_BODY = frozenset({"content", "required"})
_MEDIA = frozenset({"encoding", "schema"})


def compare_parameters(walk: Schemas, old: Operation, new: Operation, site: Site) -> None:
    """Note all that differs in the parameters of an operation."""
    before, after = old.parameters, new.parameters
    for key in sorted(before.keys() | after.keys()):
        where, name = key
        place = replace(site, part=f"{where} {name}", thing=f"the {where} parameter `{name}`")
        if key not in after:
            walk.log.add("parameter-removed", place, before[key].place)
        elif key not in before:
            is_required = after[key].schema.get("required", False)
            walk.log.add("required-parameter-added" if is_required else "parameter-added", place, after[key].place)
        else:
            _parameter(walk, before[key], after[key], place, "parameter")


def _parameter(walk: Schemas, old: Part, new: Part, site: Site, kind: str) -> None:
    """Compare two parameters or headers, which are written alike."""
    walk.log.document(notes(old.schema, _PARAMETER), notes(new.schema, _PARAMETER), new.place)
    is_required = new.schema.get("required", False)
    if old.schema.get("required", False) != is_required:
        walk.log.add(f"{kind}-{'required' if is_required else 'optional'}", site, new.place)
    is_deprecated = new.schema.get("deprecated", False)
    if old.schema.get("deprecated", False) != is_deprecated:
        walk.log.add("deprecated" if is_deprecated else "deprecation-lifted", site, new.place)
    style, other = (_style(part.schema) for part in (old, new))
    if style != other:
        walk.log.add("parameter-style-changed", site, new.place, f"{style} to {other}")
    walk.compare(_value(old), _value(new), site)


def _style(parameter: dict[str, Any]) -> str:
    """Return how a value is written (OpenAPI 3.1, Parameter Object), its defaults stated."""
    if content := parameter.get("content"):
        return " ".join(content)
    is_form = parameter.get("in") in ("query", "cookie")
    style = parameter.get("style", "form" if is_form else "simple")
    return f"{style}{', exploded' if parameter.get('explode', style == 'form') else ''}"


def _value(parameter: Part) -> Part:
    for media, content in parameter.schema.get("content", {}).items():
        return Part(content.get("schema", True), joined(parameter.place, "content", media, "schema"))
    return Part(parameter.schema.get("schema", True), joined(parameter.place, "schema"))


def compare_bodies(walk: Schemas, old: Part | None, new: Part | None, site: Site, place: str) -> None:
    """Note all that differs in the body of a request."""
    if old is None or new is None:
        if new is not None:
            walk.log.add("required-body-added" if new.schema.get("required") else "body-added", site, place)
        elif old is not None:
            walk.log.add("body-removed", site, place)
        return
    was, now = (notes(part.schema, _BODY) for part in (old, new))
    walk.log.document(was, now, new.place)
    is_required = new.schema.get("required", False)
    if old.schema.get("required", False) != is_required:
        walk.log.add("body-required" if is_required else "body-optional", site, new.place)
    compare_contents(walk, old, new, site)


def compare_contents(walk: Schemas, old: Part, new: Part, site: Site) -> None:
    """Note all that differs in the media types of a body or an answer, and in what each holds."""
    before, after = (_contents(part) for part in (old, new))
    for media in sorted(before.keys() | after.keys()):
        if media not in after:
            walk.log.add("media-type-removed", site, before[media].place, f"`{media}`")
        elif media not in before:
            walk.log.add("media-type-added", site, after[media].place, f"`{media}`")
        else:
            _content(walk, before[media], after[media], _site(site, media))


def _contents(part: Part) -> dict[str, Part]:
    content: dict[str, Any] = part.schema.get("content", {})
    return {
        media.split(";")[0].strip().lower(): Part(value, joined(part.place, "content", media))
        for media, value in content.items()
    }


def _site(site: Site, media: str) -> Site:
    is_json = media == "application/json"
    if site.direction == "request":
        return replace(site, part="body" if is_json else media, thing="the body" if is_json else f"the {media} body")
    return site if is_json else replace(site, thing=f"the {media} body")


def _content(walk: Schemas, old: Part, new: Part, site: Site) -> None:
    walk.log.document(notes(old.schema, _MEDIA), notes(new.schema, _MEDIA), new.place)
    if as_json(old.schema.get("encoding", {})) != as_json(new.schema.get("encoding", {})):
        walk.log.add("encoding-changed", site, new.place)
    before, after = (Part(part.schema.get("schema", True), joined(part.place, "schema")) for part in (old, new))
    walk.compare(before, after, site)


def compare_headers(walk: Schemas, old: Part, new: Part, site: Site) -> None:
    """Note all that differs in the headers of an answer."""
    before, after = (
        {name.lower(): (name, part) for name, part in members(reader, answer, "headers").items()}
        for reader, answer in ((walk.old, old), (walk.new, new))
    )
    for key in sorted(before.keys() | after.keys()):
        name, part = after.get(key) or before[key]
        place = replace(site, thing=f"the header `{name}`")
        if key in before and key in after:
            _parameter(walk, before[key][1], part, place, "header")
        else:
            walk.log.add("header-added" if key in after else "header-removed", place, part.place)
