"""Tell what changed between two documents, and whom it breaks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from generator.changes import access, grouping
from generator.changes.canonical import Reader
from generator.changes.change import Change
from generator.changes.findings import Log
from generator.changes.operations import compare_operations
from generator.changes.renames import renamed_schemas
from generator.changes.schemas import Schemas

_NO_ALIASES: Mapping[str, str] = {}


def compare(old: dict[str, Any], new: dict[str, Any], aliases: Mapping[str, str] = _NO_ALIASES) -> list[Change]:
    """Return what changed from one document to the next, breaking changes first.

    Both are OpenAPI 3.1 documents with their overlays applied, cut down to the operations that count, valid and
    normalised. ``aliases`` are former names of schemas that go on working, each with its new name. A rewrite that
    means the same gives no change, and all descriptions, examples and extensions give one.
    """
    if json.dumps(old, sort_keys=True) == json.dumps(new, sort_keys=True):
        return []
    log = Log()
    walk = Schemas(Reader(old), Reader(new), log)
    compare_operations(walk)
    access.compare_schemes(log, old, new)
    found = [
        *grouping.rows(log.findings),
        *renamed_schemas(walk.old, walk.new, walk.met, aliases),
        *grouping.documentation(log.documented),
    ]
    return sorted(found, key=lambda change: (-change.bump, change.rule, change.places, change.words))
