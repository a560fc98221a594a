"""A server that is not there: it answers from a script and keeps what it was sent."""

from __future__ import annotations

import base64
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

import attrs
import httpx
from anyio.lowlevel import checkpoint

from ._answers import Answer
from ._clock import FakeClock

Scripted = Answer | Callable[["SentRequest"], Answer]


@attrs.frozen(kw_only=True)
class SentRequest:
    """A request as the server got it.

    `options` are the request's fields but for model and audio, `audio` is decoded, `format` is the wire's. The names
    of `headers` are in lower case; the one that carries the key is not among them.
    """

    url: str
    headers: Mapping[str, str] = attrs.field(repr=False)
    model: str
    options: Mapping[str, Any] = attrs.field(repr=False)
    audio: bytes = attrs.field(repr=False)
    format: str


class FakeTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Stands for the server in `Client(transport=...)` and `AsyncClient(transport=...)`.

    Args:
        answers: The script: one answer for each request, or a function that makes it of the request.
        otherwise: What is answered when the script is used up; by default a success whose text is "hello".
        clock: On which answers are late; the clients that `openrouter_stt.testing` makes go by it.

    `requests` are those that were sent whole, in order. Safe to share between threads and clients.

    Raises:
        TypeError: For what is no answer, such as a str.
    """

    def __init__(self, *answers: Scripted, otherwise: Scripted | None = None, clock: FakeClock | None = None) -> None:
        self.clock: FakeClock = clock or FakeClock()
        self.otherwise: Scripted = Answer() if otherwise is None else _scripted(otherwise)
        self.requests: list[SentRequest] = []
        self._script: deque[Scripted] = deque()
        self.will(*answers)

    @property
    def last(self) -> SentRequest:
        """The last request. Raises IndexError where there was none."""
        return self.requests[-1]

    def will(self, *answers: Scripted) -> None:
        """Put answers behind the script. Raises TypeError for what is no answer."""
        self._script.extend([_scripted(answer) for answer in answers])

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of a sync client."""
        request.read()
        return self._answered(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of an async client."""
        await checkpoint()
        await request.aread()
        return self._answered(request)

    def _answered(self, request: httpx.Request) -> httpx.Response:
        got = _sent(request)
        answer = self._next(got)
        if answer.fault == "refused":
            raise httpx.ConnectError("made up")
        self.requests.append(got)
        left: float = request.extensions["timeout"]["read"]
        self.clock.advance(min(answer.delay, left))
        if answer.delay >= left:
            raise httpx.ReadTimeout("made up")
        headers = {"Content-Type": "application/json", **answer.headers}
        if answer.fault == "reset":
            return httpx.Response(answer.status, headers=headers, stream=_CutStream(answer.body))
        return httpx.Response(answer.status, headers=headers, content=answer.body)

    def _next(self, got: SentRequest) -> Answer:
        try:
            scripted = self._script.popleft()
        except IndexError:  # threads ask at once: looking first would be no help
            scripted = self.otherwise
        scripted = _scripted(scripted)
        return scripted if isinstance(scripted, Answer) else _answer(scripted(got))


def _scripted(given: Scripted) -> Scripted:
    return given if callable(given) and not isinstance(given, type) else _answer(given)


def _answer(given: object) -> Answer:
    if isinstance(given, Answer):
        return given
    what = f"the class {given.__name__}" if isinstance(given, type) else type(given).__name__
    raise TypeError(
        f"an answer must be an Answer, such as Answer.text('Good morning.'), or a function that makes one, not {what}"
    )


class _CutStream(httpx.SyncByteStream, httpx.AsyncByteStream):
    """Half of an answer, then a cut connection."""

    def __init__(self, body: bytes) -> None:
        self._half = body[: len(body) // 2]

    def __iter__(self) -> Iterator[bytes]:
        yield self._half
        raise httpx.ReadError("made up")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._half
        raise httpx.ReadError("made up")


def _sent(request: httpx.Request) -> SentRequest:
    document: dict[str, Any] = json.loads(request.content)
    recording = document.pop("input_audio")
    return SentRequest(
        url=str(request.url),
        headers={name: value for name, value in request.headers.items() if name != "authorization"},
        model=document.pop("model"),
        options=document,
        audio=base64.b64decode(recording["data"], validate=True),
        format=recording["format"],
    )
