"""A reply as it comes in: how much of it is taken, how it is unpacked, and what is left out of it."""

from __future__ import annotations

import functools
import gzip
import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import httpx
import pytest

from openrouter_stt import APIResponseError
from openrouter_stt import _incoming as incoming
from openrouter_stt._decompress import LARGEST_ANSWER, LARGEST_ERROR, decompressed
from openrouter_stt._incoming import Incoming, collect, receive
from openrouter_stt._redact import redacted

PLAIN = b'["a plain text"]'
gzip_of = functools.partial(gzip.compress, mtime=0)  # the same bytes each time: they name the tests
PACKED = gzip_of(PLAIN)


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (PLAIN, ""),
        (PLAIN, "identity"),
        (PLAIN, " , identity,"),
        (PACKED, "gzip"),
        (PACKED, "X-GZIP"),
        (PACKED, "deflate"),
        (PACKED, "identity, gzip"),
        (zlib.compress(PLAIN), "deflate"),
        (raw_deflate(PLAIN), "deflate"),
        (raw_deflate(PACKED), "gzip, deflate"),
        (gzip_of(raw_deflate(PLAIN)), "deflate, gzip"),
        (gzip_of(gzip_of(PACKED)), "gzip, gzip, gzip"),
        (gzip_of(PLAIN[:5]) + gzip_of(PLAIN[5:]), "gzip"),
        (gzip_of(b"") * 99 + PACKED, "gzip"),
    ],
)
def test_what_can_be_unpacked(body: bytes, coding: str) -> None:
    assert decompressed(body, coding, 1000) == PLAIN


@pytest.mark.parametrize("coding", ["gzip", "br", "rot13", "gzip, gzip, gzip, gzip"])
@pytest.mark.parametrize("body", [b"", b'{"text": "x"}', b" " * 63 + b"{"])
def test_what_is_not_packed_after_all(body: bytes, coding: str) -> None:
    """Of an object the first bytes are looked at."""
    assert decompressed(body, coding, 1000) == body


@pytest.mark.parametrize(
    ("body", "coding", "names"),
    [
        (b"none", "gzip", "gzip"),
        (b" " * 64 + b"{", "gzip", "gzip"),
        (PACKED[:-1], "gzip", "gzip"),
        (PACKED[:10], "gzip", "gzip"),
        (PACKED + b"more", "gzip", "gzip"),
        (gzip_of(b"") * 100 + PACKED, "gzip", "gzip"),
        (PACKED, "gzip, gzip", "gzip, gzip"),
        (PACKED, "br", "br"),
        (PACKED, "Zstd, compress", "zstd, compress"),
        (PACKED, "sk-or-v1-secret", "unknown"),
        (gzip_of(gzip_of(gzip_of(PACKED))), "gzip, x-gzip, deflate, gzip", "gzip, x-gzip, deflate"),
        (PACKED, "br, gzip", "br, gzip"),
    ],
)
def test_what_cannot_be_unpacked(body: bytes, coding: str, names: str) -> None:
    """The error repeats the names of codings alone, three at most."""
    with pytest.raises(APIResponseError) as caught:
        decompressed(body, coding, 1000)
    assert caught.value.message == f"the answer came compressed ({names}) and cannot be read; it may have been billed"
    assert caught.value.maybe_billed


@pytest.mark.parametrize("pack", [gzip_of, zlib.compress, raw_deflate])
@pytest.mark.parametrize("size", [999, 1000, 1001, 3_000_000])
def test_how_much_is_unpacked(pack: Any, size: int) -> None:
    """As many bytes as are asked for, and not one more."""
    body = pack(bytes(size))
    if size <= 1000:
        assert decompressed(body, "deflate", 1000) == bytes(size)
        return
    with pytest.raises(APIResponseError, match="larger than 1,000 bytes; it may have been billed") as caught:
        decompressed(body, "deflate", 1000)
    assert caught.value.maybe_billed


def test_a_large_answer_is_unpacked_whole() -> None:
    body = bytes(range(256)) * 12_000
    assert decompressed(gzip_of(body), "gzip", len(body)) == body


@pytest.mark.parametrize(
    "size", [*range(1024 * 1024 - 2, 1024 * 1024 + 3), *range(1024 * 1024 + 256, 1024 * 1024 + 262)]
)
def test_what_ends_where_a_block_does_is_unpacked_whole(size: int) -> None:
    """All of it may be read before all of it is written."""
    for pack in (gzip_of, zlib.compress, raw_deflate):
        assert len(decompressed(pack(bytes(size)), "deflate", size)) == size


class Blocks(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body of blocks, and an error that ends it."""

    def __init__(self, *blocks: bytes, error: Exception | None = None) -> None:
        self.blocks, self.error, self.taken = blocks, error, 0

    def __iter__(self) -> Iterator[bytes]:
        for block in self.blocks:
            self.taken += 1
            yield block
        if self.error:
            raise self.error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for block in self:
            yield block
            await anyio.lowlevel.checkpoint()


def taken(world: str, response: httpx.Response) -> Incoming:
    """Return what came in."""
    answer = Incoming.of(response)

    async def main() -> None:
        with anyio.CancelScope() as scope:
            await collect(response, answer, scope)
            await anyio.lowlevel.checkpoint()
            assert not scope.cancel_called

    if world == "sync":
        receive(response, answer)
    else:
        anyio.run(main, backend=world)
    return answer


in_each_world = pytest.mark.parametrize("world", ["sync", "asyncio", "trio"])


@in_each_world
@pytest.mark.parametrize("status", [200, 299, 300, 400])
def test_what_comes_in_whole(world: str, status: int) -> None:
    """From a stream, or of a value."""
    for response in (httpx.Response(status, stream=Blocks(b"a", b"bc")), httpx.Response(status, content=b"abc")):
        answer = taken(world, response)
        assert (answer.whole, answer.success) == (True, status < 300)
        reply = answer.reply()
        assert (reply.status, reply.body) == (status, b"abc")
        assert reply.headers in ({}, {"content-length": "3"})


def test_how_much_is_taken() -> None:
    """64 MiB of a success, and 64 KiB of all else."""
    assert (LARGEST_ANSWER, LARGEST_ERROR) == (64 * 1024 * 1024, 65_536)
    assert Incoming.of(httpx.Response(200)).most == LARGEST_ANSWER
    assert Incoming.of(httpx.Response(300)).most == LARGEST_ERROR
    assert Incoming.of(httpx.Response(503)).add(bytes(LARGEST_ERROR))
    assert not Incoming.of(httpx.Response(503)).add(bytes(LARGEST_ERROR + 1))


@in_each_world
@pytest.mark.parametrize("status", [200, 503])
@pytest.mark.parametrize("size", [7, 8, 9])
def test_what_is_too_much_is_not_taken(world: str, status: int, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing behind it is read; what refuses is given as far as it came."""
    monkeypatch.setattr(incoming, "LARGEST_ANSWER" if status == 200 else "LARGEST_ERROR", 8)
    stream = Blocks(bytes(size), b"x", b"y")
    if size == 7:
        stream.blocks = stream.blocks[:2]
    for response in (httpx.Response(status, stream=stream), httpx.Response(status, content=b"".join(stream.blocks))):
        answer = Incoming.of(response)
        if world == "sync":
            receive(response, answer)
        else:
            anyio.run(_collect, response, answer, backend=world)
        assert answer.whole is (size == 7)
        if status == 200 and size > 7:
            with pytest.raises(APIResponseError, match="larger than 8 bytes"):
                answer.reply()
        else:
            assert answer.reply().body[:7] == bytes(7)
    assert stream.taken == (2 if size < 9 else 1)


async def _collect(response: httpx.Response, answer: Incoming) -> None:
    with anyio.CancelScope() as scope:
        await collect(response, answer, scope)
        await anyio.lowlevel.checkpoint()


@in_each_world
@pytest.mark.parametrize("error", [httpx.ReadError("reset"), httpx.RemoteProtocolError("odd")])
def test_what_breaks_off(world: str, error: Exception) -> None:
    """A refusal stays one; of a success nothing is left."""
    answer = taken(world, httpx.Response(503, stream=Blocks(b"ab", error=error)))
    assert (answer.whole, answer.reply().body) == (False, b"ab")
    with pytest.raises(type(error)):
        taken(world, httpx.Response(200, stream=Blocks(b"ab", error=error)))


def test_what_the_deadline_ends() -> None:
    """It is raised where it is noticed, or when the reply is asked for."""
    late = taken("sync", httpx.Response(503, stream=Blocks(b"ab", error=TimeoutError())))
    assert late.reply().body == b"ab"
    with pytest.raises(TimeoutError):
        taken("sync", httpx.Response(200, stream=Blocks(b"ab", error=TimeoutError())))
    for status in (200, 503):
        begun = Incoming.of(httpx.Response(status))
        begun.add(b"ab")
        if status == 200:
            with pytest.raises(TimeoutError):
                begun.reply()
        else:
            assert begun.reply().body == b"ab"


@pytest.mark.parametrize("status", [200, 503])
def test_what_cannot_be_unpacked_stays_a_refusal(status: int) -> None:
    """Without a body."""
    answer = taken("sync", httpx.Response(status, headers={"Content-Encoding": "gzip"}, stream=Blocks(b"none")))
    if status == 200:
        with pytest.raises(APIResponseError, match="compressed"):
            answer.reply()
    else:
        assert (answer.reply().status, answer.reply().body) == (503, b"")


def test_what_is_packed_is_unpacked() -> None:
    answer = taken("sync", httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=Blocks(PACKED)))
    assert answer.reply().body == PLAIN


def test_what_came_in_is_not_shown() -> None:
    """Nor the words of a server beside it."""
    response = httpx.Response(200, headers={"X": "secret"}, content=b"secret", extensions={"reason_phrase": b"secret"})
    answer = taken("sync", response)
    assert (repr(answer), repr(answer.reply())) == ("Incoming(status=200, whole=True)", "Reply(status=200)")


@pytest.mark.parametrize(("secret", "hidden"), [("1234567", False), ("12345678", True), ("123456789", True)])
def test_what_is_too_short_is_no_secret(secret: str, hidden: bool) -> None:
    document = {secret: [f"a {secret} b", {"c": f"{secret}{secret}"}], "n": 12345678, "none": None, "true": True}
    put = "[redacted]" if hidden else secret
    expected = {put: [f"a {put} b", {"c": f"{put}{put}"}], "n": 12345678, "none": None, "true": True}
    assert redacted(document, iter([secret, ""])) == expected


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a" * 63, "a" * 63),
        ("a" * 64, "[redacted]"),
        (f"is {'aB3+/' * 20}== so", "is [redacted] so"),
        (f"{'a' * 40} {'b' * 40}", f"{'a' * 40} {'b' * 40}"),
    ],
)
def test_runs_of_base64_are_left_out(text: str, left: str) -> None:
    """Which may be audio."""
    assert redacted([text], []) == [left]
