"""Every generated thing has its reasons: a place in the document, corrections, rules and a template."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from generator import build, lock
from generator.cli import main
from generator.explain import explain
from generator.project import Project
from generator.refusal import Refusal

Explain = Callable[..., str]
OVERLAY = """\
# The server sends null.
overlay: 1.0.0
info: {title: The answer, version: 1.0.0}
actions:
  - {target: $.components.schemas.Answer.properties.seconds, remove: true}
  - target: $.components.schemas.Answer.properties
    description: In milliseconds
    update: {duration: {type: integer}}
  - {target: '$.components.schemas.Answer', update: {example: {}}}
"""
PROVIDERS = {f"p{number}": {"type": "object", "description": str(number)} for number in range(10)}


def fill(project: Project, document: dict[str, Any], chosen: build.Chosen = "configured") -> None:
    """Put a document and the package that follows from it into a project."""
    text = build.part(project, document, "published.yaml", chosen)
    project.document.write_text(text, encoding="utf-8")
    project.generated.mkdir()
    build.generate(project, text, "openapi.yaml", project.package, chosen)
    lock.write(lock.of(project, project.generated, project.document, "page.md", chosen), project.lock)


def schemas(document: dict[str, Any]) -> dict[str, Any]:
    """The schemas of the small document."""
    found: dict[str, Any] = document["components"]["schemas"]
    return found


@pytest.fixture
def rich(published: dict[str, Any]) -> dict[str, Any]:
    """The small document with something for every rule."""
    fields = schemas(published)["Request"]["properties"]
    fields["provider"] = {"type": "object", "properties": {"options": {"$ref": "#/components/schemas/Map"}}}
    fields["class"] = {"type": "object", "properties": {"level": {"type": "integer"}, "class": {"type": "string"}}}
    answer = schemas(published)["Answer"]
    answer["additionalProperties"] = False
    answer["properties"] |= {
        "task": {"type": "string", "enum": ["transcribe"]},
        "version": {"type": "integer", "const": 2},
        "open-ended": {"enum": ["a", "b"]},
        "anything": {"type": "object"},
        "note": {"type": "string", "nullable": True},
        "parts": {"oneOf": [{"$ref": "#/components/schemas/Word"}, {"$ref": "#/components/schemas/Pause"}]},
        "base": {"allOf": [{"$ref": "#/components/schemas/Word"}, {"$ref": "#/components/schemas/Tree"}]},
    }
    schemas(published).update(
        Map={"type": "object", "properties": PROVIDERS},
        Word={"type": "object", "properties": {"kind": {"type": "string", "enum": ["word"]}}},
        Pause={"type": "object", "properties": {"kind": {"type": "string", "enum": ["pause"]}}},
        Tree={"type": "object", "properties": {"below": {"$ref": "#/components/schemas/Tree"}}},
    )
    return published


@pytest.fixture
def explained(project: Project, rich: dict[str, Any]) -> Explain:
    """Explain a name in a project with overlays and an alias."""
    overlays = project.root / "generator" / "overlays"
    overlays.mkdir()
    (overlays / "answer.yaml").write_text(OVERLAY, encoding="utf-8")
    with project.config_file.open("a", encoding="utf-8") as file:
        file.write('\nReply = "Answer"\n')
    fill(project, rich)
    return lambda path: explain(project, path)


ANSWER = "/components/schemas/Answer/properties"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Answer.text", f"`{ANSWER}/text`"),
        ("Answer.duration", "In milliseconds (generator/overlays/answer.yaml, action 2, updates"),
        ("Answer.duration", f"`{ANSWER}`, around /duration, which is not in it"),
        ("Answer", "The answer. The server sends null (generator/overlays/answer.yaml, action 1, removes"),
        ("Answer", "closed in the document"),
        ("Answer", "action 3, updates"),
        ("Answer.task", 'every value of the type is taken; known: "transcribe"'),
        ("Answer.version", "every value of the type is taken; known: 2"),
        ("Answer.anything", "a plain dict, not a class"),
        ("Answer.note", "null among the types"),
        ("Answer.duration", "null is no value of this optional field, and is read as absent"),
        ("Answer.open_ended", "`open-ended` on the wire"),
        ("Answer.open_ended", f"`{ANSWER}/open-ended`"),
        ("AnswerBase.kind", "`/components/schemas/Word/properties/kind`"),
        ("Word.kind", 'always "word"'),
        ("Answer", "Reply is its former name"),
        ("Reply.text", f"`{ANSWER}/text`"),
        ("ErrorResponse", "2 equal schemas, which only failures use, are one class"),
        ("ErrorResponse", "`/components/schemas/OverloadedResponse`"),
        ("OverloadedError", "the class of status 529"),
        ("OverloadedError", "its answer is OverloadedResponse"),
        ("transcribe.language", "`/components/schemas/Request/properties/language`"),
        ("transcribe.model", "`filled` in generator/config.toml"),
        ("transcribe.class_", "`class` on the wire"),
        ("TranscriptionOptionsProvider", "the type of TranscriptionOptions.provider"),
        ("TranscriptionOptionsProvider.options", "10 equal free-form members are one mapping"),
        ("providers.py", "`/components/schemas/Map`"),
        ("transcribe", "`post /audio/transcriptions` is one of the operations"),
        ("DEFAULT_BASE_URL", "`/servers/0/url`"),
        ("lock.json", "the source is page.md, its operations are post /audio/transcriptions"),
        ("openapi.yaml", "generator/published.py"),
        ("py.typed", "generator/render.py"),
        ("client.py", "generator/templates/client.py.jinja, in place of openapi-python-client's"),
        ("options.py", "generator/templates/options.py.jinja\n"),
        ("errors.py", "Holds: APIError, "),
        ("api/stt/__init__.py", "openapi-python-client's own endpoint_init.py.jinja"),
        ("models/__init__.py", "generator/templates/models_init.py.jinja"),
        ("Client.with_headers", "generator/templates/client.py.jinja"),
    ],
)
def test_a_part_is_explained(explained: Explain, name: str, words: str) -> None:
    """The words that tell why."""
    assert words in explained(name)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Anser.text", "nothing generated has this name; did you mean Answer.text"),
        ("zzzzzz", "nothing generated has this name; name a file in generated/"),
    ],
)
def test_an_unknown_name_is_refused(explained: Explain, name: str, words: str) -> None:
    """With the names most like it."""
    with pytest.raises(Refusal, match=words):
        explained(name)


def test_a_name_can_be_given_as_a_path(explained: Explain, project: Project) -> None:
    """As a shell completes it, or as Python imports it."""
    package = project.config.package
    names = ("models.Answer", f"{package}.models.Answer", f"generated/{package}/models/answer.py")
    assert len({explained(name) for name in names[:2]}) == 1
    assert "# Answer" in explained(names[2])


def test_all_operations_are_said(project: Project, rich: dict[str, Any]) -> None:
    """The lock knows what was asked for."""
    fill(project, rich, "all")
    assert "with all of its operations" in explain(project, "lock.json")


def test_there_has_to_be_something_to_explain(project: Project) -> None:
    """Before the first sync there is nothing."""
    with pytest.raises(Refusal, match="run sync first"):
        explain(project, "client.py")


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    """For the repository's own code."""
    assert main(["explain", "STTResponse.text"]) == 0
    assert "/components/schemas/STTResponse/properties/text" in capsys.readouterr().out
