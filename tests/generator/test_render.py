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
from generator.build import generate
from generator.config import require_tools
from generator.filters import docstring
from generator.project import Project
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


@pytest.mark.parametrize("name", ["to_dict", "from_dict", "additional_properties", "cast", "plain"])
def test_a_property_that_would_break_the_class_is_refused(
    published: dict[str, Any], project: Project, name: str
) -> None:
    """The class and the attribute are named."""
    answer(published)[name] = {"type": "string"}
    with pytest.raises(Refusal, match=f"Answer.{name} cannot be an attribute"):
        generate(project, json.dumps(published), "p.yaml", project.package)


@pytest.mark.parametrize("name", ["UNSET", "UUID", "BinaryIO", "Mapping"])
def test_a_schema_named_like_an_import_is_another_class(
    published: dict[str, Any], generated: Generate, name: str
) -> None:
    """It would hide what the module around it needs."""
    inner = {"type": "object", "properties": {"id": {"type": "string", "format": "uuid"}}}
    published["components"]["schemas"][name] = inner
    answer(published)["inner"] = {"$ref": f"#/components/schemas/{name}"}
    models = generated(published, "models")
    fields = {"text": "t", "inner": {"id": "12345678-1234-5678-1234-567812345678"}}
    assert models.Answer.from_dict(fields).to_dict() == fields


@pytest.mark.parametrize(
    ("names", "words"),
    [(("Some2", "Some_2"), "would be written twice|Some_2"), (("STTPart", "SttPart"), "models/stt_part.py")],
)
def test_colliding_modules_are_refused(
    published: dict[str, Any], project: Project, names: tuple[str, str], words: str
) -> None:
    """The stock tool writes one over the other, and says nothing."""
    for name in names:
        answer(published)[name] = {"$ref": f"#/components/schemas/{name}"}
        published["components"]["schemas"][name] = {"type": "object", "properties": {"x": {}}}
    with pytest.raises(Refusal, match=words):
        generate(project, json.dumps(published), "p.yaml", project.package)


def test_colliding_operations_are_refused(published: dict[str, Any], project: Project) -> None:
    """Two operations whose names become one module are refused."""
    published["paths"]["/other"]["get"] |= {"operationId": "Transcribe", "tags": ["STT"]}
    also_other(project)
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
    with pytest.raises(Refusal, match=r"p.yaml: /paths/~1audio.*/responses/200: not valid OpenAPI"):
        generate(project, json.dumps(published), "p.yaml", project.package)


@pytest.mark.parametrize(
    ("schema", "place"),
    [
        ({"type": "integer", "default": "a"}, "x/default"),
        ({"type": "string", "examples": "a"}, "x/examples"),
        ({"properties": {"y": {"type": "text"}}}, "x/properties/y/type"),
        ({"type": "array", "items": {"type": "integer"}, "default": [1, "a"]}, "x/default/1"),
    ],
)
def test_a_wrong_schema_is_refused(
    published: dict[str, Any], project: Project, schema: dict[str, Any], place: str
) -> None:
    """The place is that in the document, though the validator tells the one in the schema or its default."""
    answer(published)["x"] = schema
    with pytest.raises(Refusal, match=f"^p.yaml: /components/schemas/Answer/properties/{place}.*: not valid OpenAPI"):
        generate(project, json.dumps(published), "p.yaml", project.package)


def test_a_schema_that_is_only_itself_is_refused(published: dict[str, Any], project: Project) -> None:
    """Nothing fits it, and nobody would get to its end."""
    itself = {"$ref": "#/components/schemas/Itself"}
    answer(published)["x"] = published["components"]["schemas"]["Itself"] = itself
    with pytest.raises(Refusal, match="contains nothing but itself"):
        generate(project, json.dumps(published), "p.yaml", project.package)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("paths", None),
        ("paths", []),
        ("paths", {"/audio/transcriptions": {"post": {"responses": {"200": True}}}}),
        ("security", 3),
    ],
)
def test_another_shape_is_refused(published: dict[str, Any], project: Project, key: str, value: Any) -> None:
    """Whatever a step trips over, the document is refused in one line."""
    published[key] = value
    with pytest.raises(Refusal, match=r"^p.yaml: .*(not (valid|in the shape of)|holds no mapping)") as refused:
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


def test_code_that_could_be_more_beautiful_is_taken(tmp_path: Path) -> None:
    """A document is not refused for what a template makes of it in a rare case."""
    (tmp_path / "module.py").write_text(
        "def f(a, b):\n    if a:\n        if b:\n            return 1\n", encoding="utf-8"
    )
    tree.finish(tmp_path)


def test_a_title_renames_no_class(published: dict[str, Any], generated: Generate) -> None:
    """Two may be equal, and none has to be a name; it is the description where there is no other."""
    schemas = published["components"]["schemas"]
    for schema in (schemas["Answer"], schemas["Request"], answer(published)["text"]):
        schema["title"] = "1 & the same"
    models = generated(published, "models")
    assert models.Answer.__doc__ == models.Request.__doc__ == "1 & the same"
    assert models.Answer.from_dict({"text": "t"}).text == "t"


@pytest.mark.parametrize("stated", [{"type": "string"}, {}])
def test_unknown_values_of_an_enumeration_are_kept(
    published: dict[str, Any], generated: Generate, stated: dict[str, Any]
) -> None:
    """What the server adds tomorrow does not break a client of today, whether the document states a type or not."""
    answer(published)["task"] = {**stated, "enum": ["transcribe", "translate"]}
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
    """The caller says which is meant; multipart gets its header from httpx, with a boundary that nothing can forge."""
    published["components"]["schemas"]["Upload"] = FILE
    upload = {"schema": {"$ref": "#/components/schemas/Upload"}}
    operation(published)["requestBody"]["content"]["multipart/form-data"] = upload
    endpoint = generated(published, "api.stt.transcribe")
    models = importlib.import_module(f"{endpoint.__name__.partition('.')[0]}.models")
    request = models.Request.from_dict({"model": "m", "input_audio": {"data": "x"}})
    assert endpoint._get_kwargs(body=request)["headers"] == {"Content-Type": "application/json"}
    body = models.Upload.from_dict({"file": b"x", "language": "en", "more": "y"})
    kwargs = endpoint._get_kwargs(body=body, content_type="multipart/form-data")
    assert kwargs["headers"] == {}
    assert [name for name, _ in kwargs["files"]] == ["file", "language", "more"]
    with pytest.raises(ValueError, match="content_type 'text/plain' is none that the API documents"):
        endpoint._get_kwargs(body=body, content_type="text/plain")


def test_one_schema_for_two_media_types(published: dict[str, Any], generated: Generate) -> None:
    """The class of a body does not tell how it is to be sent: one of them is, and not both."""
    content = operation(published)["requestBody"]["content"]
    content["multipart/form-data"] = content["application/json"]
    endpoint = generated(published, "api.stt.transcribe")
    models = importlib.import_module(f"{endpoint.__name__.partition('.')[0]}.models")
    request = models.Request.from_dict({"model": "m", "input_audio": {"data": "x"}})
    assert {"json", "files"} & endpoint._get_kwargs(body=request).keys() == {"json"}
    kwargs = endpoint._get_kwargs(body=request, content_type="multipart/form-data")
    assert {"json", "files"} & kwargs.keys() == {"files"}


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


def also_other(project: Project) -> None:
    """Have the second operation of the small document generated too."""
    config = project.root / "generator" / "config.toml"
    text = config.read_text(encoding="utf-8").replace('transcriptions"]', 'transcriptions", "get /other"]')
    config.write_text(text, encoding="utf-8")


def test_a_success_without_a_body_is_none(published: dict[str, Any], project: Project, generated: Generate) -> None:
    """An operation that documents no body returns nothing."""
    also_other(project)
    endpoint = generated(published, "api.default.other")
    assert endpoint._success(endpoint._build_response(httpx.Response(200))) is None


def test_no_success_at_all_is_generated(published: dict[str, Any], project: Project, generated: Generate) -> None:
    """A document that forgets its success yields code that raises."""
    also_other(project)
    published["paths"]["/other"]["get"]["responses"] = {"404": {"description": "None"}}
    endpoint = generated(published, "api.default.other")
    with pytest.raises(Exception, match="status 200"):
        endpoint._success(endpoint._build_response(httpx.Response(200)))


@pytest.mark.parametrize(
    "words",
    [
        '"""\nimport os',
        'the end"',
        'the end"""',
        '\\"""',
        '""""',
        '" """" a',
        "back\\slash \\N{x}",
        "",
        "many words " * 40,
        "\0\ud800",
    ],
)
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


def test_a_former_name_goes_on_working(published: dict[str, Any], project: Project, generated: Generate) -> None:
    """An alias in the configuration keeps the name that a class had."""
    with project.config_file.open("a", encoding="utf-8") as file:
        file.write('\nReply = "Answer"\n')
    models = generated(published, "models")
    assert models.Reply is models.Answer
    assert "Reply" in models.__all__


@pytest.mark.parametrize(
    ("alias", "words"),
    [('Reply = "Absent"', "there is no class Absent"), ('Request = "Answer"', "Request is a class again")],
)
def test_an_alias_that_cannot_be_kept_is_refused(
    published: dict[str, Any], project: Project, alias: str, words: str
) -> None:
    """It would break the import of everything."""
    with project.config_file.open("a", encoding="utf-8") as file:
        file.write(f"\n{alias}\n")
    with pytest.raises(Refusal, match=words):
        generate(project, json.dumps(published), "p.yaml", project.package)


def test_with_all_operations_only_ours_has_to_be_generated(published: dict[str, Any], project: Project) -> None:
    """What the tool warns about elsewhere is left out and noted."""
    published["paths"]["/other"]["post"] = {
        "operationId": "send",
        "requestBody": {"content": {"application/cbor": {"schema": {"type": "string"}}}},
        "responses": {"200": {"description": "d"}},
    }
    made = generate(project, json.dumps(published), "p.yaml", project.package, "all")
    assert "POST /other" in made.notes[0]
    assert (project.package / "api" / "default" / "other.py").exists()
    for name in ("Some2", "Some_2"):
        published["components"]["schemas"][name] = {"type": "object", "properties": {"x": {}}}
        published["components"]["schemas"]["Request"]["properties"][name] = {"$ref": f"#/components/schemas/{name}"}
    with pytest.raises(Refusal, match="paths: post /audio/transcriptions: cannot be generated"):
        generate(project, json.dumps(published), "p.yaml", project.package.with_name("another"), "all")
