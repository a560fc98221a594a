"""Compare the operations of two documents, and the words around them.

What is not compared by its meaning (links, callbacks, the document's tags) counts as documentation.
"""

from __future__ import annotations

from dataclasses import replace

from generator.changes import access, payloads
from generator.changes.canonical import notes
from generator.changes.findings import Site
from generator.changes.operation import Operation, member, members, operations
from generator.changes.schemas import Schemas
from generator.changes.shape import Part
from generator.places import joined
from generator.shake import METHODS

_DOCUMENT = frozenset({"components", "paths", "security", "servers"})
_ITEM = METHODS | {"parameters", "servers"}
_OPERATION = frozenset(
    {"deprecated", "operationId", "parameters", "requestBody", "responses", "security", "servers", "tags"}
)
_ANSWER = frozenset({"content", "headers"})


def compare_operations(walk: Schemas) -> None:
    """Note all that differs in what two documents let people do."""
    old, new = walk.old.document, walk.new.document
    for key in sorted((old.keys() | new.keys()) - _DOCUMENT):
        walk.log.document(old.get(key), new.get(key), joined("", key))
    before, after = operations(walk.old), operations(walk.new)
    first = next(iter(after), "")
    for name in sorted(before.keys() | after.keys()):
        site = Site(direction="request", part="operation", operation="" if name == first else name)
        if name not in after:
            walk.log.add("operation-removed", site, before[name].part.place, f"`{name}`")
        elif name not in before:
            walk.log.add("operation-added", site, after[name].part.place, f"`{name}`")
        else:
            _operation(walk, before[name], after[name], site)


def _operation(walk: Schemas, old: Operation, new: Operation, site: Site) -> None:
    _words(walk, old, new, site)
    access.compare_security(walk.log, old, new, site)
    access.compare_servers(walk.log, old, new, site)
    payloads.compare_parameters(walk, old, new, site)
    bodies = (member(operation.reader, operation.part, "requestBody") for operation in (old, new))
    payloads.compare_bodies(walk, next(bodies), next(bodies), site, new.part.place)
    before, after = (members(operation.reader, operation.part, "responses") for operation in (old, new))
    for status in sorted(before.keys() | after.keys()):
        _answer(walk, status, before.get(status), after.get(status), site)


def _words(walk: Schemas, old: Operation, new: Operation, site: Site) -> None:
    place = new.part.place
    walk.log.document(notes(old.part.schema, _OPERATION), notes(new.part.schema, _OPERATION), place)
    walk.log.document(notes(old.item.schema, _ITEM), notes(new.item.schema, _ITEM), new.item.place)
    if old.names != new.names:
        walk.log.add("operation-renamed", site, place, f"{old.names} to {new.names}")
    is_deprecated = new.part.schema.get("deprecated", False)
    if old.part.schema.get("deprecated", False) != is_deprecated:
        aspect = "deprecated" if is_deprecated else "deprecation-lifted"
        walk.log.add(aspect, replace(site, thing="the whole operation"), place)


def _answer(walk: Schemas, status: str, old: Part | None, new: Part | None, site: Site) -> None:
    # Only a status of its own has a class of errors.
    kind = "success" if status.startswith("2") else "error" if status.isdecimal() else "error-range"
    if old is None or new is None:
        [part] = filter(None, (old, new))
        walk.log.add(f"{kind}-{'added' if new else 'removed'}", site, part.place, status)
    else:
        walk.log.document(notes(old.schema, _ANSWER), notes(new.schema, _ANSWER), new.place)
        answer = Site(direction="answer", part=status, operation=site.operation)
        payloads.compare_headers(walk, old, new, answer)
        payloads.compare_contents(walk, old, new, answer)
