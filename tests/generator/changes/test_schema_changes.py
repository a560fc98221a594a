"""Each kind of change of a schema, forward and backward, in requests and in answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from generator.changes import Bump, Change
from generator.refusal import Refusal

MAJOR, MINOR, PATCH = Bump.MAJOR, Bump.MINOR, Bump.PATCH
Changed = Callable[..., list[Change]]

STRING = {"type": "string"}
INTEGER = {"type": "integer"}
A = {"type": "object", "properties": {"a": STRING}, "required": ["a"], "title": "A"}
B = {"type": "object", "properties": {"b": STRING}, "required": ["b"], "title": "B"}
MARKED = [
    {"type": "object", "properties": {"type": {"const": mark}, "size": INTEGER}, "required": ["type"]} for mark in "ab"
]
MARKED_WIDER = [MARKED[1], {**MARKED[0], "properties": {**MARKED[0]["properties"], "size": {"type": "number"}}}]


def string(**limits: Any) -> dict[str, Any]:
    """A string with limits."""
    return {"type": "string", **limits}


def values(*names: str, **more: Any) -> dict[str, Any]:
    """An enumeration of strings."""
    return {"type": "string", "enum": list(names), **more}


def an_object(properties: dict[str, Any], *required: str, **more: Any) -> dict[str, Any]:
    """An object with some required properties."""
    return {"type": "object", "properties": properties, "required": list(required), **more}


# old, new, then (aspect, bump in a request, bump in an answer, words) forward and backward
TABLE: dict[str, tuple[Any, Any, tuple[str, Bump, Bump, str], tuple[str, Bump, Bump, str]]] = {
    "an optional property": (
        an_object({}), an_object({"y": STRING}),
        ("property-added", MINOR, MINOR, "`x.y`"), ("property-removed", MAJOR, MAJOR, "lost"),
    ),
    "whether a property is required": (
        an_object({"y": STRING}), an_object({"y": STRING}, "y"),
        ("property-required", MAJOR, PATCH, "`x.y`"), ("property-optional", MINOR, MAJOR, "`x.y`"),
    ),
    "whether an undeclared property is required": (
        {"type": "object"}, {"type": "object", "required": ["y"]},
        ("property-required", MAJOR, PATCH, "`x.y`"), ("property-optional", MINOR, MAJOR, "`x.y`"),
    ),
    "a type besides": (
        STRING, {"type": ["string", "integer"]},
        ("type-widened", MINOR, MAJOR, "from string to integer or string"),
        ("type-narrowed", MAJOR, PATCH, "to string"),
    ),
    "integers to numbers": (
        INTEGER, {"type": "number"},
        ("type-widened", MINOR, MAJOR, "from integer to number"), ("type-narrowed", MAJOR, PATCH, "to integer"),
    ),
    "a type to any": (
        STRING, True,
        ("type-widened", MINOR, MAJOR, "from string to any value"), ("type-narrowed", MAJOR, PATCH, "any value to"),
    ),
    "a value to none": (
        {"type": ["string", "null"]}, {"type": "null"},
        ("type-narrowed", MAJOR, PATCH, "from string to null"), ("type-widened", MINOR, MAJOR, "from null to string"),
    ),
    "any value to no value": (
        True, False,
        ("type-narrowed", MAJOR, PATCH, "any value to nothing"), ("type-widened", MINOR, MAJOR, "nothing to any value"),
    ),
    "another type": (
        STRING, an_object({"y": STRING}, "y"),
        ("type-changed", MAJOR, MAJOR, "string to object"), ("type-changed", MAJOR, MAJOR, "object to string"),
    ),
    "null": (
        STRING, {"type": ["string", "null"]},
        ("null-added", MINOR, MAJOR, "null"), ("null-removed", MAJOR, PATCH, "no longer"),
    ),
    "a value of an enumeration": (
        values("a"), values("a", "b"),
        ("enum-value-added", MINOR, MAJOR, "`b`"), ("enum-value-removed", MAJOR, PATCH, "`b`"),
    ),
    "a value of a mixed enumeration": (
        {"enum": ["a", 1]}, {"enum": ["a", 1, 2]},
        ("enum-value-added", MINOR, MAJOR, "`2`"), ("enum-value-removed", MAJOR, PATCH, "`2`"),
    ),
    "a value that other values stand beside": (
        {"anyOf": [values("a"), STRING]}, {"anyOf": [values("a", "b"), STRING]},
        ("known-values-changed", PATCH, PATCH, "`b`"), ("known-values-changed", PATCH, PATCH, "`b`"),
    ),
    "a value of an extensible enumeration": (
        {"type": "string", "x-extensible-enum": ["a"]}, {"type": "string", "x-extensible-enum": ["a", "b"]},
        ("known-values-changed", PATCH, PATCH, "`b`"), ("known-values-changed", PATCH, PATCH, "`b`"),
    ),
    "whether an enumeration is open": (
        values("a"), values("a", **{"x-speakeasy-unknown-values": "allow"}),
        ("enum-opened", MINOR, MAJOR, "beside `a`"), ("enum-closed", MAJOR, PATCH, "only `a`"),
    ),
    "an enumeration": (
        STRING, values("a"),
        ("enum-closed", MAJOR, PATCH, "only `a`"), ("enum-opened", MINOR, MAJOR, "beside `a`"),
    ),
    "a shortest length": (
        STRING, string(minLength=2),
        ("limit-tightened", MAJOR, PATCH, "`minLength` (none to 2)"), ("limit-loosened", MINOR, MAJOR, "(2 to none)"),
    ),
    "a longest length": (
        string(maxLength=5), string(maxLength=4),
        ("limit-tightened", MAJOR, PATCH, "(5 to 4)"), ("limit-loosened", MINOR, MAJOR, "(4 to 5)"),
    ),
    "a pattern that was not there": (
        STRING, string(pattern="a+"),
        ("limit-tightened", MAJOR, PATCH, "(none to `a+`)"), ("limit-loosened", MINOR, MAJOR, "`pattern`"),
    ),
    "another pattern": (
        string(pattern="a"), string(pattern="b"),
        ("limit-changed", MAJOR, MAJOR, "`a` to `b`"), ("limit-changed", MAJOR, MAJOR, "`b` to `a`"),
    ),
    "a format": (
        STRING, string(format="uri"),
        ("limit-tightened", MAJOR, PATCH, "`format`"), ("limit-loosened", MINOR, MAJOR, "`uri` to none"),
    ),
    "a smallest number": (
        {**INTEGER, "minimum": 1}, {**INTEGER, "exclusiveMinimum": 1},
        ("limit-tightened", MAJOR, PATCH, "1 to above 1"), ("limit-loosened", MINOR, MAJOR, "above 1 to 1"),
    ),
    "a largest number": (
        {**INTEGER, "maximum": 9, "exclusiveMaximum": 5}, {**INTEGER, "maximum": 9},
        ("limit-loosened", MINOR, MAJOR, "below 5 to 9"), ("limit-tightened", MAJOR, PATCH, "9 to below 5"),
    ),
    "a multiple": (
        {"type": "number"}, {"type": "number", "multipleOf": 2},
        ("limit-tightened", MAJOR, PATCH, "`multipleOf`"), ("limit-loosened", MINOR, MAJOR, "`multipleOf`"),
    ),
    "whether items are unique": (
        {"type": "array"}, {"type": "array", "uniqueItems": True},
        ("limit-tightened", MAJOR, PATCH, "`uniqueItems`"), ("limit-loosened", MINOR, MAJOR, "`uniqueItems`"),
    ),
    "what items are": (
        {"type": "array", "items": STRING}, {"type": "array", "items": INTEGER},
        ("type-changed", MAJOR, MAJOR, "`x[]`"), ("type-changed", MAJOR, MAJOR, "`x[]`"),
    ),
    "what the first item is": (
        {"type": "array", "prefixItems": [STRING]}, {"type": "array", "prefixItems": [{"type": ["string", "null"]}]},
        ("null-added", MINOR, MAJOR, "`x[0]`"), ("null-removed", MAJOR, PATCH, "`x[0]`"),
    ),
    "undeclared members": (
        an_object({}), an_object({}, additionalProperties=False),
        ("additional-closed", MAJOR, PATCH, "undeclared"), ("additional-opened", MINOR, MINOR, "undeclared"),
    ),
    "what undeclared members are": (
        an_object({}), an_object({}, additionalProperties=STRING),
        ("type-narrowed", MAJOR, PATCH, "`x.*`"), ("type-widened", MINOR, MAJOR, "`x.*`"),
    ),
    "members of some names": (
        an_object({}, patternProperties={"^a": STRING}), an_object({}, patternProperties={"^a": INTEGER}),
        ("type-changed", MAJOR, MAJOR, "`x.{^a}`"), ("type-changed", MAJOR, MAJOR, "`x.{^a}`"),
    ),
    "a form besides": (
        A, {"anyOf": [A, B]},
        ("union-member-added", MINOR, MAJOR, "`B`"), ("union-member-removed", MAJOR, PATCH, "`B`"),
    ),
    "a union to any value": (
        {"anyOf": [A, B]}, {},
        ("type-widened", MINOR, MAJOR, "a union to any value"), ("type-narrowed", MAJOR, PATCH, "any value to a union"),
    ),
    "another mixed enumeration": (
        {"enum": ["a", 1.5, None, [1], {}]}, {"enum": ["a", 1.5, None, [1], {}, True]},
        ("enum-value-added", MINOR, MAJOR, "`true`"), ("enum-value-removed", MAJOR, PATCH, "`true`"),
    ),
    "a list besides": (
        STRING, {"type": ["string", "array"], "items": STRING},
        ("type-widened", MINOR, MAJOR, "to array or string"), ("type-narrowed", MAJOR, PATCH, "to string"),
    ),
    "a form of a union": (
        {"oneOf": [A, B]}, {"oneOf": [A, B, an_object({"c": STRING}, "c")]},
        ("union-member-added", MINOR, MAJOR, "an object with `c`"), ("union-member-removed", MAJOR, PATCH, "`c`"),
    ),
    "what one form holds, by its title": (
        {"oneOf": [A, B]}, {"oneOf": [B, {**A, "properties": {"a": INTEGER}}]},
        ("type-changed", MAJOR, MAJOR, "`x.a`"), ("type-changed", MAJOR, MAJOR, "`x.a`"),
    ),
    "what one form holds, by its mark": (
        {"oneOf": MARKED}, {"oneOf": MARKED_WIDER},
        ("type-widened", MINOR, MAJOR, "`x.size`"), ("type-narrowed", MAJOR, PATCH, "`x.size`"),
    ),
    "a type beside an enumeration": (
        values("a"), {"anyOf": [values("a"), INTEGER]},
        ("union-member-added", MINOR, MAJOR, "`integer`"), ("union-member-removed", MAJOR, PATCH, "`integer`"),
    ),
    "whether it is deprecated": (
        STRING, string(deprecated=True),
        ("deprecated", MINOR, MINOR, "deprecated"), ("deprecation-lifted", PATCH, PATCH, "no longer deprecated"),
    ),
    "what it may not be": (
        STRING, string(**{"not": {"const": "a"}}),
        ("schema-keyword-changed", MAJOR, PATCH, "`not`"), ("schema-keyword-changed", MAJOR, PATCH, "`not`"),
    ),
    "how it is encoded": (
        string(contentEncoding="base64"), string(contentEncoding="base32"),
        ("schema-keyword-changed", MAJOR, PATCH, "`contentEncoding`"),
        ("schema-keyword-changed", MAJOR, PATCH, "`contentEncoding`"),
    ),
    "a name, as it seems": (
        an_object({"y": STRING}), an_object({"z": STRING}),
        ("property-renamed", MAJOR, MAJOR, "`z`"), ("property-renamed", MAJOR, MAJOR, "`y`"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("direction", ["request", "answer"])
@pytest.mark.parametrize("back", [False, True], ids=["forward", "backward"])
@pytest.mark.parametrize("row", TABLE.values(), ids=TABLE)
def test_a_change_is_one_row_that_knows_its_direction(row: Any, back: bool, direction: str, changed: Changed) -> None:
    """Its rule, its bump and its words."""
    old, new, forward, backward = row
    aspect, request, answer, words = backward if back else forward
    [change] = changed(direction, *((new, old) if back else (old, new)))
    assert change.rule in {aspect, f"{direction}-{aspect}"}
    assert change.bump is (request if direction == "request" else answer)
    assert words in change.words
    assert change.breaking is (change.bump is MAJOR)


def test_a_new_required_property_breaks_who_sends(changed: Changed) -> None:
    """Who reads gains it."""
    old, new = an_object({}), an_object({"y": STRING}, "y")
    assert [change.rule for change in changed("request", old, new)] == ["request-required-property-added"]
    assert [change.rule for change in changed("answer", old, new)] == ["answer-property-added"]


@pytest.mark.parametrize(("mark", "direction"), [("readOnly", "request"), ("writeOnly", "answer")])
def test_what_is_not_sent_is_not_there(mark: str, direction: str, changed: Changed) -> None:
    """A property for readers only is none of the request's, nor the other way round."""
    old, new = an_object({}), an_object({"y": {**STRING, mark: True}}, "y")
    assert changed(direction, old, new) == []
    other = {"request": "answer", "answer": "request"}[direction]
    assert [change.bump for change in changed(other, old, new)] != []


def test_defaults_count_in_requests(changed: Changed) -> None:
    """A reader never meets a default, so there it is documentation."""
    [change] = changed("request", STRING, string(default="a"))
    assert (change.rule, change.bump) == ("request-default-changed", MINOR)
    assert change.words == '`transcribe()` changed the default of the option `x` from none to "a".'
    assert [change.rule for change in changed("answer", STRING, string(default="a"))] == ["documentation-changed"]


@pytest.mark.parametrize(
    ("direction", "old", "new", "bump"),
    [
        ("request", {"anyOf": [A, B]}, an_object({"a": STRING, "b": STRING}), PATCH),
        ("answer", an_object({"a": STRING, "b": STRING}), {"anyOf": [A, B]}, MAJOR),
        (
            "answer",
            an_object({"a": STRING}),
            {"anyOf": [A, {**A, "title": "C", "properties": {"a": values("v")}}]},
            MINOR,
        ),
    ],
)
def test_another_form_can_be_covered(direction: str, old: Any, new: Any, bump: Bump, changed: Changed) -> None:
    """A request may take what a lost form took; a new form of an answer may be one of those it had."""
    assert bump in {change.bump for change in changed(direction, old, new) if "union-member" in change.rule or bump > 2}


def test_null_beside_a_new_union_is_no_change(changed: Changed) -> None:
    """Whether null comes is a matter of the whole, not of the object that becomes a branch."""
    schemas = {"Old": A, "New": {"oneOf": [A, B]}}
    old, new = ({"anyOf": [{"$ref": f"#/components/schemas/{name}"}, {"type": "null"}]} for name in ("Old", "New"))
    assert {change.rule for change in changed("answer", old, new, schemas)} == {"answer-union-member-added"}
    assert {change.rule for change in changed("answer", {"type": "null"}, new, schemas)} == {
        "answer-union-member-added"
    }


def test_too_many_combinations_are_refused(changed: Changed) -> None:
    """A few lines can stand for millions of branches; the place is named."""
    either = [{"oneOf": [{"properties": {f"{side}{n}": {}}} for side in "ab"]} for n in range(20)]
    with pytest.raises(Refusal, match=r"^#/.*/properties/x.*: a union with more than 1000 combinations"):
        changed("answer", {"type": "object"}, {"allOf": either})


def test_recursive_schemas_end(changed: Changed) -> None:
    """A change below a reference back is found once."""
    tree = {"$ref": "#/components/schemas/Tree"}
    schemas = {"Tree": an_object({"left": tree, "right": {"anyOf": [tree, B]}})}
    assert changed("answer", tree, tree, schemas) == []
    [change] = changed("answer", tree, {"type": ["object", "null"], "anyOf": [tree, {"type": "null"}]}, schemas)
    assert change.rule == "answer-null-added"


def node(kind: str, inner: str, *, last: str) -> dict[str, Any]:
    """An object that contains itself, below a union, beside a union of its own."""
    again = {"anyOf": [{"$ref": f"#/components/schemas/{kind}"}, B]}
    part = an_object({"i": {"type": inner}, "j": STRING}, "i")
    return an_object({"part": {"anyOf": [part, B]}, "rest": again, "z": {"type": last}}, "z")


@pytest.mark.parametrize(("last", "worst"), [("string", MINOR), ("integer", MAJOR)])
def test_a_recursive_schema_can_become_a_union(last: str, worst: Bump, changed: Changed) -> None:
    """The branch under another name takes all that was taken, or not."""
    schemas = {"Old": node("Old", "integer", last="string"), "New": node("New", "number", last=last)}
    old = {"$ref": "#/components/schemas/Old"}
    new = {"anyOf": [{"$ref": "#/components/schemas/New"}, an_object({"c": STRING}, "c")]}
    changes = changed("request", old, new, schemas)
    assert changes[0].bump is worst
    assert "request-union-member-added" in {change.rule for change in changes}
