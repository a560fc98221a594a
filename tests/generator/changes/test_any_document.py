"""What holds for any two documents."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from generator.changes import Bump, compare

NAMES = ("A", "B", "C")
TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
JSON_VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(0, 3), st.sampled_from(["a", "b", 1.0, 1.5, [1], {"k": 1}])
)
LIMITS = {"minimum": 1, "exclusiveMinimum": 1, "maxLength": 3, "pattern": "a", "uniqueItems": True, "multipleOf": 2}
WORDS = {"description": "d", "deprecated": True, "readOnly": True, "x-odd": [1], "not": {"type": "string"}, "if": True}


def _grown(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    members = st.dictionaries(st.sampled_from(["p", "q", "r"]), inner, max_size=3)
    some = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        st.fixed_dictionaries(
            {"type": st.sampled_from(["object", ["object", "null"]]), "properties": members},
            optional={"required": st.lists(st.sampled_from(["p", "q"]), unique=True), "additionalProperties": inner},
        ),
        st.fixed_dictionaries({"type": st.just("array"), "items": inner}),
        st.fixed_dictionaries({}, optional={"anyOf": some, "oneOf": some, "allOf": some, "title": st.just("T")}),
    )


LEAVES = st.one_of(
    st.booleans(),
    st.sampled_from([{"$ref": f"#/components/schemas/{name}"} for name in NAMES]),
    st.fixed_dictionaries({"type": st.lists(st.sampled_from(TYPES), min_size=1, unique=True)}),
    st.fixed_dictionaries({"enum": st.lists(JSON_VALUES, min_size=1, max_size=3)}),
    st.dictionaries(st.sampled_from(sorted(LIMITS)), st.none()).map(lambda keys: {key: LIMITS[key] for key in keys}),
    st.dictionaries(st.sampled_from(sorted(WORDS)), st.none()).map(lambda keys: {key: WORDS[key] for key in keys}),
)
SCHEMAS = st.recursive(LEAVES, _grown, max_leaves=8)


def document(request: Any, answer: Any, *named: Any) -> dict[str, Any]:
    """A document with these schemas, the last three by name."""
    body, content = ({"content": {"application/json": {"schema": schema}}} for schema in (request, answer))
    post = {"requestBody": body, "responses": {"200": {"description": "d", **content}}}
    schemas = dict(zip(NAMES, named, strict=True))
    return {"openapi": "3.1.0", "paths": {"/a": {"post": post}}, "components": {"schemas": schemas}}


DOCUMENTS = st.builds(document, *[SCHEMAS] * 5)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(DOCUMENTS)
def test_a_document_is_as_it_is(old: dict[str, Any]) -> None:
    """However odd it is, and however its keys are ordered; numbers may have a point."""
    assert compare(old, copy.deepcopy(old)) == []
    moved = json.loads(json.dumps(old, sort_keys=True))
    moved["paths"]["/a"]["post"]["deprecated"] = False  # says nothing, but keeps the two from being equal text
    assert compare(old, moved) == []


@settings(max_examples=60, deadline=None, derandomize=True)
@given(DOCUMENTS, DOCUMENTS)
def test_any_two_documents_can_be_compared(old: dict[str, Any], new: dict[str, Any]) -> None:
    """What is nothing forward is nothing backward, rows are told apart, and the worst comes first."""
    before = json.dumps([old, new])
    changes = compare(old, new)
    assert (changes == []) is (compare(new, old) == [])
    assert changes == compare(old, new)
    assert len({change.id for change in changes}) == len(changes)
    assert [change.bump for change in changes] == sorted((change.bump for change in changes), reverse=True)
    assert json.dumps([old, new]) == before


@settings(max_examples=60, deadline=None, derandomize=True)
@given(DOCUMENTS, SCHEMAS)
def test_only_what_differs_is_told(old: dict[str, Any], schema: Any) -> None:
    """An optional answer field breaks nobody, whatever it is and whatever stands around it."""
    answer = {"type": "object", "properties": {"kept": {"$ref": "#/components/schemas/A"}}}
    new = copy.deepcopy(old)
    for changed in (old, new):
        changed["paths"]["/a"]["post"]["responses"]["200"]["content"]["application/json"]["schema"] = answer
    wider = {**answer, "properties": {**answer["properties"], "added": schema}}
    new["paths"]["/a"]["post"]["responses"]["200"]["content"]["application/json"]["schema"] = wider
    assert all(change.bump is Bump.MINOR for change in compare(old, new))
