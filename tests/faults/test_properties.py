"""What hypothesis thinks of for a server to say: it is read, or is an error of ours, and costs no time."""

from __future__ import annotations

import json
import math
import pickle
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from openrouter_stt import APIError, APIResponseError, APIStatusError, Transcription
from openrouter_stt._answer import LONGEST_WAIT, Reply, read_answer, retry_after
from openrouter_stt._decompress import decompressed
from openrouter_stt._json import DEEPEST, read_object
from openrouter_stt._redact import redacted

# `pytest --hypothesis-profile=often tests/faults` asks for ten thousand examples each.
often = settings(deadline=None)
KEY = "sk-or-v1-do-not-tell"
SIGNS = st.sampled_from(["", "-", "+"])
DIGITS = st.text("0123456789", min_size=1, max_size=400)
FRACTIONS = st.just("") | DIGITS.map(".{}".format)
EXPONENTS = st.just("") | st.builds("{}{}{:d}".format, st.sampled_from("eE"), SIGNS, st.integers(0, 9999))
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4)
)
errors = st.fixed_dictionaries({}, optional={"code": values | st.sampled_from([429, "503", 402]), "message": values})
documents = st.fixed_dictionaries({}, optional={"text": values, "usage": values, "error": values | errors})
bodies = st.binary(max_size=200) | documents.map(lambda each: json.dumps(each).encode("utf-8", "surrogatepass"))


@often
@given(st.text(max_size=80) | st.tuples(SIGNS, DIGITS, FRACTIONS, EXPONENTS).map("".join))
def test_any_retry_after_is_a_time_or_none(stated: str) -> None:
    """A finite one, never negative."""
    seconds = retry_after(stated)
    assert seconds is None or 0 <= seconds <= LONGEST_WAIT


@often
@given(st.integers(min_value=0) | st.floats(min_value=0, allow_nan=False, allow_infinity=False))
def test_each_number_of_seconds_is_read_as_it_is(seconds: float) -> None:
    assert retry_after(f" {seconds} ") == min(float(seconds), LONGEST_WAIT)


@often
@given(st.datetimes(min_value=datetime(1900, 1, 1)), st.integers(-24 * 60 + 1, 24 * 60 - 1))  # noqa: DTZ001  has one below
def test_each_date_is_read(moment: datetime, minutes: int) -> None:
    """One that is over is none."""
    zone = timedelta(minutes=minutes)
    text = f"{format_datetime(moment)[:-5]}{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"
    seconds = retry_after(text)
    left = (moment.replace(tzinfo=UTC, microsecond=0) - datetime.now(UTC)).total_seconds() - zone.total_seconds()
    if left > 1:
        assert seconds is not None
        assert math.isclose(seconds, left, abs_tol=1)
    elif left < -1:
        assert seconds is None


def _answer(status: int, body: bytes, headers: Mapping[str, str]) -> Transcription | APIError:
    return read_answer(Reply(status, headers, body), model="m", attempts=1, headers={"authorization": f"Bearer {KEY}"})


@often
@given(st.integers(100, 999), bodies, st.dictionaries(st.sampled_from(["retry-after", "x-request-id"]), st.text()))
def test_any_reply_is_a_text_or_an_error(status: int, body: bytes, headers: Mapping[str, str]) -> None:
    """The error is plain and short; a text can be written in any encoding of Unicode."""
    result = _answer(status, body, headers)
    if isinstance(result, Transcription):
        assert result.text.encode().decode() == result.text
        return
    assert isinstance(result, APIStatusError | APIResponseError)
    assert len(str(result)) < 2000
    assert str(result).isprintable() or not str(result).isascii()
    assert str(pickle.loads(pickle.dumps(result))) == str(result)  # noqa: S301  our own


@often
@given(st.text(), values, values)
def test_a_text_outlives_all_else(text: str, usage: Any, other: Any) -> None:
    body = json.dumps({"other": other, "text": text, "usage": usage}).encode()
    result = _answer(200, body, {})
    assert isinstance(result, Transcription)
    assert result.text == text


@often
@given(st.integers(0, 300), st.sampled_from(['{"a":', "["]), st.sampled_from(['"]}"', "1", '"\\""', ""]))
def test_only_what_lies_deep_is_lost(depth: int, opening: str, inside: str) -> None:
    """Whatever brackets stand inside of strings."""
    closing = "}" if opening.startswith("{") else "]"
    value = opening * depth + (inside or ("null" if opening != "[" else "")) + closing * depth
    document = read_object(f'{{"before": "[{{\\"", "deep": {value or 1}, "text": "]}}"}}'.encode())
    assert (document.get("before"), document.get("text")) == ('[{"', "]}")
    assert _depth(document) <= DEEPEST


def _depth(value: Any) -> int:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inside is None else 1 + max(map(_depth, inside), default=0)


@often
@given(st.binary(max_size=300), st.text(max_size=30) | st.sampled_from(["gzip", "deflate", "gzip, deflate"]))
def test_any_compression_is_undone_or_is_an_error_of_ours(body: bytes, coding: str) -> None:
    with suppress(APIResponseError):
        assert len(decompressed(body, coding, 1000)) <= 1000


@often
@given(values, st.text("abcdefg", min_size=8, max_size=20))
def test_no_secret_is_left_in_a_document(document: Any, secret: str) -> None:
    """Wherever it stands."""
    hidden = redacted([document, {secret: f"a{secret}b"}, [secret * 2]], [secret])
    assert secret not in json.dumps(hidden, ensure_ascii=False)
