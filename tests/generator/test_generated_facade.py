"""Changes of the API go through the facade with no handwritten line: generated, and then really sent."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from generator.build import generate
from generator.project import ROOT, Project
from generator.refusal import Refusal
from tests.contract import caller

Calls = Callable[..., list[dict[str, Any]]]
TEXT = {"type": "string"}
OPTIONS = {"type": "object", "properties": {"options": {"type": "object", "additionalProperties": {}}}}
CLOSED = {"type": "object", "properties": {"only": {"type": "array", "items": TEXT}}, "additionalProperties": False}
GIVEN: dict[str, Any] = {"options": {"openai": {"a": [1, None]}}}


def ref(name: str) -> dict[str, str]:
    """A reference to a schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def needing(*names: str, **members: Any) -> dict[str, Any]:
    """An object that needs these members; they are text unless told otherwise."""
    return {"type": "object", "required": [*names], "properties": {**dict.fromkeys(names, TEXT), **members}}


@pytest.fixture
def schemas(published: dict[str, Any]) -> dict[str, Any]:
    """The schemas of the small document, to be changed."""
    found: dict[str, Any] = published["components"]["schemas"]
    return found


@pytest.fixture
def operation(published: dict[str, Any]) -> dict[str, Any]:
    """The operation of the small document, to be changed."""
    found: dict[str, Any] = published["paths"]["/audio/transcriptions"]["post"]
    return found


@pytest.fixture
def called(published: dict[str, Any], project: Project, tmp_path: Path) -> Calls:
    """Generate from the changed document, make calls in a process that finds the result first, and return them."""

    def call(*calls: dict[str, Any], answers: tuple[Any, ...] = ()) -> list[dict[str, Any]]:
        generate(project, json.dumps(published), "p.yaml", tmp_path / "first" / "openrouter_stt_api")
        path = os.pathsep.join(map(str, [tmp_path / "first", ROOT / "src", ROOT / "plugins", ROOT]))
        done = subprocess.run(
            [sys.executable, "-m", caller.__name__],
            input=json.dumps({"calls": calls, "answers": answers}),
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            check=True,
            text=True,
        )
        results: list[dict[str, Any]] = json.loads(done.stdout)
        return results

    return call


def test_renamed_schemas_operation_and_tag(
    published: dict[str, Any], schemas: dict[str, Any], operation: dict[str, Any], called: Calls
) -> None:
    """Even names that the modules around them import for themselves."""
    operation |= {"operationId": "some.thing-else", "tags": ["Brand New"]}
    schemas["Mapping"], schemas["Any"] = schemas.pop("Request"), schemas.pop("Answer")
    operation["requestBody"]["content"]["application/json"]["schema"] = ref("Mapping")
    operation["responses"]["200"]["content"]["application/json"]["schema"] = ref("Any")
    (result,) = called({"language": "en"})
    assert (result["text"], result["sent"]) == ("hello", {"model": "m", "language": "en"})
    assert result["kind"] == "AnyModel"


@pytest.mark.parametrize("key", ["oneOf", "anyOf"])
@pytest.mark.parametrize(
    "alternatives", [[TEXT, CLOSED, OPTIONS], [OPTIONS, CLOSED, TEXT], [CLOSED, {"type": "null"}, OPTIONS]]
)
def test_an_option_that_becomes_a_union(
    schemas: dict[str, Any], called: Calls, key: str, alternatives: list[Any]
) -> None:
    """It takes what it took, whole, in whichever order the alternatives stand; and what it takes now."""
    schemas["Request"]["properties"]["provider"] = {key: alternatives}
    given = [GIVEN, {"only": ["a"]}, *(["b"] if TEXT in alternatives else [])]
    results = called(*({"provider": value} for value in given))
    assert [result["sent"]["provider"] for result in results] == given


@pytest.mark.parametrize("alternatives", [["Url", "Audio"], ["Audio", "Url"]])
def test_audio_that_becomes_a_union(schemas: dict[str, Any], called: Calls, alternatives: list[str]) -> None:
    """It is still sent as base64, a discriminator or not."""
    schemas["Audio"] = schemas["Request"]["properties"]["input_audio"]
    schemas["Url"] = needing("url")
    schemas["Request"]["properties"]["input_audio"] = {
        "oneOf": [*map(ref, alternatives)],
        "discriminator": {"propertyName": "format"},
    }
    assert called({})[0]["audio"]


def test_a_request_that_becomes_a_union(schemas: dict[str, Any], called: Calls) -> None:
    """What only the other alternative takes is no option, as the facade cannot give what that needs."""
    schemas["ByAudio"] = schemas.pop("Request")
    schemas["ByUrl"] = needing("model", "url", retries=TEXT)
    schemas["Request"] = {"anyOf": [ref("ByUrl"), ref("ByAudio")]}
    good, bad = called({"language": "en"}, {"retries": "3"})
    assert (good["sent"], good["audio"]) == ({"model": "m", "language": "en"}, True)
    assert "no option 'retries'" in bad["error"]


def test_a_request_in_parts(schemas: dict[str, Any], called: Calls) -> None:
    """Fields that come by way of `allOf` are options as well."""
    schemas["Base"] = schemas.pop("Request")
    schemas["Request"] = {"allOf": [ref("Base"), {"type": "object", "properties": {"prompt": TEXT}}]}
    (result,) = called({"prompt": "Ada", "language": "en"})
    assert result["sent"] == {"model": "m", "prompt": "Ada", "language": "en"}


@pytest.mark.parametrize("names", [["Answer", "Verbose"], ["Verbose", "Answer"]])
def test_an_answer_that_becomes_a_union(
    schemas: dict[str, Any], operation: dict[str, Any], called: Calls, names: list[str]
) -> None:
    """Each answer has the class that it fits best, and nothing of it is lost."""
    segments = {"type": "array", "items": needing("word")}
    schemas["Verbose"] = needing("text", "segments", segments=segments, words=segments)
    operation["responses"]["200"]["content"]["application/json"]["schema"] = {"oneOf": [*map(ref, names)]}
    verbose = {"text": "a", "segments": [{"word": "x"}], "new": 1}
    answers = (verbose, {"text": "b", "seconds": 2}, {**verbose, "words": 3})
    results = called({}, {}, {}, answers=answers)
    assert [result["kind"] for result in results] == ["Verbose", "Answer", "Answer"]
    assert tuple(result["response"] for result in results) == answers


def test_an_answer_that_may_be_plain_text(operation: dict[str, Any], called: Calls) -> None:
    """The object that it also may be is read as before."""
    operation["responses"]["200"]["content"]["application/json"]["schema"] = {"oneOf": [ref("Answer"), TEXT]}
    (result,) = called({}, answers=({"text": "a", "seconds": 2},))
    assert (result["kind"], result["text"]) == ("Answer", "a")


def test_new_fields_of_an_answer(schemas: dict[str, Any], called: Calls) -> None:
    """A newly required one that the server does not send costs the response, and never the text."""
    schemas["Answer"]["properties"]["segments"] = {"type": "array", "items": needing("word")}
    schemas["Answer"]["required"].append("task")
    schemas["Answer"]["properties"]["task"] = {"type": "string", "const": "transcribe"}
    whole = {"text": "a", "task": "translate", "segments": [{"word": "x"}]}
    good, bad = called({}, {}, answers=(whole, {"text": "b"}))
    assert (good["response"], good["kinds"]["segments"]) == (whole, "list")
    assert (bad["text"], bad["response"]) == ("b", None)


@pytest.mark.parametrize(
    ("sent", "kind"),
    [({"type": "duration", "seconds": 1}, "AnswerUsageType1"), ({"type": "new"}, "dict"), ({"type": "tokens"}, "?")],
)
def test_a_usage_that_becomes_a_union(schemas: dict[str, Any], called: Calls, sent: dict[str, Any], kind: str) -> None:
    """Its tag tells the alternatives apart; one that the document does not know is kept as it came."""
    kinds = [
        needing("type", type={**TEXT, "enum": [tag]}, seconds={"type": "number"}) for tag in ("tokens", "duration")
    ]
    schemas["Answer"]["properties"]["usage"] = {"oneOf": kinds, "discriminator": {"propertyName": "type"}}
    (result,) = called({}, answers=({"text": "a", "usage": sent},))
    assert result["response"] == {"text": "a", "usage": sent}
    assert result["kinds"]["usage"] == {"?": "AnswerUsageType0"}.get(kind, kind)


KINDS: dict[str, tuple[dict[str, Any], Any]] = {
    "text": (TEXT, "x"),
    "count": ({"type": "integer", "default": 2}, 3),
    "rate": ({"type": "number", "format": "double"}, 0.5),
    "flag": ({"type": "boolean", "default": True}, False),
    "level": ({"type": "string", "enum": ["low", "high"], "default": "low"}, "high"),
    "words[]": ({"type": "array", "items": TEXT}, ["a", "b"]),
    "nested": (needing("a", b=needing("c")), {"a": "1", "b": {"c": "2", "new": None}}),
    "nullable": ({"anyOf": [TEXT, {"type": "null"}]}, "y"),
    "free": ({"type": "object", "additionalProperties": True}, {"k": [{"v": None}]}),
    "class": ({"$ref": "#/components/schemas/Shared"}, {"only": ["z"]}),
    "time-zone": ({"allOf": [ref("Shared")]}, {"only": []}),
    "timeout": ({"type": "number"}, 1.5),
    "from": ({"type": "string", "format": "date-time"}, "2026-01-02T03:04:05+00:00"),
    "anything": ({}, [1, {"a": None}]),
    "größe": (TEXT, "ä"),
    "2x": (TEXT, "two"),
}


def test_new_fields_of_a_request_of_every_kind(schemas: dict[str, Any], called: Calls) -> None:
    """Each is a keyword argument, whatever its name, and is sent as it was given."""
    schemas["Shared"] = CLOSED
    schemas["Request"]["properties"] |= {name: schema for name, (schema, _) in KINDS.items()}
    names = {"words[]": "words", "class": "class_", "time-zone": "time_zone", "timeout": "timeout_"}
    names |= {"from": "from_", "2x": "field_2x"}
    given = {names.get(name, name): value for name, (_, value) in KINDS.items()}
    (result,) = called(given)
    assert result["sent"] == {"model": "m", **{name: value for name, (_, value) in KINDS.items()}}


OTHER_TYPES = ["multipart/form-data", "application/x-www-form-urlencoded", "application/octet-stream", "audio/*"]


@pytest.mark.parametrize("other", OTHER_TYPES)
@pytest.mark.parametrize("schema", [{"schema": ref("Request")}, {}], ids=["same schema", "no schema"])
def test_a_second_media_type_does_not_change_what_is_sent(
    operation: dict[str, Any], called: Calls, other: str, schema: dict[str, Any]
) -> None:
    """Even where it stands first; what cannot be generated at all is left out."""
    if other == "application/octet-stream" and schema:
        schema = {"schema": {"type": "string", "format": "binary"}}
    body = operation["requestBody"]
    body["content"] = {other: schema, **body["content"]}
    (result,) = called({"language": "en"})
    assert (result["sent"], result["media_type"]) == ({"model": "m", "language": "en"}, "application/json")


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/vnd.x+json"])
def test_json_under_another_name(operation: dict[str, Any], called: Calls, kind: str) -> None:
    """It is sent under the name that the API gives it."""
    for body in (operation["requestBody"], operation["responses"]["200"]):
        body["content"] = {"text/plain": {"schema": TEXT}, kind: body["content"]["application/json"]}
    (result,) = called({"language": "en"})
    assert (result["media_type"], result["kind"]) == (kind, "Answer")


def test_a_request_without_json_is_refused(
    published: dict[str, Any], operation: dict[str, Any], project: Project
) -> None:
    """The facade would send what the API no longer takes."""
    content = operation["requestBody"]["content"]
    content["multipart/form-data"] = content.pop("application/json")
    with pytest.raises(Refusal, match="the request is not JSON"):
        generate(project, json.dumps(published), "p.yaml", project.package)


def test_an_answer_without_json_is_refused(
    published: dict[str, Any], operation: dict[str, Any], project: Project
) -> None:
    """The facade would read no text."""
    operation["responses"]["200"] = {"description": "Done"}
    with pytest.raises(Refusal, match="request and answer have to be JSON"):
        generate(project, json.dumps(published), "p.yaml", project.package)
