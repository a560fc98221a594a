"""Each kind of change of an operation and of what it carries, forward and backward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from generator.changes import Bump, Change, compare

MAJOR, MINOR, PATCH = Bump.MAJOR, Bump.MINOR, Bump.PATCH
Make = Callable[..., dict[str, Any]]
OBJECT = {"type": "object"}
QUERY = {"in": "query", "name": "q", "schema": {"type": "string"}}
DONE = {"description": "Done", "content": {"application/json": {}}}
BEARER = [{"key": []}]


def body(*media: str, **more: Any) -> dict[str, Any]:
    """A body of some media types."""
    return {"requestBody": {"content": {name: {} for name in media}, **more}}


def parameter(**more: Any) -> dict[str, Any]:
    """A query parameter."""
    return {"parameters": [{**QUERY, **more}]}


def answers(*statuses: str, **more: Any) -> dict[str, Any]:
    """Answers of some statuses."""
    return {"responses": {status: {**DONE, **more} for status in statuses}}


def header(**more: Any) -> dict[str, Any]:
    """An answer with a header."""
    return answers("200", headers={"X-Id": {"schema": {"type": "string"}, **more}})


# The operation before and after, then (rule, bump, words) forward and backward.
TABLE: dict[str, tuple[Any, Any, tuple[str, Bump, str], tuple[str, Bump, str]]] = {
    "a parameter": (
        {}, parameter(),
        ("request-parameter-added", MINOR, "`transcribe()` gained a new query parameter `q`."),
        ("request-parameter-removed", MAJOR, "lost the query parameter `q`."),
    ),
    "a required parameter": (
        {}, parameter(required=True),
        ("request-required-parameter-added", MAJOR, "required a new query parameter `q`"),
        ("request-parameter-removed", MAJOR, "`q`"),
    ),
    "whether a parameter is required": (
        parameter(), parameter(required=True),
        ("request-parameter-required", MAJOR, "`q` required"), ("request-parameter-optional", MINOR, "`q` optional"),
    ),
    "the type of a parameter": (
        parameter(), parameter(schema={"type": "integer"}),
        ("request-type-changed", MAJOR, "the query parameter `q`"), ("request-type-changed", MAJOR, "to string"),
    ),
    "what a parameter holds": (
        parameter(schema=OBJECT), parameter(schema={**OBJECT, "properties": {"y": {}}}),
        ("request-property-added", MINOR, "`y` of the query parameter `q`"), ("request-property-removed", MAJOR, "`y`"),
    ),
    "how a parameter is written": (
        parameter(), parameter(style="deepObject"),
        ("request-parameter-style-changed", MAJOR, "form, exploded to deepObject"),
        ("request-parameter-style-changed", MAJOR, "deepObject to form"),
    ),
    "a parameter to a JSON text": (
        parameter(), {"parameters": [{"in": "query", "name": "q", "content": {"application/json": QUERY}}]},
        ("request-parameter-style-changed", MAJOR, "application/json"),
        ("request-parameter-style-changed", MAJOR, "application/json"),
    ),
    "whether a parameter is deprecated": (
        parameter(), parameter(deprecated=True),
        ("deprecated", MINOR, "deprecated the query parameter"), ("deprecation-lifted", PATCH, "no longer"),
    ),
    "a body": (
        {"requestBody": {"$ref": "#/components/requestBodies/None"}}, body("application/json"),
        ("request-media-type-added", MINOR, "took the media type `application/json`"),
        ("request-media-type-removed", MAJOR, "no longer took the media type"),
    ),
    "whether the body is required": (
        body("application/json"), body("application/json", required=True),
        ("request-body-required", MAJOR, "its body required"), ("request-body-optional", MINOR, "its body optional"),
    ),
    "a media type of the request": (
        body("application/json"), body("application/json", "multipart/form-data"),
        ("request-media-type-added", MINOR, "`multipart/form-data`"),
        ("request-media-type-removed", MAJOR, "`multipart/form-data`"),
    ),
    "how a part is encoded": (
        body("multipart/form-data"),
        {"requestBody": {"content": {"multipart/form-data": {"encoding": {"file": {"contentType": "audio/wav"}}}}}},
        ("request-encoding-changed", MAJOR, "the multipart/form-data body"),
        ("request-encoding-changed", MAJOR, "encoding"),
    ),
    "a media type of the answer": (
        answers("200"), answers("200", content={"application/json": {}, "text/plain": {}}),
        ("answer-media-type-added", MINOR, "The answer came as `text/plain`"),
        ("answer-media-type-removed", MAJOR, "The answer no longer came as `text/plain`"),
    ),
    "what an answer that is no JSON holds": (
        answers("200", content={"text/plain": {}}), answers("200", content={"text/plain": {"schema": OBJECT}}),
        ("answer-type-narrowed", PATCH, "the text/plain body"), ("answer-type-widened", MAJOR, "the text/plain body"),
    ),
    "an error": (
        answers("200"), answers("200", "413"),
        ("error-added", MINOR, "got an error of its own for status 413"), ("error-removed", MAJOR, "413"),
    ),
    "errors of a range": (
        answers("200"), answers("200", "4XX"),
        ("error-range-added", PATCH, "`transcribe()` described its errors of status 4XX"),
        ("error-range-removed", PATCH, "no longer described its errors of status 4XX"),
    ),
    "a success": (
        answers("200"), answers("200", "202"),
        ("success-added", MINOR, "could answer with status 202"), ("success-removed", MAJOR, "202"),
    ),
    "a header": (
        answers("200"), header(),
        ("answer-header-added", MINOR, "The answer gained the header `X-Id`"), ("answer-header-removed", MAJOR, "lost"),
    ),
    "whether a header is required": (
        header(), header(required=True),
        ("answer-header-required", PATCH, "in every case"), ("answer-header-optional", MAJOR, "no longer promised"),
    ),
    "the type of a header": (
        header(), header(schema={"type": ["string", "integer"]}),
        ("answer-type-widened", MAJOR, "the header `X-Id`"), ("answer-type-narrowed", PATCH, "the header `X-Id`"),
    ),
    "credentials": (
        {}, {"security": BEARER},
        ("security-required", MAJOR, "required credentials: `key`"),
        ("security-alternative-added", MINOR, "took none as credentials"),
    ),
    "other credentials besides": (
        {"security": BEARER}, {"security": [*BEARER, {"other": []}]},
        ("security-alternative-added", MINOR, "`other`"), ("security-alternative-removed", MAJOR, "`other`"),
    ),
    "the server": (
        {}, {"servers": [{"url": "https://other.test/v1"}]},
        ("server-changed", MAJOR, "moved from `https://api.test/v1` to `https://other.test/v1`"),
        ("server-changed", MAJOR, "to `https://api.test/v1`"),
    ),
    "a server besides": (
        {}, {"servers": [{"url": "https://api.test/v1"}, {"url": "https://eu.test"}]},
        ("other-servers-changed", PATCH, "https://eu.test"), ("other-servers-changed", PATCH, "https://eu.test"),
    ),
    "whether the operation is deprecated": (
        {}, {"deprecated": True},
        ("deprecated", MINOR, "deprecated the whole operation"), ("deprecation-lifted", PATCH, "no longer"),
    ),
    "the name of the operation": (
        {}, {"operationId": "other"},
        ("operation-renamed", PATCH, "`transcribe` to `other`"),
        ("operation-renamed", PATCH, "`other` to `transcribe`"),
    ),
    "the tag of the operation": (
        {}, {"tags": ["STT"]},
        ("operation-renamed", PATCH, "`STT`"), ("operation-renamed", PATCH, "`STT`"),
    ),
    "the summary of the operation": (
        {}, {"summary": "New"},
        ("documentation-changed", PATCH, "1 place."), ("documentation-changed", PATCH, "1 place."),
    ),
}  # fmt: skip


@pytest.mark.parametrize("back", [False, True], ids=["forward", "backward"])
@pytest.mark.parametrize("row", TABLE.values(), ids=TABLE)
def test_a_change_of_an_operation_is_one_row(row: Any, back: bool, make: Make) -> None:
    """Its rule, its bump and its words."""
    old, new, forward, backward = row
    documents = [make(**operation) for operation in (old, new)]
    for document in documents:
        document["components"]["requestBodies"] = {"None": {"content": {}}}
        document["components"]["securitySchemes"]["other"] = {"type": "apiKey", "in": "header", "name": "X"}
    rule, bump, words = backward if back else forward
    [change] = compare(*(reversed(documents) if back else documents))
    assert (change.rule, change.bump) == (rule, bump)
    assert words in change.words


@pytest.mark.parametrize(
    ("required", "rule", "bump"), [(False, "body-added", MINOR), (True, "required-body-added", MAJOR)]
)
def test_a_body_that_was_not_there(required: bool, rule: str, bump: Bump, make: Make) -> None:
    """Whether it breaks depends on whether it is required; that it goes breaks always."""
    old, new = make(), make(requestBody={"content": {}, "required": required})
    del old["paths"]["/transcriptions"]["post"]["requestBody"]
    assert [(change.rule, change.bump) for change in compare(old, new)] == [(f"request-{rule}", bump)]
    assert [change.rule for change in compare(new, old)] == ["request-body-removed"]
    assert compare(old, {**old, "x-new": 1})[0].rule == "documentation-changed"


def test_operations_come_and_go(make: Make) -> None:
    """Another operation is called by its name."""
    old, new = make(), make()
    new["paths"]["/models"] = {"get": {"responses": {}}}
    assert [change.words for change in compare(old, new)] == ["The operation `get /models` was added."]
    assert [change.bump for change in compare(new, old)] == [MAJOR]


def test_another_operation_than_the_first_is_named(make: Make) -> None:
    """`transcribe()` is the first one."""
    old, new = make(), make()
    for document, status in ((old, "200"), (new, "429")):
        document["paths"]["/models"] = {"get": {"responses": {status: {"description": "d"}, "201": DONE}}}
    schema = {"type": "string"}
    new["paths"]["/models"]["get"]["responses"]["201"] = {**DONE, "content": {"application/json": {"schema": schema}}}
    words = [change.words for change in compare(old, new)]
    assert "`get /models` no longer answered with status 200." in words
    assert "Answer 201 of `get /models` narrowed the type of the body from any value to string." in words


def test_a_parameter_of_the_operation_goes_before_its_paths(make: Make) -> None:
    """Names of headers are the same in any case."""
    old, new = make(parameters=[{"in": "header", "name": "X-A", "schema": {}}]), make()
    new["paths"]["/transcriptions"]["parameters"] = [{"in": "header", "name": "x-a"}]
    assert compare(old, new) == []


def test_the_defaults_of_a_servers_variables_are_its_address(make: Make) -> None:
    """Without any server the address is that of the document."""
    variables = {"host": {"default": "api.test"}}
    assert compare(make(), make(servers=[{"url": "https://{host}/v1/", "variables": variables}])) == []
    assert compare({**make(), "servers": []}, make(servers=[{"url": "/"}])) == []


def test_the_words_of_a_security_scheme_are_documentation(make: Make) -> None:
    """A scheme under another name is the same."""
    old, new = make(security=BEARER), make(security=[{"other": []}])
    schemes = new["components"]["securitySchemes"]
    schemes["other"] = schemes.pop("key")
    assert compare(old, new) == []
    other = make(security=BEARER)
    other["components"]["securitySchemes"]["key"]["description"] = "A key"
    [change] = compare(old, other)
    assert change.places == ("/components/securitySchemes/key",)


def test_more_credentials_break_and_fewer_do_not(make: Make) -> None:
    """Whoever has more than is asked for still gets in."""
    old, new = make(security=BEARER), make(security=[{"key": ["write"]}])
    rules = [change.rule for change in compare(old, new)]
    assert rules == ["security-alternative-removed", "security-alternative-added"]
    assert [change.rule for change in compare(new, old)] == ["security-alternative-added"]


def test_many_operations_that_change_alike_are_one_row(make: Make) -> None:
    """They are counted."""
    documents: list[dict[str, Any]] = [make(), make()]
    for document, status in zip(documents, ("200", "202"), strict=True):
        document["paths"] = {f"/{name}": {"get": {"responses": {"200": DONE, status: DONE}}} for name in "abc"}
    changes: list[Change] = compare(*documents)
    assert [change.words for change in changes] == ["3 operations could answer with status 202."]
    assert len(changes[0].places) == 3
