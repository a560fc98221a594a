"""What YAML and JSON mean, and what is refused in them, with its line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.refusal import Refusal
from generator.values import load

YAML = """\
openapi: 3.1.0
info:
  title: "a \\u00e9"
  version: 1.0
tags: [no, {x: 0x1F}]
paths:
  /x: |
    words
"""
JSON = json.dumps({"openapi": "3.1.0", "paths": {"/x": [1, -2.5e3, True, None, {"y": "\n\u00e9\U0001f600"}]}}, indent=1)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", "no"),
        ("True", True),
        ("", None),
        ("2026-01-31", "2026-01-31"),
        ("010", 10),
        ("0o17", 15),
        ("0x1F", 31),
        ("1:30", "1:30"),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("'010'", "010"),
        ("!!str 010", "010"),
        ("[read:users, http://x/y]", ["read:users", "http://x/y"]),
        ("|\n  x\n  y\n", "x\ny\n"),
    ],
)
def test_scalars_are_those_of_yaml_1_2(written: str, value: object) -> None:
    """The core schema alone decides (YAML 1.2.2, section 10.3.2); versions 1.1 and 1.2 differ in most of these."""
    assert load(f"a: {written}", "n") == {"a": value}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("%YAML 1.2\n---\na: 1\n...\n", {"a": 1}),
        ("200: a\nno: b\n", {"200": "a", "no": "b"}),
        ("'<<': 1", {"<<": 1}),
        (' {"a": [1, -2.5e1, null, "\\u00e9"]} ', {"a": [1, -25.0, None, "\u00e9"]}),
        ("[]", []),
    ],
)
def test_documents_become_json_values(text: str, value: Any) -> None:
    """Keys are text, as in JSON."""
    assert load(text, "n") == value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", 'line 3: found duplicate key "a"'),
        ("200: 1\n'200': 2\n", "the key '200' is twice"),
        ("%YAML 1.1\n---\na: no\n", "%YAML 1.1: only YAML 1.2 is read"),
        ("%YAML 1.3\n---\na: no\n", "%YAML 1.3: only YAML 1.2 is read"),
        ("a: [1,\n", "line 2: expected the node content"),
        ("a:\n\tb: 1\n", "line 2: found character"),
        ("a: 1\n---\nb: 2\n", "line 2: but found another document"),
        ("a: &a [*a]", "line 1: an alias"),
        ("x: 1\na: &a [1]\nb: [*a, *a]", "line 3: an alias"),
        ("a: .nan", "not JSON compliant"),
        ("a: 1e999", "not JSON compliant"),
        (f"a: 1{'1' * 5000}", "not a YAML or JSON document"),
        ("a: !!python/object:os.system 1", "line 1: could not determine a constructor"),
        ("a: !!set {x, y}", "not JSON serializable"),
        ("? [a]\n: 1", "keys must be str"),
        ("<<: 1", "line 1: expected a mapping"),
        ("a: 1\nb: \x00", "special characters are not allowed"),
        ('a: "\\UFFFFFFFF"', "not a YAML or JSON document"),
        (f"a: {'[' * 2000}", "nested too deep"),
    ],
)
def test_yaml_that_json_cannot_hold_is_refused(text: str, words: str) -> None:
    """The refusal says what is wrong and in which line."""
    with pytest.raises(Refusal) as refused:
        load(text, "n")
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{\n"a": 1,\n"b": {"a": "{"},\n"a": 2}', "the key 'a' is twice in a mapping with a, b"),
        ('{"a": 1,\n"\\u0061": 2}', "the key 'a' is twice"),
        ('{"a": [1.5,\nNaN]}', "NaN is no number that JSON can hold"),
        ('{"a": 1e999}', "not JSON compliant"),
        ('{"a": 1,\n', "line 2: not JSON: Expecting property name"),
        ("{a: 1}", "line 1: not JSON: Expecting property name"),
        ("{} {}", "line 1: not JSON: Extra data"),
        ('{"a": "\t"}', "line 1: not JSON: Invalid control character"),
        ("[" * 99999, "nested too deep"),
        ('{"a": "\\ud800"}', "an escape such as \\ud800 is half a character"),
    ],
)
def test_what_is_not_quite_json_is_refused(text: str, words: str) -> None:
    """What begins with a bracket is held to RFC 8259, and to unequal keys."""
    with pytest.raises(Refusal) as refused:
        load(text, "n")
    assert words in str(refused.value)


def test_json_is_refused_wherever_it_is_cut() -> None:
    """No beginning of a JSON document is one."""
    for end in range(1, len(JSON)):
        with pytest.raises(Refusal, match="not JSON"):
            load(JSON[:end], "n")


def _garbled(text: str) -> st.SearchStrategy[str]:
    """Documents of which up to three pieces were replaced."""
    odd = st.sampled_from(["\t", "\x00", "&a ", "*a", "<<: ", "---\n", "!", "%", "? ", "[", "{", '"', "'", "|", "\\x"])
    edits = st.lists(st.tuples(st.integers(0, len(text)), st.integers(0, 9), odd | st.text(max_size=4)), max_size=3)

    def garble(places: list[tuple[int, int, str]]) -> str:
        result = text
        for place, length, new in places:
            result = result[:place] + new + result[place + length :]
        return result

    return edits.map(garble)


@settings(max_examples=150, deadline=None, database=None, derandomize=True)
@given(_garbled(YAML) | _garbled(JSON))
def test_garbled_documents_are_read_or_refused(text: str) -> None:
    """Nothing but a Refusal of one short line is raised, and what is read is JSON."""
    try:
        value, words = load(text, "n"), ""
    except Refusal as refusal:
        value, words = None, str(refusal)
    assert words.isprintable()
    assert len(words) < 300
    assert json.loads(json.dumps(value, allow_nan=False)) == value
