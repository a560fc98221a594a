"""What a change of the document does to Python code that uses the generated package."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from generator.build import generate
from generator.changes import Bump, Change
from generator.document import parse_openapi
from generator.project import ROOT, Project
from generator.python_api import breaks
from tests.generator.conftest import PUBLISHED

Edit = Callable[[dict[str, Any]], object]
Changed = Callable[[Edit], tuple[list[Change], list[Change]]]
POST = ("paths", "/audio/transcriptions", "post")
SCHEMAS = ("components", "schemas")


def published() -> dict[str, Any]:
    """The small document, with an option that is an object."""
    document = parse_openapi(PUBLISHED, "published.yaml")
    part(document, *SCHEMAS, "Request", "properties")["hints"] = {
        "type": "object",
        "properties": {"words": {"type": "array", "items": {"type": "string"}}, "boost": {"type": "number"}},
    }
    return document


def part(document: dict[str, Any], *keys: str) -> dict[str, Any]:
    """What stands at a place of a document."""
    for key in keys:
        document = document[key]
    return document


def put(*keys: str, value: Any) -> Edit:
    """An edit that puts a value at a place."""
    return lambda document: part(document, *keys[:-1]).update({keys[-1]: copy.deepcopy(value)})


def both(*edits: Edit) -> Edit:
    """Several edits as one."""
    return lambda document: [edit(document) for edit in edits]


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Edit], Path]:
    """Generate the package of an edited document."""

    def run(edit: Edit) -> Path:
        root = tmp_path_factory.mktemp("project")
        (root / "generator").mkdir()
        shutil.copy(ROOT / "generator" / "config.toml", root / "generator")
        project, document = Project(root), published()
        edit(document)
        generate(project, json.dumps(document), "published.yaml", project.package)
        return project.package

    return run


@pytest.fixture(scope="module")
def base(make: Callable[[Edit], Path]) -> Path:
    """The package of the document as it is."""
    return make(lambda document: None)


@pytest.fixture
def changed(base: Path, make: Callable[[Edit], Path]) -> Changed:
    """Return the changes of an edit, forward and backward."""

    def run(edit: Edit) -> tuple[list[Change], list[Change]]:
        new = make(edit)
        return breaks(base, new), breaks(new, base)

    return run


def told(changes: list[Change]) -> list[tuple[str, Bump, tuple[str, ...]]]:
    """What a test compares: rules, bumps, and places without the package's name."""
    names = [tuple(place.partition(".")[2] for place in change.places) for change in changes]
    return [
        (change.rule.removeprefix("python-"), change.bump, found) for change, found in zip(changes, names, strict=True)
    ]


ITEM = {"type": "object", "properties": {"x": {"type": "string"}}}
RESULT = {"$ref": "#/components/schemas/Result"}
RENAMED = both(
    lambda document: part(document, *SCHEMAS).update(Result=part(document, *SCHEMAS).pop("Answer")),
    put(
        *POST, "responses", "200", "content", "application/json", "schema", "$ref", value="#/components/schemas/Result"
    ),
)
HINTS = ("models.RequestHints", "options.TranscriptionOptionsHints")
REMOVED, ADDED = ("object-removed", Bump.MAJOR), ("object-added", Bump.MINOR)
REQUIRED = ("parameter-changed-required", Bump.MAJOR)
Rows = list[tuple[str, Bump, tuple[str, ...]]]
EDITS: dict[str, tuple[Edit, Rows, Rows]] = {
    "words": (put("info", "title", value="Other"), [], []),
    "a default": (put(*SCHEMAS, "Request", "properties", "language", "default", value="en"), [], []),
    "a wider type": (put(*SCHEMAS, "Request", "properties", "language", "type", value=["string", "null"]), [], []),
    "a field": (
        put(*SCHEMAS, "Answer", "properties", "words", value={"type": "string"}),
        [(*ADDED, ("models.Answer.words",))],
        [(*REMOVED, ("models.Answer.words",))],
    ),
    "a class": (
        put(*SCHEMAS, "Answer", "properties", "item", value=ITEM),
        [(*ADDED, ("models.Answer.item", "models.AnswerItem"))],
        [(*REMOVED, ("models.Answer.item", "models.AnswerItem"))],
    ),
    "an option": (
        put(*SCHEMAS, "Request", "properties", "speed", value={"type": "number"}),
        [(*ADDED, ("models.Request.speed", "options.TranscriptionOptions.speed"))],
        [(*REMOVED, ("models.Request.speed", "options.TranscriptionOptions.speed"))],
    ),
    "a status": (
        put(*POST, "responses", "410", value={"description": "Gone"}),
        [(*ADDED, ("errors.GoneError",))],
        [(*REMOVED, ("errors.GoneError",))],
    ),
    "required": (
        put(*SCHEMAS, "Request", "properties", "hints", "required", value=["boost"]),
        [(*REQUIRED, HINTS)],
        [],
    ),
    "an operation's name": (
        put(*POST, "operationId", value="write"),
        [(*REMOVED, ("api.stt.transcribe",)), (*ADDED, ("api.stt.write",))],
        [(*REMOVED, ("api.stt.write",)), (*ADDED, ("api.stt.transcribe",))],
    ),
    "a schema's name": (
        RENAMED,
        [(*REMOVED, ("models.Answer",)), (*ADDED, ("models.Result",))],
        [(*REMOVED, ("models.Result",)), (*ADDED, ("models.Answer",))],
    ),
}


@pytest.mark.parametrize(("edit", "forward", "backward"), EDITS.values(), ids=EDITS)
def test_a_change_of_the_document_is_told(changed: Changed, edit: Edit, forward: Rows, backward: Rows) -> None:
    """One cause is one row: a class without its members, what is equal in several places together."""
    found = changed(edit)
    assert (told(found[0]), told(found[1])) == (forward, backward)


ENDPOINT = tuple(f"api.stt.transcribe.{name}" for name in ("asyncio", "asyncio_detailed", "sync", "sync_detailed"))
TEXTS: dict[str, tuple[str, str, str, str, tuple[str, ...]]] = {
    "new parameter": (
        "api/stt/transcribe.py",
        "client: AuthenticatedClient,",
        "client: AuthenticatedClient,\n    tier: str,",
        "`api.stt.transcribe.asyncio`, `api.stt.transcribe.asyncio_detailed`, `api.stt.transcribe.sync` and "
        "`api.stt.transcribe.sync_detailed` newly require `tier`",
        ENDPOINT,
    ),
    "parameter gone": (
        "client.py",
        "def with_headers(self, headers: Mapping[str, str])",
        "def with_headers(self)",
        "`client.Client.with_headers` no longer takes `headers`",
        ("client.Client.with_headers",),
    ),
    "no default": (
        "client.py",
        "field(factory=dict[str, str], repr=False)",
        "field(repr=False)",
        "`client.Client` newly requires `headers`, which was optional",
        ("client.Client",),
    ),
    "new field": (
        "models/answer.py",
        "    text: str\n",
        "    text: str\n    words: str\n    number: int = _attrs_field(init=False)\n",
        "`models.Answer` newly requires `words`",
        ("models.Answer",),
    ),
    "other class": (
        "models/request.py",
        "hints: RequestHints | Unset = UNSET",
        "hints: RequestInputAudio | Unset = UNSET",
        "`models.Request.hints` is no longer `RequestHints`",
        ("models.Request.hints",),
    ),
    "inherited": (
        "errors.py",
        "self.request_id = request_id",
        "pass",
        "`errors.STTError.request_id` was removed",
        ("errors.STTError.request_id",),
    ),
    "many": (
        "errors.py",
        "class ",
        "class _",
        "`errors.APIError`, `errors.APIStatusError`, `errors.BadRequestError` and 2 more were removed",
        tuple(f"errors.{name}Error" for name in ("API", "APIStatus", "BadRequest", "Overloaded", "STT")),
    ),
}


@pytest.mark.parametrize(("file", "old", "new", "words", "places"), TEXTS.values(), ids=TEXTS)
def test_a_change_of_the_templates_is_told(
    base: Path, tmp_path: Path, file: str, old: str, new: str, words: str, places: tuple[str, ...]
) -> None:
    """In the words of a release note."""
    package = Path(shutil.copytree(base, tmp_path / base.name))
    text = (package / file).read_text(encoding="utf-8")
    assert old in text
    (package / file).write_text(text.replace(old, new), encoding="utf-8")
    change = breaks(base, package)[0]
    assert (change.words, change.bump) == (f"{words}.", Bump.MAJOR)
    assert change.places == tuple(f"openrouter_stt_api.{place}" for place in places)


def test_an_alias_keeps_a_name(base: Path, tmp_path: Path, make: Callable[[Edit], Path]) -> None:
    """A class that moved to another module is where it was when `models` has its old name."""
    package = Path(shutil.copytree(make(RENAMED), tmp_path / base.name))
    models = package / "models" / "__init__.py"
    text = models.read_text(encoding="utf-8").replace("__all__ = [", '__all__ = [\n    "Answer",')
    text = text.replace("import Result\n", "import Result\n    from .result import Result as Answer\n")
    models.write_text(text, encoding="utf-8")
    assert told(breaks(base, package)) == [(*ADDED, ("models.Result",))]


def test_nothing_is_told_of_a_first_package(base: Path, tmp_path: Path) -> None:
    """There is nothing that it could break."""
    assert breaks(tmp_path / "absent", base) == []


@pytest.mark.parametrize("file", ["__init__.py", "errors.py"])
def test_a_broken_package_does_not_raise(base: Path, tmp_path: Path, file: str) -> None:
    """What cannot be read has no names."""
    package = Path(shutil.copytree(base, tmp_path / base.name))
    (package / file).write_text("def (", encoding="utf-8")
    assert not any(change.breaking for change in breaks(package, base))
