"""How findings become rows: renames, provider maps, and edits that many schemas share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from generator.changes import Bump, Change, compare

Changed = Callable[..., list[Change]]
Make = Callable[..., dict[str, Any]]

STRING = {"type": "string"}
FREE = {"type": "object", "additionalProperties": {}}
STATUSES = ("400", "401", "402", "404", "429", "500", "502", "503", "524", "529")


def ref(name: str) -> dict[str, str]:
    """A reference to a named schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def an_object(**properties: Any) -> dict[str, Any]:
    """An object with optional properties."""
    return {"type": "object", "properties": properties}


def providers(number: int, **more: Any) -> dict[str, Any]:
    """A map of some providers."""
    return an_object(**{f"slug-{index:03}": FREE for index in range(number)}, **more)


@pytest.mark.parametrize(
    ("old", "new", "rule", "bump", "words"),
    [
        (providers(120), providers(121), "provider-added", Bump.PATCH, "The provider `slug-120` became known."),
        (providers(120), providers(122), "provider-added", Bump.PATCH, "The providers `slug-120` and `slug-121`"),
        (providers(120), providers(119), "provider-removed", Bump.MINOR, "`slug-119` became unknown"),
        (providers(9), providers(10), "provider-added", Bump.PATCH, "`slug-009`"),
        (providers(10), providers(9), "provider-removed", Bump.MINOR, "`slug-009`"),
        (FREE, providers(120), "provider-added", Bump.PATCH, "`slug-004` and 115 more"),
        (providers(20), providers(20, y=STRING), "request-property-added", Bump.MINOR, "gained a new field `x.y`"),
    ],
)
def test_a_provider_map_is_told_by_its_names(
    old: Any, new: Any, rule: str, bump: Bump, words: str, changed: Changed
) -> None:
    """One row for all that came at once, however many there are."""
    [change] = changed("request", old, new)
    assert (change.rule, change.bump) == (rule, bump)
    assert words in change.words


def test_members_of_a_map_change_together(changed: Changed) -> None:
    """Their common shape is one row."""
    old, new = providers(20), an_object(**{name: {**FREE, "deprecated": True} for name in providers(20)["properties"]})
    [change] = changed("request", old, new)
    assert change.words == "`transcribe()` deprecated the field `x.*`."
    assert len(change.places) == 20


def test_an_edit_of_ten_answers_is_one_row(make: Make) -> None:
    """The words count them, the places name them."""
    documents = []
    for properties in ({}, {"openrouter_metadata": FREE}):
        responses = {
            status: {"description": "d", "content": {"application/json": {"schema": an_object(**properties)}}}
            for status in STATUSES
        }
        documents.append(make(responses=responses))
    [change] = compare(*documents)
    assert change.words == "10 error answers gained `openrouter_metadata`."
    assert len(change.places) == 10


def test_an_edit_of_a_success_and_an_error_is_one_row(make: Make) -> None:
    """The success is told first."""
    documents = []
    for data in (an_object(), an_object(y=STRING)):
        answer = {"description": "d", "content": {"application/json": {"schema": ref("Data")}}}
        documents.append(make(responses={"429": answer, "200": answer}, schemas={"Data": data}))
    [change] = compare(*documents)
    assert change.words == "The answer and error answer 429 gained `y`."
    assert change.places == ("/components/schemas/Data/properties/y",)


def test_an_edit_at_several_paths_names_them(make: Make) -> None:
    """Equal edits in one request are one row."""
    old, new = (make(request=an_object(a=an_object(y={"type": kind}), b=an_object(y={"type": kind}))) for kind in TYPES)
    [change] = compare(old, new)
    assert "the field `a.y` and the field `b.y` from string to integer" in change.words


TYPES = ("string", "integer")


def test_what_both_directions_share_is_told_once(make: Make) -> None:
    """Unless the verdicts differ."""

    def document(**properties: Any) -> dict[str, Any]:
        return make(request=ref("Both"), answer=ref("Both"), schemas={"Both": an_object(**properties)})

    [change] = compare(document(), document(y=STRING))
    assert (change.rule, change.words) == (
        "request-property-added",
        "`transcribe()` gained a new option `y`, in answers as well.",
    )
    changes = compare(document(y=STRING), document(y={"type": ["string", "null"]}))
    assert [(change.rule, change.bump) for change in changes] == [
        ("answer-null-added", Bump.MAJOR),
        ("request-null-added", Bump.MINOR),
    ]


@pytest.mark.parametrize("also", [{}, {"z": STRING}], ids=["alone", "with a change"])
def test_a_renamed_schema_proposes_an_alias(also: dict[str, Any], make: Make) -> None:
    """It is the one at the same place that still has most of the properties."""
    body = an_object(a=STRING, b=STRING, c=STRING)
    old = make(request=ref("STTRequest"), schemas={"STTRequest": body})
    renamed = an_object(**body["properties"], **also)
    new = make(request=ref("TranscriptionRequest"), schemas={"TranscriptionRequest": renamed})
    change = compare(old, new)[0]
    assert (change.rule, change.bump) == ("schema-renamed", Bump.MAJOR)
    assert 'add STTRequest = "TranscriptionRequest" to [aliases] in generator/config.toml' in change.words
    aliases = {"STTRequest": "TranscriptionRequest"}
    [change] = [change for change in compare(old, new, aliases) if change.rule == "schema-renamed"]
    assert (change.bump, change.words[-29:]) == (Bump.PATCH, "the alias keeps the old name.")


def test_a_renamed_schema_is_found_by_its_shape(make: Make) -> None:
    """Where nothing stands at its old place, the one of the same shape is meant."""
    marked = {"type": "object", "properties": {"mark": {"const": "a"}}}
    old = make(request=an_object(x=ref("Old")), schemas={"Old": marked})
    new = make(request=an_object(), answer=an_object(y=ref("New")), schemas={"New": marked})
    [change] = [change for change in compare(old, new) if change.rule == "schema-renamed"]
    assert change.words.startswith("`Old` is now `New`;")


def test_another_schema_at_the_same_place_is_no_rename(make: Make) -> None:
    """One that shares no property with it is another one."""
    old = make(request=ref("Old"), schemas={"Old": an_object(a=STRING)})
    new = make(request=ref("New"), schemas={"New": an_object(b={"type": "integer"})})
    assert "schema-renamed" not in {change.rule for change in compare(old, new)}


def test_properties_of_one_shape_are_not_guessed(changed: Changed) -> None:
    """Two that went and one that came belong together in no certain way."""
    old, new = an_object(a=STRING, b=STRING, any={}), an_object(c=STRING, all={})
    assert {change.rule for change in changed("answer", old, new)} == {
        "answer-property-removed",
        "answer-property-added",
    }


def test_all_words_are_one_row(make: Make) -> None:
    """Breaking changes stand before it."""
    old = make(request=an_object(y=STRING))
    new = make(request=an_object(y={"type": "integer", "title": "T"}), summary="S") | {"info": {"title": "New"}}
    first, second = compare(old, new)
    assert first.breaking
    assert second.words == "Descriptions, examples or other words changed in 3 places."
    assert second.places[0] == "/info"
