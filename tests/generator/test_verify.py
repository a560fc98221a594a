"""A generated package is tried before it is used: each fault is put into a real one."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from generator.build import generate
from generator.document import parse_openapi
from generator.normalise import normalise
from generator.project import ROOT, Project
from generator.refusal import Refusal
from generator.shake import shake
from generator.verify import verify
from generator.verify.examples import examples, sample
from generator.verify.interpreter import interpreter
from tests.generator.conftest import PUBLISHED

OPERATION = "post /audio/transcriptions"
ANSWER = {"text": "hello", "seconds": 1.5}
REQUEST = {"model": "m", "input_audio": {"data": "UklG"}}
Verify = Callable[[dict[str, Any]], tuple[str, ...]]


def meaning(document: dict[str, Any]) -> dict[str, Any]:
    """What a package is verified against."""
    return normalise(shake(document, (OPERATION,)))


def schemas(document: dict[str, Any]) -> dict[str, Any]:
    """The named schemas of a document."""
    found: dict[str, Any] = document["components"]["schemas"]
    return found


def with_examples() -> dict[str, Any]:
    """The small document with an example of its request and its answer."""
    document = parse_openapi(PUBLISHED, "published.yaml")
    schemas(document)["Answer"]["example"] = ANSWER
    schemas(document)["Request"]["example"] = REQUEST
    return document


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of `with_examples`, made once."""
    root = tmp_path_factory.mktemp("made")
    (root / "generator").mkdir()
    shutil.copy(ROOT / "generator" / "config.toml", root / "generator")
    project = Project(root)
    generate(project, json.dumps(with_examples()), "published.yaml", project.package)
    return project.package


@pytest.fixture
def package(made: Path, tmp_path: Path) -> Path:
    """A copy of `made` to be damaged."""
    return Path(shutil.copytree(made, tmp_path / "new" / made.name))


@pytest.fixture
def verified(project: Project) -> Verify:
    """Generate from a document and verify the result."""

    def run(document: dict[str, Any]) -> tuple[str, ...]:
        made = generate(project, json.dumps(document), "published.yaml", project.package)
        return verify(project.package, made.meant, made.operations)

    return run


def damage(package: Path, file: str, old: str, new: str) -> None:
    """Replace a piece of a generated file, which must be there."""
    path = package / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_right_package_is_taken(package: Path) -> None:
    """Nothing is noted, and nothing is left in the tree, compiled modules included."""
    before = sorted(package.rglob("*"))
    assert verify(package, meaning(with_examples()), (OPERATION,)) == ()
    assert sorted(package.rglob("*")) == before


ENDPOINT = "api/stt/transcribe.py"
ANSWERS, REQUESTS = "models/answer.py", "models/request.py"
DAMAGES = {
    "syntax": ("types.py", "class File:", "class File", r"types.py:\d+:\d+: "),
    "undefined name": (ANSWERS, "dict(src_", "dct(src_", r"models/answer.py:\d+.*`dct`"),
    "defined twice": ("errors.py", "def error_class", "def error_class(): ...\n\n\ndef error_class", "errors.py.*F811"),
    "unused import": ("types.py", "from attrs import define", "from attrs import define, field", r"types.py:\d+.*F401"),
    "foreign module": (
        "client.py",
        "return dict(",
        "import yaml.x\n\n        return yaml.x(",
        r"py:\d+: imports yaml.x, w",
    ),
    "foreign name": (
        ANSWERS,
        "text = fields_",
        "from rich import x\n\n        text = x",
        r"answer.py:\d+: imports rich, w",
    ),
    "missing module": (
        "client.py",
        "from . import D",
        "from .no import D",
        r"client.py:\d+: cannot be imported: Modul",
    ),
    "error": ("errors.py", "    529: ", '    1 + "x": ', r"errors.py:\d+: cannot be imported: TypeError"),
    "warning": (
        "errors.py",
        "class APIError",
        "eval('1 is 1')\n\n\nclass APIError",
        r"errors.py:\d+: .* literal",
    ),
    "public name": ("models/__init__.py", '"Answer": "answer"', '"Answer": "gone"', r"models/__init__.py:\d+:.*\.gone"),
    "operation gone": (ENDPOINT, '"url": "/audio', '"url": "/video', f"no module has .* for {OPERATION}"),
    "half an operation": (ENDPOINT, "async def asyncio(", "async def other(", f"no module has .* for {OPERATION}"),
    "status": ("errors.py", "    529: ", "    530: ", "ERRORS: status 529 has no class OverloadedError"),
    "status's class": ("errors.py", "400: BadRequestError", "400: APIError", "status 400 has no class BadRequestError"),
    "lost field": (
        ANSWERS,
        '["seconds"] = ',
        '["minutes"] = ',
        "py: #/components/schemas/Answer/example: seconds: was lost",
    ),
    "added field": (ANSWERS, "return fields_", 'return {**fields_, "x": 1}', "Answer/example: x: appeared"),
    "changed value": (ANSWERS, '["text"] = self.text', '["text"] = "t"', "text: 'hello' became 't'"),
    "unreadable": (REQUESTS, 'pop("model")', 'pop("modal")', r"Request/example: .*KeyError\('modal'\)"),
    "unequal": (ANSWERS, "@_attrs_define(kw_only=True)", "@_attrs_define(eq=False)", "is read as another object"),
    "no answer": (
        ENDPOINT,
        "if status == 200:\n        r",
        "if status == 201:\n        r",
        "the whole: .* became None",
    ),
    "end": ("types.py", "T = TypeVar", "raise SystemExit(3)\nT = TypeVar", "ended: exit status 3"),
}


@pytest.mark.parametrize(("file", "old", "new", "words"), DAMAGES.values(), ids=DAMAGES)
def test_a_wrong_package_is_refused(package: Path, file: str, old: str, new: str, words: str) -> None:
    """File and place are named, in one line."""
    damage(package, file, old, new)
    with pytest.raises(Refusal, match=words) as refused:
        verify(package, meaning(with_examples()), (OPERATION,))
    assert "\n" not in str(refused.value)


def test_a_module_that_fails_is_told_once(package: Path) -> None:
    """However many others import it."""
    damage(package, "errors.py", "class APIError", 'int("x")\n\n\nclass APIError')
    with pytest.raises(Refusal) as refused:
        verify(package, meaning(with_examples()), (OPERATION,))
    assert str(refused.value).count("cannot be imported") == 1


def test_many_faults_are_counted(package: Path) -> None:
    """Three are told."""
    damage(package, "errors.py", "    400: ", "    401: ")
    damage(package, "errors.py", "    529: ", "    530: ")
    damage(package, ANSWERS, '["seconds"] = ', '["minutes"] = ')
    damage(package, REQUESTS, 'pop("model")', 'pop("modal")')
    with pytest.raises(Refusal, match=r"status 400 .*; .*status 529 .*; .*; and 1 more; correct"):
        verify(package, meaning(with_examples()), (OPERATION,))


FORMS: dict[str, tuple[Any, Any]] = {
    "moment": ({"type": "string", "format": "date-time"}, "2026-01-02T03:04:05Z"),
    "uuid": ({"type": "string", "format": "uuid"}, "C56A4180-65AA-42EC-A945-5FD21DEC0538"),
    "list": ({"type": "array", "items": {"type": "object", "properties": {"x": {"type": "integer"}}}}, [{"x": 1}]),
    "union": ({"anyOf": [{"type": "object", "properties": {"x": {}}}, {"type": "null"}]}, None),
    "absent": ({"type": "object", "properties": {"x": {"type": "string"}}}, {"x": None}),
    "map": ({"type": "object", "additionalProperties": {"type": "object", "properties": {"x": {}}}}, {"a": {"x": 1}}),
}


@pytest.mark.parametrize(("schema", "example"), FORMS.values(), ids=FORMS)
def test_every_form_of_example_passes(
    published: dict[str, Any], verified: Verify, schema: dict[str, Any], example: Any
) -> None:
    """The same moment in other digits, and null for an absent field, are no loss; in requests and answers."""
    for name in ("Answer", "Request"):
        schemas(published)[name]["properties"]["part"] = {**schema, "examples": [example]}
    assert verified(published) == ()


def test_a_range_without_a_status_of_its_own_is_not_tried(published: dict[str, Any]) -> None:
    """Where each status has its answer, none comes as the range's."""
    document = meaning(published)
    [item] = document["paths"].values()
    answer = {"description": "d", "content": {"application/json": {"schema": {"type": "object"}, "example": {}}}}
    item["post"]["responses"] = {"4XX": answer, **{str(status): answer for status in range(400, 500)}}
    cases, _ = examples(document)
    assert sorted(case.status for case in cases if case.status) == list(range(400, 500))


@pytest.mark.parametrize("key", ["2XX", "4XX", "default"])
def test_ranges_of_statuses_are_tried(published: dict[str, Any], verified: Verify, key: str) -> None:
    """With a status that has no answer of its own."""
    more = {"description": "d", "content": {"application/json": {"schema": {"type": "object"}, "example": {"a": 1}}}}
    published["paths"]["/audio/transcriptions"]["post"]["responses"][key] = more
    cases, _ = examples(meaning(published))
    assert [case.status for case in cases] == [{"2XX": 299, "4XX": 499, "default": 499}[key]]
    assert verified(published) == ()


@pytest.mark.parametrize(
    "content",
    [
        {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}}},
        {"schema": {"oneOf": [{"$ref": "#/components/schemas/Item"}, {"$ref": "#/components/schemas/Answer"}]}},
    ],
)
def test_lists_and_unions_are_read(published: dict[str, Any], verified: Verify, content: dict[str, Any]) -> None:
    """Whatever generated code makes of it is written back."""
    schemas(published)["Item"] = {"type": "object", "required": ["x"], "properties": {"x": {"type": "integer"}}}
    schemas(published)["Item"]["example"] = {"x": 1}
    published["paths"]["/audio/transcriptions"]["post"]["responses"]["400"]["content"]["application/json"] = content
    assert [case.status for case in examples(meaning(published))[0]] == [400]
    assert verified(published) == ()


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "items": {"$ref": "#/components/schemas/Item"}},
        {"oneOf": [{"$ref": "#/components/schemas/Strict"}, {"$ref": "#/components/schemas/Item"}]},
    ],
)
def test_lists_and_unions_are_requests(published: dict[str, Any], project: Project, schema: dict[str, Any]) -> None:
    """Of several classes that a body may have, one that keeps the example is enough."""
    item: dict[str, Any] = {"type": "object", "properties": {"x": {"type": "integer", "example": 1}}}
    strict = {"type": "object", "required": ["z"], "properties": {"z": {"type": "string"}}}
    schemas(published).update(Item=item, Strict=strict)
    body = {"content": {"application/json": {"schema": schema}}}
    published["paths"]["/other"] = {"post": {"requestBody": body, "responses": {"200": {"description": "d"}}}}
    made = generate(project, json.dumps(published), "published.yaml", project.package, "all")
    assert [case.status for case in examples(made.meant)[0]] == [None]
    assert verify(project.package, made.meant, made.operations) == ()


def place_and_words(document: dict[str, Any]) -> str:
    """The only note on a document's examples."""
    (note,) = examples(meaning(document))[1]
    return note


CONTRADICTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "type": ({"type": "integer", "example": "1"}, "part: '1' is not of type 'integer'"),
    "pattern": ({"type": "string", "pattern": r"\p{L}", "example": "x"}, "has a pattern that Python cannot read: bad"),
    "null in a list": (
        {"type": "array", "items": {"type": "string"}, "example": [None]},
        "part.0: None is not of type",
    ),
}


@pytest.mark.parametrize(("schema", "words"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_a_contradicting_example_is_noted(published: dict[str, Any], schema: dict[str, Any], words: str) -> None:
    """The document is at fault, so the package is not refused for it."""
    schemas(published)["Answer"]["properties"]["part"] = schema
    note = place_and_words(published)
    assert note.startswith("#/components/schemas/Answer/properties/part/example: not tried: it")
    assert words in note


def test_examples_of_a_media_type_have_names(published: dict[str, Any]) -> None:
    """They may stand among the components; those that stand elsewhere on the net are not fetched."""
    several = {
        "a/b": {"value": {"text": "a"}},
        "shared": {"$ref": "#/components/examples/Shared"},
        "gone": {"$ref": "#/components/examples/Gone"},
        "remote": {"externalValue": "https://api.test/example.json"},
    }
    answer = published["paths"]["/audio/transcriptions"]["post"]["responses"]["200"]
    answer["content"]["application/json"]["examples"] = several
    answer["content"]["text/plain"] = {"schema": {"type": "string"}, "example": "no JSON"}
    document = meaning(published)
    document["components"]["examples"] = {"Shared": {"value": {"text": "b"}}}
    cases, notes = examples(document)
    assert [(case.place.rpartition("/")[2], case.value["text"]) for case in cases] == [("a~1b", "a"), ("shared", "b")]
    assert [note.partition("examples/")[2] for note in notes] == [
        "gone: not tried: #/components/examples/Gone: refers to nothing in the document"
    ]


def test_a_shared_example_is_tried_once(published: dict[str, Any]) -> None:
    """Within the first whole one that has it; schemas that contain themselves end."""
    schemas(published)["Tree"] = {"type": "object", "properties": {"parts": {"$ref": "#/components/schemas/Tree"}}}
    schemas(published)["Tree"]["properties"]["name"] = {"type": "string", "example": "oak"}
    for part in ("first", "second"):
        schemas(published)["Answer"]["properties"][part] = {"$ref": "#/components/schemas/Tree"}
    (case,), _ = examples(meaning(published))
    assert case.value == {"text": "text", "first": {"name": "oak"}}


def test_the_member_of_a_map_gets_a_name(published: dict[str, Any]) -> None:
    """An example of the members of an open mapping stands in one of them."""
    members = {"type": "string", "example": "v"}
    schemas(published)["Answer"]["properties"]["map"] = {"type": "object", "additionalProperties": members}
    (case,), _ = examples(meaning(published))
    assert case.value == {"text": "text", "map": {"name": "v"}}


SAMPLES: dict[str, tuple[Any, Any]] = {
    "everything": (True, None),
    "example": ({"type": "string", "example": "x"}, "x"),
    "first value": ({"enum": ["a", "b"]}, "a"),
    "constant": ({"const": 1}, 1),
    "first alternative": ({"oneOf": [{"type": "integer"}, {"type": "string"}]}, 1),
    "first type": ({"type": ["boolean", "null"]}, True),
    "nothing stated": ({}, None),
    "what is required": ({"properties": {"a": {"type": "array"}, "b": {}}, "required": ["a"]}, {"a": []}),
    "all parts": ({"allOf": [{"required": ["a"], "properties": {"a": {"type": "number"}}}, True]}, {"a": 1.5}),
    "itself": ({"$ref": "#/components/schemas/Loop"}, {"loop": None}),
}


@pytest.mark.parametrize(("schema", "value"), SAMPLES.values(), ids=SAMPLES)
def test_a_sample_is_small(schema: Any, value: Any) -> None:
    """What an example of a part is put into."""
    loop = {"type": "object", "required": ["loop"], "properties": {"loop": {"$ref": "#/components/schemas/Loop"}}}
    assert sample({"components": {"schemas": {"Loop": loop}}}, schema) == value


@pytest.fixture
def newest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Put a program named python3.99 on PATH, and return its path."""

    def install(script: str) -> str:
        path = tmp_path / "python3.99"
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
        return str(path)

    return install


def test_the_oldest_python_is_looked_for(newest: Callable[[str], str]) -> None:
    """It is taken when it has what generated code needs."""
    path = newest(f'exec "{sys.executable}" "$@"')
    assert interpreter((3, 99)) == (path, ())


def test_a_python_without_dependencies_is_not_taken(newest: Callable[[str], str]) -> None:
    """The running one is, and that is said."""
    newest("exit 127")
    python, (note,) = interpreter((3, 99))
    assert python == sys.executable
    assert note.endswith("no python3.99 with attrs and httpx is on PATH")


def test_the_running_python_may_be_the_oldest() -> None:
    """Then nothing is looked for."""
    assert interpreter(sys.version_info[:2]) == (sys.executable, ())
