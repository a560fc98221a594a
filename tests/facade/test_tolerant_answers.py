"""A paid text is kept whatever else is wrong with the answer it came in."""

from __future__ import annotations

import gzip

import pytest

from openrouter_stt import APIResponseError, Usage
from tests.support.server import Answer, Server
from tests.support.sounds import WAV
from tests.support.worlds import Driver

DIGITS = b"9" * 5000  # Python's int() refuses more than 4,300
PLAIN = b' {"text": "paid for"}'
HALVES = gzip.compress(PLAIN[:9]) + gzip.compress(PLAIN[9:])


@pytest.mark.parametrize("sign", [b"", b"-"])
@pytest.mark.parametrize("field", ["cost", "total_tokens"])
def test_a_number_of_thousands_of_digits_costs_that_number_alone(
    server: Server, client: Driver, field: str, sign: bytes
) -> None:
    """The other numbers beside it are read."""
    body = b'{"text": "paid for", "usage": {"%s": %s%s, "seconds": 1.5}}' % (field.encode(), sign, DIGITS)
    server.will(Answer(200, body))
    result = client.transcribe(WAV)
    assert (result.text, result.usage) == ("paid for", Usage(seconds=1.5))


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"text": "caf\xe9 noir"}', "caf\ufffd noir"),
        (b'{"text": "cut \xf0\x9f\x8e"}', "cut \ufffd"),
        (b'{"text": "two\nlines"}', "two\nlines"),
        (b'{"text": "a\ttab\r\n"}', "a\ttab\r\n"),
    ],
    ids=["Latin-1", "half a character", "newline", "tab"],
)
def test_a_text_that_is_not_quite_json_is_read(server: Server, client: Driver, body: bytes, text: str) -> None:
    """A byte that is no UTF-8 costs itself, and control characters stand for themselves."""
    server.will(Answer(200, body))
    assert client.transcribe(WAV).text == text


@pytest.mark.parametrize("encoding", ["identity", "Identity", "gzip", "GZIP", " gzip ", "deflate", "br"])
def test_an_answer_that_is_not_compressed_is_read_as_it_is(server: Server, client: Driver, encoding: str) -> None:
    """Whatever its headers say."""
    server.will(Answer(200, PLAIN, {"Content-Encoding": encoding}))
    assert client.transcribe(WAV).text == "paid for"


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "x-gzip"])
@pytest.mark.parametrize("body", [gzip.compress(PLAIN), HALVES], ids=["one member", "two members"])
def test_a_compressed_answer_is_read(server: Server, client: Driver, body: bytes, encoding: str) -> None:
    """A gzip file may be several, one behind the other (RFC 1952, 2.2)."""
    server.will(Answer(200, body, {"Content-Encoding": encoding}))
    assert client.transcribe(WAV).text == "paid for"


def test_a_bomb_of_many_members_is_refused(server: Server, client: Driver) -> None:
    """Each is small, and all of them are not."""
    member = gzip.compress(bytes(1024 * 1024), 9)
    server.will(Answer(200, member * 65, {"Content-Encoding": "gzip"}))
    with pytest.raises(APIResponseError, match="larger than 67,108,864 bytes") as caught:
        client.transcribe(WAV)
    assert caught.value.maybe_billed
