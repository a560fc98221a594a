"""What is made of one reply, asked directly: at the bounds, and beside them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from openrouter_stt import APIError, APIResponseError, APIStatusError, Transcription, Usage, _json
from openrouter_stt._answer import Reply, read_answer, retry_after
from openrouter_stt._json import DEEPEST, MOST_VALUES, read_object, readable

KEY = "sk-or-v1-0123456789"
SAID = {"text": "hello"}


def answer(document: Any, status: int = 200, **headers: str) -> Transcription | APIError:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return read_answer(Reply(status, named, body), model="m", attempts=2, headers={"authorization": f"Bearer {KEY}"})


def error(document: Any, status: int = 400, **headers: str) -> APIStatusError:
    made = answer(document, status, **headers)
    assert isinstance(made, APIStatusError)
    return made


def text(document: Any, **headers: str) -> Transcription:
    made = answer(document, **headers)
    assert isinstance(made, Transcription)
    return made


@pytest.mark.parametrize(("status", "success"), [(199, False), (200, True), (299, True), (300, False)])
def test_what_is_a_success(status: int, success: bool) -> None:
    assert isinstance(answer(SAID, status), Transcription if success else APIStatusError)


def test_a_transcription_is_whole() -> None:
    made = text({**SAID, "usage": {"cost": 1}}, x_generation_id="gen-1")
    assert (made.text, made.model, made.attempts, made.source) == ("hello", "m", 2, "network")
    assert (made.usage, made.generation_id) == (Usage(cost=1.0), "gen-1")
    assert made.response is not None


def test_a_text_that_cannot_be_written_is_mended_wherever_it_is() -> None:
    made = text(b'{"text": "a\\ud800b"}')
    assert made.response is not None
    assert (made.text, made.response.to_dict()["text"]) == ("a\ufffdb", "a\ufffdb")


@pytest.mark.parametrize(
    ("value", "cost"),
    [(1.5, 1.5), (-1.5, -1.5), (0, 0.0), (1e299, 1e299), (-1e299, -1e299), (1e300, None), (-1e300, None), (True, None)],
)
def test_a_number_has_bounds(value: float, cost: float | None) -> None:
    """Of which no bill is near."""
    made = text({**SAID, "usage": {"cost": value}})
    assert made.usage == Usage(cost=cost)


@pytest.mark.parametrize(("value", "count"), [(2, 2), (2.0, 2), (2.5, None), ("2", None)])
@pytest.mark.parametrize("field", ["input_tokens", "output_tokens", "total_tokens"])
def test_a_count_is_whole(field: str, value: Any, count: int | None) -> None:
    usage = text({**SAID, "usage": {field: value}}).usage
    assert usage == Usage(**{field: count})  # type: ignore[arg-type]
    assert type(getattr(usage, field)) is type(count)


@pytest.mark.parametrize("status", range(400, 600))
def test_which_outcomes_are_unknown(status: int) -> None:
    """Those that a gateway states; a few have a hint."""
    made = error({"error": {"message": "no"}}, status)
    assert made.maybe_billed is (status in {504, 520, 522, 524})
    hint = {401: " (check the API key)", 404: " (check the model and the base URL)"}
    credit = " (add credits at https://openrouter.ai/settings/credits)"
    assert made.message == f"status {status}: no{credit if status == 402 else hint.get(status, '')}"


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (400, 400),
        (599, 599),
        (399, None),
        (600, None),
        (503.0, 503),
        (503.5, None),
        ("503", 503),
        ("400", 400),
        ("5031", None),
        ("5" * 5000, None),
        ("50", None),
        ("399", None),
        ("5x3", None),
        ("\u0665\u0660\u0663", None),
        ("²²²", None),
        (None, None),
        ([503], None),
    ],
)
def test_the_code_in_a_body(code: Any, status: int | None) -> None:
    """A number from 400 to 599, which may be written as text."""
    for document in (
        {"error": {"code": code}},
        {"text": "", "error": {"code": code}},
        {"error": {"code": code}, "text": 7},
    ):
        made = answer(document)
        if status is not None:
            assert isinstance(made, APIStatusError)
            assert made.status == status
        elif document.get("text") == "":
            assert isinstance(made, Transcription)
        else:
            assert isinstance(made, APIResponseError)
            assert made.maybe_billed
    assert isinstance(answer({"text": "x", "error": {"code": code}}), Transcription)


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"", "an empty body"),
        (b" \n ", "an empty body"),
        (b" <html>", "an HTML page"),
        (b"<", "an HTML page"),
        (b" " * 511 + b"<", "an HTML page"),
        (b" " * 512 + b"<", "an empty body"),
        (b'{"a": 1}', "JSON without a message"),
        (b"{}", "JSON that is of no use"),
        (b'["a"]', "JSON that is of no use"),
        (b'"a"', "JSON that is of no use"),
        (b'{"text": "hello"', "JSON that is of no use"),
        (b"no <html>", "9 bytes of something else"),
        (b'{"error": {"message": " "}}', "JSON without a message"),
        (b'{"error": {"message": 7}}', "JSON without a message"),
        (b'{"error": "no"}', "JSON without a message"),
    ],
)
def test_a_body_without_a_message_is_described(body: bytes, what: str) -> None:
    assert error(body).message == f"status 400: the server sent {what}"
    made = answer(body)
    assert isinstance(made, APIResponseError)
    advice = "; check base_url, and whether the network asks for a login first" if what == "an HTML page" else ""
    assert made.message == f"the server reported success but sent no text: {what}; it may have been billed{advice}"


@pytest.mark.parametrize(
    ("asked", "words"),
    [("0", ""), ("0.2", "; try again in 1 s"), ("20", "; try again in 20 s"), ("1e99", f"; try again in {10**12} s")],
)
def test_seconds_to_wait_are_whole(asked: str, words: str) -> None:
    assert error({"error": {"message": "no"}}, 429, retry_after=asked).message == f"status 429: no{words}"


@pytest.mark.parametrize(("status", "told"), [(299, False), (300, True), (399, True), (400, False)])
def test_what_is_a_redirect(status: int, told: bool) -> None:
    assert ("redirects are not followed" in str(answer(b"", status))) is told


@pytest.mark.parametrize(("length", "shown"), [(499, 499), (500, 500), (501, 503)])
def test_a_message_is_cut(length: int, shown: int) -> None:
    said = error({"error": {"message": f"  {'é' * length}  "}}).message.removeprefix("status 400: ")
    assert (len(said), said.endswith("...")) == (shown, length > 500)


def test_what_an_error_keeps() -> None:
    """No cookie, no text, no key; the rest as it was."""
    document = {"text": "a secret text", "error": {"message": f"{KEY} said a secret text"}, "id": 7, "zone": 8}
    made = error(document, set_cookie="a=b", x_other="c", x_request_id="req-1", retry_after="7")
    assert made.error == {"error": {"message": "[redacted] said [redacted]"}, "id": 7, "zone": 8}
    assert made.headers == {"x-other": "c", "x-request-id": "req-1", "retry-after": "7"}
    assert (made.request_id, made.retry_after, made.attempts) == ("req-1", 7.0, 0)
    assert (error(b"").error, error({"text": 7}).error) == (None, None)


@pytest.mark.parametrize(
    ("headers", "name"),
    [({"x_request_id": "a", "cf_ray": "b"}, "a"), ({"x_request_id": "", "cf_ray": "b"}, "b"), ({}, None)],
)
def test_the_name_of_a_request(headers: dict[str, str], name: str | None) -> None:
    assert error(b"", **headers).request_id == name
    made = answer(b"", **headers)
    assert isinstance(made, APIResponseError)
    assert made.request_id == name


@pytest.mark.parametrize(
    ("stated", "seconds"),
    [
        (None, None),
        ("", None),
        ("0", 0.0),
        ("0.0", 0.0),
        (" 7 ", 7.0),
        ("1.", 1.0),
        ("1.5E1", 15.0),
        ("1e-1", 0.1),
        ("-1", None),
        ("1e12", 1e12),
        ("1e13", 1e12),
        ("1e999", 1e12),
        ("soon", None),
        ("Mon, 01 Jan 0001 00:00:00 +2359", None),
        ("Mon, 99 Foo 2026 00:00:00 GMT", None),
        ("Fri, 31 Dec 99999 23:59:59 GMT", None),
        (",", None),
        ("0 :", None),
        ("1 1 1 1 +99999999999999999999", None),
    ],
)
def test_retry_after(stated: str | None, seconds: float | None) -> None:
    assert retry_after(stated) == seconds


def test_retry_after_as_a_date() -> None:
    """Blanks may fill it, up to the length that is read at all; a zone that is not stated is UTC."""
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=100))
    for stated in (date, date.replace("+0000", "-0000"), date.replace(" ", " " * (64 - len(date) + 1), 1)):
        assert retry_after(stated) == pytest.approx(100, abs=5)
    assert retry_after(date.replace(" ", " " * (65 - len(date) + 1), 1)) is None
    for over in (0, 1, 100):
        assert retry_after(format_datetime(datetime.now(UTC) - timedelta(seconds=over))) is None


def _pruned(value: Any, depth: int = 1) -> Any:
    """Put null in the place of what lies too deep."""
    if isinstance(value, dict):
        return {name: _pruned(each, depth + 1) for name, each in value.items()} if depth <= DEEPEST else None
    if isinstance(value, list):
        return [_pruned(each, depth + 1) for each in value] if depth <= DEEPEST else None
    return value


def _nested(inner: Any, levels: int, *, mapping: bool = False) -> Any:
    for _ in range(levels):
        inner = {"a": inner, "b": ']}\\"['} if mapping else [inner]
    return inner


@pytest.mark.parametrize("mapping", [False, True])
@pytest.mark.parametrize("levels", [1, 60, 61, 62, 63, 64, 65, 66, 100, 200])
@pytest.mark.parametrize("inner", [1, [], {}, [[1], {"a": [2]}, "["], {"a": [[3], [4]], "b": {}}], ids=repr)
def test_what_lies_too_deep_is_null(levels: int, mapping: bool, inner: Any) -> None:
    """And nothing else changes."""
    deep = _nested(inner, levels, mapping=mapping)
    document = {"before": [{"[": '"{'}], "deep": [deep, 5, deep], "text": 'a "] b', "after": deep, "end": 1}
    for separators in ((",", ":"), (", ", ": ")):
        assert read_object(json.dumps(document, separators=separators).encode()) == _pruned(document)


def test_64_levels_are_read() -> None:
    assert DEEPEST == 64
    assert read_object(json.dumps({"a": _nested(1, 63)}).encode()) == {"a": _nested(1, 63)}
    assert read_object(json.dumps({"a": _nested(1, 64)}).encode()) == {"a": _nested(None, 63)}


def _depth(value: Any) -> int:
    depth = 0
    while isinstance(value, list | dict) and value:
        value, depth = next(iter(value.values() if isinstance(value, dict) else value)), depth + 1
    return depth


@pytest.mark.parametrize(("size", "depth"), [(1024 * 1024, 64), (1024 * 1024 + 1, 101)])
def test_pruning_has_bounds(size: int, depth: int) -> None:
    """More is read as it is, if it can be."""
    text = json.dumps({"a": _nested(1, 100)})
    assert _depth(read_object(text.replace(" ", " " * (size - len(text) + 1)).encode())) == depth


@pytest.mark.parametrize("many", [b"[],", b"{},", b"1,"])
def test_a_million_values_are_read(monkeypatch: pytest.MonkeyPatch, many: bytes) -> None:
    """Which brackets and commas count; here a thousand of them, which takes less time."""
    assert MOST_VALUES == 1_000_000
    monkeypatch.setattr(_json, "MOST_VALUES", 1000)
    times, rest = divmod(998, len(many.replace(b"]", b"").replace(b"}", b"").replace(b"1", b"")))
    body = b'{"a":[' + many * times + b"1," * rest + b"1]}"
    assert sum(map(body.count, (b"[", b"{", b","))) == 1000
    assert read_object(body)
    assert not read_object(body.replace(b"1]}", b"1,1]}"))


@pytest.mark.parametrize(("digits", "kind"), [(299, int), (300, float), (308, float), (309, None), (5000, None)])
def test_whole_numbers_of_hundreds_of_digits_are_floats(digits: int, kind: type | None) -> None:
    """Those that no float reaches are null."""
    value = read_object(b'{"a": %s}' % (b"9" * digits))["a"]
    assert type(value) is (kind or type(None))
    assert value == (kind("9" * digits) if kind else None)


@pytest.mark.parametrize("body", [b"", b"[1]", b"1", b'{"a": 1', b'{"a": 1}{}', b"[" * 100_000, b"\xff"])
def test_what_is_no_object_is_an_empty_one(body: bytes) -> None:
    assert read_object(body) == {}


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_json_is_null(word: str) -> None:
    assert read_object(f'{{"a": {word}, "b": "x\ny"}}'.encode()) == {"a": None, "b": "x\ny"}


@pytest.mark.parametrize(("text", "read"), [("\ud800a", "\ufffda"), ("\ud83c\udfa7", "🎧"), ("aé🎧", "aé🎧")])
def test_halves_of_pairs_are_replaced(text: str, read: str) -> None:
    assert readable(text) == read
