"""Any sequence of changes of the document either syncs or is refused, and leaves a project that works."""

from __future__ import annotations

import copy
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from generator import sync
from generator.changes import Bump
from generator.document import parse_openapi
from generator.project import ROOT, Project
from generator.refusal import Refusal
from generator.tree import files
from tests.generator.conftest import PUBLISHED

Document = dict[str, Any]
Edit = Callable[[Document], object]
STRING = {"type": "string"}


def _post(document: Document) -> Document:
    return document["paths"]["/audio/transcriptions"]["post"]  # type: ignore[no-any-return]


def _schema(document: Document, name: str) -> Document:
    return document["components"]["schemas"].setdefault(name, {"type": "object"})  # type: ignore[no-any-return]


def _member(owner: str, name: str, schema: Any, *, required: bool = False) -> Edit:
    def edit(document: Document) -> None:
        _schema(document, owner).setdefault("properties", {})[name] = copy.deepcopy(schema)
        if required:
            _schema(document, owner).setdefault("required", []).append(name)

    return edit


def _without(owner: str, name: str) -> Edit:
    return lambda document: _schema(document, owner).get("properties", {}).pop(name, None)


def _renamed(document: Document) -> None:
    text = json.dumps(document["paths"]).replace("schemas/Answer", "schemas/Reply")
    document["paths"] = json.loads(text)
    document["components"]["schemas"]["Reply"] = _schema(document, "Answer")


def _answered(status: str) -> Edit:
    return lambda document: _post(document)["responses"].update({status: {"description": f"Number {status}"}})


def _unanswered(status: str) -> Edit:
    return lambda document: _post(document)["responses"].pop(status, None)


def _in_two_media(document: Document) -> None:
    content = _post(document)["requestBody"]["content"]
    content["multipart/form-data"] = copy.deepcopy(content["application/json"])


def _a_union(document: Document) -> None:
    schemas = document["components"]["schemas"]
    if "oneOf" not in _schema(document, "Answer"):
        schemas["Short"] = schemas.pop("Answer")
        schemas["Answer"] = {"oneOf": [{"$ref": "#/components/schemas/Short"}, {"$ref": "#/components/schemas/Long"}]}
        schemas["Long"] = {"type": "object", "required": ["text", "words"], "properties": {"text": STRING, "words": {}}}


def _gone(document: Document) -> None:
    document["paths"]["/elsewhere"] = document["paths"].pop("/audio/transcriptions")


EDITS: dict[str, Edit] = {
    "an option": _member("Request", "prompt", STRING),
    "another kind of option": _member("Request", "prompt", {"type": ["integer", "null"]}),
    "an option with values": _member("Request", "level", {"type": "string", "enum": ["low", "high"]}),
    "an option that is needed": _member("Request", "prompt", STRING, required=True),
    "an option less": _without("Request", "language"),
    "an option of a taken name": _member("Request", "timeout", {"type": "number"}),
    "a field": _member("Answer", "task", STRING),
    "a field that is there": _member("Answer", "segments", {"type": "array", "items": {}}, required=True),
    "a field less": _without("Answer", "seconds"),
    "an odd field": _member("Answer", "to_dict", STRING),
    "another name": _renamed,
    "a union": _a_union,
    "a status": _answered("503"),
    "a status of its own": _answered("599"),
    "a status less": _unanswered("529"),
    "two media types": _in_two_media,
    "no operation": _gone,
    "another server": lambda document: document["servers"].insert(0, {"url": "https://other.test/v2"}),
    "no server": lambda document: document["servers"].clear(),
    "other words": lambda document: document["info"].update(version="2"),
}


def _project(root: Path) -> Project:
    (root / "generator").mkdir(parents=True)
    (root / "generator" / "config.toml").write_bytes((ROOT / "generator" / "config.toml").read_bytes())
    return Project(root)


def _synced(project: Project, document: Document) -> sync.Report | None:
    """Sync a document; None where it was refused, which is not to change a byte."""
    source = project.root.parent / f"{project.root.name}.json"
    source.write_text(json.dumps(document), encoding="utf-8")
    before = files(project.root)
    try:
        return sync.sync(project, sync.Asked(source=str(source)), lambda _: None)
    except Refusal:
        assert files(project.root) == before
        return None


@settings(max_examples=8, deadline=None, derandomize=True, database=None)
@given(st.lists(st.sampled_from(sorted(EDITS)), min_size=2, max_size=4))
def test_any_sequence_syncs_or_is_refused(names: list[str]) -> None:
    """After each step the code follows from the document, and the way back is told as well."""
    with tempfile.TemporaryDirectory() as folder:
        project = _project(Path(folder, "project"))
        first = document = parse_openapi(PUBLISHED, "published.yaml")
        assert _synced(project, document)
        for name in names:
            changed = copy.deepcopy(document)
            EDITS[name](changed)
            if (report := _synced(project, changed)) is not None:
                assert (report.bump is Bump.NONE) is not bool(report.changes)
                document = changed
            assert sync.check(project) == {}
        back = _synced(project, first)
        assert back
        assert bool(back.changes) is bool(document != first)
        again = _synced(project, first)
        assert again
        assert (again.changes, again.files) == ((), {})
