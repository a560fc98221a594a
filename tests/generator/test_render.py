"""What is generated from documents with traps in them."""

from __future__ import annotations

import ast
import importlib
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from generator import render, tree
from generator.build import Project, generate
from generator.config import require_tools
from generator.filters import docstring
from generator.refusal import Refusal

Generate = Callable[[dict[str, Any], str], ModuleType]
FILE = {
    "type": "object",
    "required": ["file"],
    "properties": {"file": {"type": "string", "format": "binary"}, "language": {"type": "string"}},
    "additionalProperties": {"type": "string"},
}


def operation(document: dict[str, Any]) -> dict[str, Any]:
    """The operation of the small document."""
    found: dict[str, Any] = document["paths"]["/audio/transcriptions"]["post"]
    return found


def answer(document: dict[str, Any]) -> dict[str, Any]:
    """The properties of the answer."""
    found: dict[str, Any] = document["components"]["schemas"]["Answer"]["properties"]
    return found


@pytest.mark.parametrize("name", ["d", "fields_", "self", "str", "class", "src_dict", "name_", "UNSET", "2a"])
def test_any_ordinary_property_name_works(published: dict[str, Any], generated: Generate, name: str) -> None:
    """Names that the stock templates use for their own variables survive a round trip."""
    answer(published)[name] = {"type": "object", "properties": {"x": {"type": "string"}}}
    model = generated(published, "models.answer").Answer
    fields = {"text": "t", name: {"x": "y"}, "extra": 1}
    assert model.from_dict(fields).to_dict() == fields


@pytest.mark.parametrize("name", ["to_dict", "from_dict", "additional_properties", "cast"])
def test_a_property_that_would_break_the_class_is_refused(
    published: dict[str, Any], project: Project, name: str
) -> None:
    """The class and the attribute are named."""
    answer(published)[name] = {"type": "string"}
    with pytest.raises(Refusal, match=f"Answer.{name} cannot be an attribute"):
        generate(project, json.dumps(published), "p.yaml", project.package)


def test_colliding_modules_are_refused(published: dict[str, Any], project: Project) -> None:
    """The stock tool writes one over the other, and says nothing."""
    for name in ("Some2", "Some_2"):
        answer(published)[name] = {"$ref": f"#/components/schemas/{name}"}
        published["components"]["schemas"][name] = {"type": "object", "properties": {"x": {}}}
    with pytest.raises(Refusal):
        generate(project, json.dumps(published), "p.yaml", project.package)


def test_colliding_operations_are_refused(published: dict[str, Any], project: Project) -> None:
    """Two operations whose names become one module are refused."""
    published["paths"]["/other"]["get"] |= {"operationId": "Transcribe", "tags": ["STT"]}
    config = project.root / "generator" / "config.toml"
    text = config.read_text(encoding="utf-8").replace('transcriptions"]', 'transcriptions", "get /other"]')
    config.write_text(text, encoding="utf-8")
    with pytest.raises(Refusal, match=r"api/stt/transcribe.py would be written twice"):
        generate(project, json.dumps(published), "p.yaml", project.package)


def test_a_warning_of_the_tool_is_a_refusal(published: dict[str, Any], project: Project) -> None:
    """The stock tool leaves the part out and exits with 0."""
    operation(published)["responses"]["202"] = {"description": "d", "content": {"image/png": {}}}
    with pytest.raises(Refusal, match="Unsupported content_type image/png"):
        generate(project, json.dumps(published), "p.yaml", project.package)


def test_what_the_tool_cannot_parse_is_refused(published: dict[str, Any], project: Project) -> None:
    """Its own words are given, in one line."""
    published["components"]["schemas"]["Answer"]["minLength"] = "many"
    with pytest.raises(Refusal) as refused:
        render.render(published, None, project.package)  # type: ignore[arg-type]  # refused before any use
    assert "Failed to parse OpenAPI document" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_an_invalid_document_is_refused(published: dict[str, Any], project: Project) -> None:
    """The place in the document is named."""
    operation(published)["responses"]["200"] = {"content": {}}
    with pytest.raises(Refusal, match=r"p.yaml: paths/.*not valid OpenAPI"):
        generate(project, json.dumps(published), "p.yaml", project.package)


@pytest.mark.parametrize("paths", [None, [], {"/audio/transcriptions": {"post": {"responses": {"200": True}}}}])
def test_another_shape_is_refused(published: dict[str, Any], project: Project, paths: Any) -> None:
    """Whatever a step trips over, the document is refused in one line."""
    published["paths"] = paths
    with pytest.raises(Refusal, match=r"^p.yaml: .*not (valid|in the shape of)") as refused:
        generate(project, json.dumps(published), "p.yaml", project.package)
    assert "\n" not in str(refused.value)


def test_an_operation_that_is_gone_is_refused(published: dict[str, Any], project: Project) -> None:
    """The refusal says where the operation is configured."""
    published["paths"] = {}
    with pytest.raises(Refusal, match=r"^paths: post /audio/transcriptions: not in the document; .*config\.toml$"):
        generate(project, json.dumps(published), "p.yaml", project.package)


def test_code_that_would_not_work_is_refused(tmp_path: Path) -> None:
    """An undefined name in what was generated is found before anybody imports it."""
    (tmp_path / "module.py").write_text("VALUE = absent\n", encoding="utf-8")
    with pytest.raises(Refusal, match=r"the generated code is wrong: module.py:2:9: F821"):
        tree.finish(tmp_path)


def test_unknown_values_of_an_enumeration_are_kept(published: dict[str, Any], generated: Generate) -> None:
    """What the server adds tomorrow does not break a client of today."""
    answer(published)["task"] = {"type": "string", "enum": ["transcribe", "translate"]}
    model = generated(published, "models.answer").Answer
    assert model.from_dict({"text": "t", "task": "summarise"}).task == "summarise"


@pytest.mark.parametrize("schema", [{"type": "number"}, {"$ref": "#/components/schemas/Request"}])
def test_null_is_read_as_absent(published: dict[str, Any], generated: Generate, schema: dict[str, Any]) -> None:
    """An optional field that cannot be null is often null in answers all the same."""
    answer(published)["seconds"] = schema
    read = generated(published, "models.answer").Answer.from_dict({"text": "t", "seconds": None})
    assert (repr(read.seconds), read.to_dict()) == ("UNSET", {"text": "t"})


def test_a_documented_null_is_kept(published: dict[str, Any], generated: Generate) -> None:
    """Where null is a value, it is one."""
    answer(published)["seconds"] = {"type": ["number", "null"]}
    read = generated(published, "models.answer").Answer.from_dict({"text": "t", "seconds": None})
    assert read.to_dict() == {"text": "t", "seconds": None}


def test_two_media_types_of_a_body_work(published: dict[str, Any], generated: Generate) -> None:
    """JSON is sent as before; multipart gets its header from httpx, with a boundary of its own."""
    published["components"]["schemas"]["Upload"] = FILE
    upload = {"schema": {"$ref": "#/components/schemas/Upload"}}
    operation(published)["requestBody"]["content"]["multipart/form-data"] = upload
    endpoint = generated(published, "api.stt.transcribe")
    package = endpoint.__name__.partition(".")[0]
    models = importlib.import_module(f"{package}.models")
    request = models.Request.from_dict({"model": "m", "input_audio": {"data": "x"}})
    assert endpoint._get_kwargs(body=request)["headers"] == {"Content-Type": "application/json"}
    kwargs = endpoint._get_kwargs(body=models.Upload.from_dict({"file": b"x", "language": "en", "more": "y"}))
    assert kwargs["headers"] == {}
    assert [name for name, _ in kwargs["files"]] == ["file", "language", "more"]


def test_default_and_ranges_of_failures_are_parsed(published: dict[str, Any], generated: Generate) -> None:
    """A failure that is documented only as a range or as the default still raises, with the base class."""
    responses = operation(published)["responses"]
    responses["5XX"] = responses.pop("529")
    responses["default"] = responses["400"]
    endpoint = generated(published, "api.stt.transcribe")
    for status in (503, 418):
        body = {"error": {"code": status}}
        parsed = endpoint._build_response(httpx.Response(status, json=body)).parsed
        assert parsed.error.code == status


def test_a_success_without_a_body_is_none(published: dict[str, Any], generated: Generate) -> None:
    """An operation that documents no body returns nothing."""
    operation(published)["responses"]["200"] = {"description": "Done"}
    endpoint = generated(published, "api.stt.transcribe")
    assert endpoint._success(endpoint._build_response(httpx.Response(200))) is None


def test_no_success_at_all_is_generated(published: dict[str, Any], generated: Generate) -> None:
    """A document that forgets its success yields code that raises."""
    del operation(published)["responses"]["200"]
    endpoint = generated(published, "api.stt.transcribe")
    with pytest.raises(Exception, match="status 200"):
        endpoint._success(endpoint._build_response(httpx.Response(200)))


@pytest.mark.parametrize("words", ['"""\nimport os', 'the end"', "back\\slash \\N{x}", "", "many words " * 40])
def test_words_cannot_leave_a_docstring(words: str) -> None:
    """Text of the document is read back as it was, apart from its white space."""
    assert ast.literal_eval(docstring(words)).split() == words.split()


@pytest.mark.parametrize("indent", [0, 4])
def test_long_words_are_wrapped(indent: int) -> None:
    """Every further line has the indentation of the docstring."""
    lines = docstring("word " * 40, indent=indent).splitlines()
    assert len(lines) > 2
    assert all(line.startswith(" " * indent) for line in lines[1:])


def test_changed_templates_of_the_tool_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ours were written against certain originals; the ones that changed are named."""
    changed = {**render.originals(), "model.py.jinja": "0", "new.py.jinja": "1"}
    monkeypatch.setattr(render, "originals", lambda: changed)
    with pytest.raises(Refusal, match=r"templates changed: model.py.jinja, new.py.jinja; compare them"):
        render.require_originals()


def test_another_version_of_a_tool_is_refused() -> None:
    """The command that installs the right one is given."""
    with pytest.raises(Refusal, match=r"ruff 0.0.1 is pinned, but .* pip install ruff==0.0.1"):
        require_tools({"ruff": "0.0.1"})
