"""What servers do wrong, and what is to come of each: the one table of expectations for every world."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import openrouter_stt
from openrouter_stt import APIConnectionError, APIResponseError, APIStatusError, APITimeoutError, STTError
from tests.faults.hostile import (
    Behaviour,
    answers,
    chunked,
    deaf,
    drips,
    early,
    floods,
    one_by_one,
    response,
)
from tests.support.spec import error_name, error_statuses

MIB = 1024 * 1024
TEXT = b'{"text": "hello"}'
OK = answers(response(200, TEXT))
HTML = b"<!DOCTYPE html><title>502 Bad Gateway</title>"
PARTS = {"inside its status line": 9, "behind its status line": 17, "inside its headers": 25, "behind its headers": 39}
WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n" + TEXT
BOMB = gzip.compress(bytes(65 * MIB), 1)


@dataclass(frozen=True)
class Fault:
    """A fault of a server, and what comes of a call to it."""

    name: str
    behave: Behaviour
    error: type[STTError] | None = None  # None: the text is there
    status: int | None = None
    sends: int = 1
    billed: bool = False
    kind: str | None = None
    timeout: float | None = None  # on the real clock; else waits are jumped over
    large: bool = False  # more audio than the buffers between two sockets hold
    text: str = "hello"


def refused(status: int, name: str, behave: Behaviour, **facts: Any) -> Fault:
    """A fault that ends in the error of a status."""
    documented = status in error_statuses()
    kind: type[STTError] = getattr(openrouter_stt, error_name(status)) if documented else APIStatusError
    sends = {"sends": 3} if status in (408, 429, 500, 502, 503, 529) else {}
    return Fault(f"{status} {name}", behave, kind, status, **{"billed": status in UNKNOWN, **sends, **facts})


UNKNOWN = (504, 520, 522, 524)
STATUSES = (
    *(400, 401, 402, 403, 404, 405, 409, 413, 415, 418, 422, 451, 408, 429, 500, 501, 502, 503, 504, 505, 507, 520),
    *(521, 522, 523, 524, 525, 526, 529, 530, 598, 599, 999),
)


def in_json(status: int, **error: Any) -> bytes:
    return json.dumps({"error": {"code": status, "message": "no", **error}}).encode()


def statuses() -> Iterator[Fault]:
    for status in STATUSES:
        yield refused(status, "with JSON", answers(response(status, in_json(status))))
    for status in (400, 401, 402, 404, 429, 500, 503, 504, 524):
        yield refused(status, "without a body", answers(response(status)))
        yield refused(status, "with HTML", answers(response(status, HTML)))
    for status in (300, 301, 302, 303, 304, 307, 308):
        moved = response(status, b"", "Location: https://elsewhere.invalid/")
        yield refused(status, "to another origin", answers(moved))
    for status in (400, 429, 503, 524):
        head = f"HTTP/1.1 {status} No\r\nContent-Length: 90\r\n\r\n".encode()
        yield refused(status, "with a body that is cut", answers(head + b'{"error": ', "close"))
        yield refused(status, "with a body that is reset", answers(head + b'{"error": ', "reset"))
        yield refused(status, "with a body that drips", drips(head, b" "), sends=1, timeout=0.6)
    yield refused(400, "with an endless body", floods(b"HTTP/1.1 400 No\r\n\r\n", bytes(MIB)))
    yield refused(503, "with a gzip bomb", answers(response(503, BOMB, "Content-Encoding: gzip")))
    yield refused(503, "with gzip that is none", answers(response(503, b"none", "Content-Encoding: gzip")))
    yield refused(401, "with gzip", answers(response(401, gzip.compress(in_json(401)), "Content-Encoding: gzip")))
    yield refused(500, "with a text", answers(response(500, b'{"text": "half", "error": {"code": 500}}')))


def waits() -> Iterator[Fault]:
    in_flight = in_json(402, metadata={"limit_source": "openrouter_in_flight_budget"})
    no_credits = in_json(402, metadata={"limit_source": "openrouter_credits"})
    yield refused(402, "for what is in flight", answers(response(402, in_flight, "Retry-After: 2")), sends=3)
    yield refused(402, "for what is in flight, without a time", answers(response(402, in_flight)))
    yield refused(402, "for no credits, with a time", answers(response(402, no_credits, "Retry-After: 2")))
    yield refused(402, "in a 200 for what is in flight", answers(response(200, in_flight, "Retry-After: 2")), sends=3)
    for asked, sends in {
        "0": 3,
        "1.5": 3,
        "120": 3,
        "120.5": 1,
        "3600": 1,
        "-1": 3,
        "soon": 3,
        "nan": 3,
        "inf": 3,
        "1e400": 1,
        "9" * 5000: 1,
        "Fri, 31 Dec 9999 23:59:59 GMT": 1,
        "Sun, 06 Nov 1994 08:49:37 GMT": 3,
        ";" * 9000: 3,
    }.items():
        asks = answers(response(429, b"", f"Retry-After: {asked}"))
        yield refused(429, f"with Retry-After {asked[:30]}", asks, sends=sends)
    yield Fault("503 once", one_by_one(answers(response(503)), OK), sends=2)
    yield Fault("429 in a 200 once", one_by_one(answers(response(200, in_json(429))), OK), sends=2)


def errors_in_a_success() -> Iterator[Fault]:
    for status in (400, 401, 402, 403, 408, 429, 500, 502, 503, 504, 524, 529):
        yield refused(status, "in a 200", answers(response(200, in_json(status))))
    for code, status in {"429": 429, "503": 503, "524": 524}.items():
        yield refused(status, "as text in a 200", answers(response(200, in_json(0, code=code))))
    yield refused(503, "as a float in a 200", answers(response(200, in_json(0, code=503.0))))
    yield refused(502, "beside an empty text", answers(response(200, b'{"text": "", "error": {"code": 502}}')))
    for name, error in {
        "code 200": {"code": 200},
        "code 1e400": {"code": 10**400},
        "no code": {},
        "code true": {"code": True},
        "code in words": {"code": "rate_limited"},
        "a str": "no",
        "a list": ["no"],
        "code 429.5": {"code": 429.5},
    }.items():
        body = json.dumps({"error": error}).encode()
        yield Fault(f"an error in a 200: {name}", answers(response(200, body)), APIResponseError, billed=True)


def unusable() -> Iterator[Fault]:
    bodies = {
        "nothing": b"",
        "HTML": HTML,
        "null": b"null",
        "a list": b"[1]",
        "a number": b"1",
        "a str": b'"hello"',
        "NaN": b"NaN",
        "half": TEXT[:-1],
        "text null": b'{"text": null}',
        "text 7": b'{"text": 7}',
        "text a list": b'{"text": ["hello"]}',
        "no text": b'{"usage": {}}',
        "bytes": bytes(range(128, 256)),
        "brackets": b"[" * 100_000,
        "brackets of both kinds": b'{"a":[' * 50_000,
        "NULs": bytes(1000),
        "a string without end": b'{"text": "' + b'\\"' * 500_000,
        "two objects": TEXT + TEXT,
        "more values than memory holds": b'{"text": "x", "a": [' + b"[]," * 2_000_000 + b"1]}",
    }
    for name, body in bodies.items():
        yield Fault(f"a 200 with {name}", answers(response(200, body)), APIResponseError, billed=True)
    packed = gzip.compress(TEXT)
    codings = {
        "gzip that is none": (b"none at all", "gzip"),
        "gzip that is cut": (packed[:-9], "gzip"),
        "br": (b"\x0b", "br"),
        "an unknown coding": (b"\x00", "rot13"),
        "gzip four times": (packed, "gzip, gzip, gzip, gzip"),
        "gzip without an end": (packed[:10], "gzip"),
        "gzip in 200 members": (gzip.compress(b" ") * 200, "gzip"),
        "a gzip bomb": (BOMB, "gzip"),
        "a bomb in a bomb": (gzip.compress(BOMB), "gzip, gzip"),
        "a deflate bomb": (zlib.compress(bytes(65 * MIB), 1), "deflate"),
    }
    for name, (body, coding) in codings.items():
        sent = answers(response(200, body, f"Content-Encoding: {coding}"))
        yield Fault(f"a 200 with {name}", sent, APIResponseError, billed=True)
    yield Fault("a 204", answers(b"HTTP/1.1 204 No Content\r\n\r\n"), APIResponseError, billed=True)
    endless = floods(b"HTTP/1.1 200 OK\r\n\r\n", bytes(MIB))
    yield Fault("an endless 200", endless, APIResponseError, billed=True)
    endless = floods(chunked(end=b""), b"100000\r\n" + bytes(MIB) + b"\r\n")
    yield Fault("endless chunks", endless, APIResponseError, billed=True)
    short = answers(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n" + TEXT, "close")
    yield Fault("a length that is too short", short, APIResponseError, billed=True)


def tolerated() -> Iterator[Fault]:
    raw = zlib.compressobj(wbits=-15)
    deflated = raw.compress(TEXT) + raw.flush()
    bodies: dict[str, tuple[bytes, str]] = {
        "a BOM": (b"\xef\xbb\xbf" + TEXT, "hello"),
        "UTF-16": ('{"text": "hello"}'.encode("utf-16"), "hello"),
        "Latin-1": (b'{"text": "caf\xe9"}', "caf\ufffd"),
        "an odd surrogate": (b'{"text": "a\\ud800b"}', "a\ufffdb"),
        "a pair of surrogates": (b'{"text": "\\ud83c\\udfa7"}', "\U0001f3a7"),
        "a NUL": (b'{"text": "a\\u0000"}', "a\0"),
        "NaN as its cost": (b'{"text": "hello", "usage": {"cost": NaN}}', "hello"),
        "an empty text": (b'{"text": ""}', ""),
        "thousands of digits": (b'{"text": "hello", "usage": {"cost": %s}}' % (b"9" * 9000), "hello"),
        "a deep usage": (b'{"text": "hello", "usage": %s1%s}' % (b"[" * 9000, b"]" * 9000), "hello"),
        "a deep field first": (b'{"a": %s1%s, "text": "hello"}' % (b'{"b":[' * 900, b"]}" * 900), "hello"),
        "usage as a list": (b'{"text": "hello", "usage": [1]}', "hello"),
        "an error beside": (b'{"text": "hello", "error": {"code": 500}}', "hello"),
        "a text twice": (b'{"text": "first", "text": "hello"}', "hello"),
        "blanks around": (b" \r\n " + TEXT + b"\n", "hello"),
    }
    for name, (body, text) in bodies.items():
        yield Fault(f"a 200 with {name}", answers(response(200, body)), text=text)
    for name, (body, coding) in {
        "gzip": (gzip.compress(TEXT), "gzip"),
        "zlib": (zlib.compress(TEXT), "deflate"),
        "deflate": (deflated, "deflate"),
        "gzip twice": (gzip.compress(gzip.compress(TEXT)), "gzip, gzip"),
        "br that is none": (TEXT, "br"),
    }.items():
        yield Fault(f"a 200 in {name}", answers(response(200, body, f"Content-Encoding: {coding}")))
    whole = {
        "a cookie": response(200, TEXT, "Set-Cookie: a=b; Domain=127.0.0.1"),
        "a 201": response(201, TEXT),
        "a 206": response(206, TEXT),
        "HTML as its type": response(200, TEXT, "Content-Type: text/html"),
        "103 before": b"HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n" + response(200, TEXT),
        "100 before": b"HTTP/1.1 100 Continue\r\n\r\n" + response(200, TEXT),
        "no reason": response(200, TEXT, reason=""),
        "chunks": chunked(TEXT[:5], TEXT[5:]),
        "trailers": chunked(TEXT, end=b"0\r\nX-T: 1\r\n\r\n"),
        "chunk extensions": chunked(end=b"11;a=b\r\n" + TEXT + b"\r\n0;c\r\n\r\n"),
        "a chunk for each byte": chunked(*(bytes([byte]) for byte in TEXT)),
        "chunks and a length": chunked(TEXT, headers="Content-Length: 3\r\n"),
        "Connection: close": response(200, TEXT, "Connection: close"),
        "control characters in its reason": response(200, TEXT, reason="\x07\x1b[31m"),
        "one length twice": response(200, TEXT, f"Content-Length: {len(TEXT)}"),
    }
    for name, data in whole.items():
        yield Fault(f"a 200 with {name}", answers(data))
    yield Fault("a 200 until it closes", answers(b"HTTP/1.1 200 OK\r\n\r\n" + TEXT, "close"))
    yield Fault("HTTP/1.0", answers(b"HTTP/1.0 200 OK\r\n\r\n" + TEXT, "close"))
    yield Fault("more than its length", answers(WHOLE + b"garbage behind it", "close"))
    yield Fault("a 200 before the body was read", early(response(200, TEXT), "finish", read=1000), large=True)


def cut() -> Iterator[Fault]:
    for end in ("close", "reset"):
        unknown: dict[str, Any] = {"error": APIConnectionError, "kind": "reset", "billed": True}
        yield Fault(f"{end} instead of an answer", answers(b"", end), **unknown)
        for name, at in PARTS.items():
            yield Fault(f"{end} {name}", answers(WHOLE[:at], end), **unknown)
        yield Fault(f"{end} inside its body", answers(WHOLE[:-3], end), **unknown)
        yield Fault(f"{end} inside a chunk", answers(chunked(end=b"11\r\n" + TEXT[:5]), end), **unknown)
        yield Fault(f"{end} behind a chunk", answers(chunked(TEXT, end=b""), end), **unknown)
        yield Fault(f"{end} inside a chunk's size", answers(chunked(TEXT, end=b"1"), end), **unknown)
        yield Fault(f"{end} inside its trailers", answers(chunked(TEXT, end=b"0\r\nX-T: "), end), **unknown)
        yield Fault(f"{end} behind a 100", answers(b"HTTP/1.1 100 Continue\r\n\r\n", end), **unknown)
        never: dict[str, Any] = {"error": APIConnectionError, "kind": "reset", "sends": 3, "large": True}
        yield Fault(f"{end} before the body", early(b"", end), **never)
        yield Fault(f"{end} inside the body", early(b"", end, read=100_000), **never)
        yield Fault(f"{end} before the body, once", one_by_one(early(b"", end), OK), sends=2, large=True)


def garbage() -> Iterator[Fault]:
    for name, data in {
        "HTTP/0.9": b"hello\r\n\r\n",
        "SSH": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        "bytes": bytes(range(256)),
        "TLS": b"\x15\x03\x01\x00\x02",
        "HTTP/99.9": b"HTTP/99.9 200 OK\r\n\r\n",
        "a status in words": b"HTTP/1.1 OK\r\n\r\n",
        "a status of two digits": b"HTTP/1.1 20 OK\r\n\r\n",
        "a status below 100": b"HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n",
        "a 101": b"HTTP/1.1 101 Up\r\nUpgrade: x\r\n\r\n",
        "a negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "blank lines": b"\r\n\r\n\r\n",
        "a length in words": b"HTTP/1.1 200 OK\r\nContent-Length: all\r\n\r\n",
        "a length of 9,000 digits": b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 9000 + b"\r\n\r\n",
        "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "an unknown transfer coding": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: rot13\r\n\r\n",
        "a header without a colon": b"HTTP/1.1 200 OK\r\nheader\r\n\r\n",
        "a header of NULs": b"HTTP/1.1 200 OK\r\nA: \0\r\n\r\n",
        "a header of 200 KB": b"HTTP/1.1 200 OK\r\nA: " + b"a" * 200_000,
        "a blank in a name": b"HTTP/1.1 200 OK\r\nA b: c\r\n\r\n",
        "20,000 headers": b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 20_000,
        "a chunk of no size": chunked(end=b"\r\n"),
        "a chunk of a size in words": chunked(end=b"many\r\n"),
        "a chunk that is too long": chunked(end=b"3\r\nabcdef\r\n"),
        "a negative chunk": chunked(end=b"-1\r\n"),
        "a chunk of 30 digits": chunked(end=b"f" * 30 + b"\r\n"),
        "a chunk extension of 200 KB": chunked(end=b"1;" + b"a" * 200_000),
        "an odd trailer": chunked(TEXT, end=b"0\r\nodd\r\n\r\n"),
    }.items():
        sent = answers(data, "hang")
        yield Fault(f"garbage: {name}", sent, APIConnectionError, kind="protocol", billed=True, timeout=5)
    floods_headers = floods(b"HTTP/1.1 200 OK\r\n", b"A: " + b"a" * MIB + b"\r\n")
    yield Fault("garbage: endless headers", floods_headers, APIConnectionError, kind="protocol", billed=True)


def slow() -> Iterator[Fault]:
    for name, behave in {
        "silence": answers(b"", "hang"),
        "silence inside the status line": answers(WHOLE[:9], "hang"),
        "silence inside the headers": answers(WHOLE[:25], "hang"),
        "silence before the body": answers(WHOLE[:39], "hang"),
        "silence inside the body": answers(WHOLE[:-3], "hang"),
        "silence behind a chunk": answers(chunked(TEXT, end=b""), "hang"),
        "a status line that drips": drips(b"HTTP/1.1 200 ", b"O"),
        "a header that drips": drips(b"HTTP/1.1 200 OK\r\nA: ", b"a"),
        "100s for ever": drips(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        "103s for ever": drips(b"", b"HTTP/1.1 103 Hints\r\n\r\n"),
        "102s, as fast as they are taken": floods(b"", b"HTTP/1.1 102 Processing\r\n\r\n" * 20),
        "a body that drips": drips(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n", b" "),
        "chunks that drip": drips(chunked(end=b""), b"1\r\n \r\n"),
        "a chunk extension that drips": drips(chunked(end=b"1;"), b"x"),
        "a chunk's size that drips": drips(chunked(end=b""), b"0"),
        "trailers that drip": drips(chunked(TEXT, end=b"0\r\n"), b"A: b\r\n"),
    }.items():
        yield Fault(f"slow: {name}", behave, APITimeoutError, billed=True, timeout=0.4)
    yield Fault("slow: deaf to the body", deaf, APITimeoutError, timeout=0.4, large=True)
    late = early(response(413, in_json(413)), "hang")
    yield refused(413, "while the body is sent, read on", late, large=True)
    yield refused(413, "while the body is sent, then closed", early(response(413), "finish"), large=True)
    yield refused(401, "inside the body, read on", early(response(401), "hang", read=100_000), large=True)


def kept() -> Iterator[Fault]:
    """Faults of the second request on a connection; the first is answered before the call that counts."""
    for end in ("close", "reset"):
        gone = answers(b"", end)
        yield Fault(f"kept: {end} instead of an answer, once", one_by_one(OK, gone, OK), sends=2)
        twice = one_by_one(OK, gone, gone)
        yield Fault(f"kept: {end} twice", twice, APIConnectionError, kind="reset", sends=2, billed=True)
        begun = one_by_one(OK, answers(b"HTTP/1.1 2", end), OK)
        yield Fault(f"kept: {end} inside an answer", begun, APIConnectionError, kind="reset", billed=True)
        half = one_by_one(OK, answers(WHOLE[:-3], end), OK)
        yield Fault(f"kept: {end} inside its body", half, APIConnectionError, kind="reset", billed=True)
    busy = one_by_one(OK, answers(response(503)), answers(b"", "close"))
    yield Fault("kept: 503, then closed", busy, APIConnectionError, kind="reset", sends=2, billed=True)


FAULTS = [*statuses(), *waits(), *errors_in_a_success(), *unusable(), *tolerated(), *cut(), *garbage(), *slow()]
KEPT = [*kept()]
OTHERWISE_OVER_AIOHTTP: dict[str, dict[str, Any]] = {  # what aiohttp's parser sees otherwise; docs/design.md says why
    "a 200 with chunks and a length": {"error": APIConnectionError, "kind": "protocol", "billed": True},
    "a 200 with one length twice": {"error": APIConnectionError, "kind": "protocol", "billed": True},
    "garbage: a chunk extension of 200 KB": {"error": APITimeoutError, "kind": None},
}
