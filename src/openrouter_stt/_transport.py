"""The two shells around httpx: send one request before a deadline and read one whole reply."""

from __future__ import annotations

import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Final, Protocol

import attrs
import httpx

from ._answer import Reply
from ._body import Body
from ._deadline import SocketDeadline
from ._decompress import LARGEST_ANSWER, decompressed, too_large
from ._errors import APITimeoutError, ConfigurationError
from ._settings import CONNECT_TIMEOUT
from ._translate import in_our_words, proxies_in_our_words
from ._wire import Request

if TYPE_CHECKING:
    from anyio import CancelScope

# No call waits for another's connection; and cancelled calls, which httpcore 1.0 never takes off its list (its issue
# 1093), cannot use a limit up.
NO_QUEUE: Final = httpx.Limits(max_connections=None, max_keepalive_connections=20)


class Transport(Protocol):
    """Sends requests; opened by the first one."""

    async def send(self, request: Request, url: str, headers: Mapping[str, str], deadline: float) -> Reply: ...
    async def close(self) -> None: ...


@attrs.define
class SyncTransport:
    """Over an httpx.Client."""

    now: Callable[[], float]
    _transport: httpx.BaseTransport | None = None
    _trust_env: bool = True
    _client: httpx.Client | None = attrs.field(default=None, init=False)
    _closed: bool = attrs.field(default=False, init=False)
    _process: int = attrs.field(factory=os.getpid, init=False)
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False)
    _deadline: SocketDeadline = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._deadline = SocketDeadline(self.now)

    async def send(self, request: Request, url: str, headers: Mapping[str, str], deadline: float) -> Reply:
        body, answer = request.body(), _Answer()
        with in_our_words(body):
            outgoing = _outgoing(
                request, url, headers, size=body.size, stream=_SyncStream(body), seconds=deadline - self.now()
            )
            outgoing.extensions["trace"], self._deadline.at = self._deadline.trace, deadline
            response = self._opened().send(outgoing, stream=True)
            try:
                for block in [response.content] if response.is_stream_consumed else response.iter_raw():
                    if not answer.add(block):
                        break
            finally:
                response.close()
            return answer.reply(response)

    async def close(self) -> None:
        self._closed = True
        if self._client is not None:
            self._client.close()

    def _opened(self) -> httpx.Client:
        if self._process != os.getpid():  # after a fork the connections, and a lock that was held, are the parent's
            self._process, self._client, self._lock = os.getpid(), None, threading.Lock()
        with self._lock:
            if self._closed:
                raise _closed()
            if self._client is None:
                with proxies_in_our_words():
                    self._client = httpx.Client(
                        transport=self._transport, trust_env=self._trust_env, cookies=_no_cookies(), limits=NO_QUEUE
                    )
            return self._client


@attrs.define
class AsyncTransport:
    """Over an httpx.AsyncClient, on asyncio or trio."""

    now: Callable[[], float]
    _transport: httpx.AsyncBaseTransport | None = None
    _trust_env: bool = True
    _closed: bool = attrs.field(default=False, init=False)
    _client: httpx.AsyncClient | None = attrs.field(default=None, init=False)
    _loop: object = attrs.field(default=None, init=False)

    async def send(self, request: Request, url: str, headers: Mapping[str, str], deadline: float) -> Reply:
        import anyio

        body, answer, seconds = request.body(), _Answer(), deadline - self.now()
        with in_our_words(body):
            outgoing = _outgoing(request, url, headers, size=body.size, stream=_AsyncStream(body), seconds=seconds)
            with anyio.fail_after(seconds) as scope:
                response = await self._opened().send(outgoing, stream=True)
                try:
                    await _collect(response, answer, scope)
                finally:
                    await response.aclose()
            return answer.reply(response)

    async def close(self) -> None:
        from anyio.lowlevel import current_token

        self._closed = True
        if self._client is not None and self._loop == current_token():  # those of another loop are gone with it
            await self._client.aclose()

    def _opened(self) -> httpx.AsyncClient:
        from anyio.lowlevel import current_token

        loop = current_token()
        if self._closed:
            raise _closed()
        if self._client is None:
            with proxies_in_our_words():
                self._client = httpx.AsyncClient(
                    transport=self._transport, trust_env=self._trust_env, cookies=_no_cookies(), limits=NO_QUEUE
                )
            self._loop = loop
        if self._loop != loop:
            raise ConfigurationError("an AsyncClient serves one event loop; make another one in each")
        return self._client


@attrs.define
class _Answer:
    """The body of a reply as it comes in, held to a size."""

    body: bytearray = attrs.field(factory=bytearray, init=False, repr=False)

    def add(self, block: bytes) -> bool:
        """Take a block and tell whether to go on."""
        self.body += block
        return len(self.body) <= LARGEST_ANSWER

    def reply(self, response: httpx.Response) -> Reply:
        """Return the whole reply. Raises `APIResponseError` for one that is too large or cannot be decompressed."""
        if len(self.body) > LARGEST_ANSWER:
            raise too_large()
        headers = dict(response.headers)
        return Reply(response.status_code, headers, decompressed(bytes(self.body), headers.get("content-encoding", "")))


async def _collect(response: httpx.Response, answer: _Answer, scope: CancelScope) -> None:
    if response.is_stream_consumed:  # as it is where a transport made the response of a value
        answer.add(response.content)
        return
    async for block in response.aiter_raw():
        if not answer.add(block):
            scope.cancel()  # httpx's nested generators unwind from within; a raise leaves them open


class _SyncStream(httpx.SyncByteStream):
    def __init__(self, body: Body) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        while (block := self._body.next()) is not None:
            yield block


class _AsyncStream(httpx.AsyncByteStream):
    """A class and no generator, which would be left open when a connection breaks."""

    def __init__(self, body: Body) -> None:
        self._body = body

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._body.large:
            from anyio import to_thread

            block = await to_thread.run_sync(self._body.next)
        else:
            block = self._body.next()
        if block is None:
            raise StopAsyncIteration
        return block


def _outgoing(
    request: Request,
    url: str,
    headers: Mapping[str, str],
    *,
    size: int,
    stream: httpx.SyncByteStream | httpx.AsyncByteStream,
    seconds: float,
) -> httpx.Request:
    """Build a request without the client's own headers and cookies; the answer is asked for as it is."""
    if seconds <= 0:
        raise APITimeoutError("the deadline passed before the request was sent; give the call a longer timeout")
    timeout, address = httpx.Timeout(seconds, connect=min(CONNECT_TIMEOUT, seconds)), httpx.URL(url)
    return httpx.Request(
        request.method,
        address,
        headers={**headers, "host": address.netloc.decode("ascii"), "content-length": str(size)},
        stream=stream,
        extensions={"timeout": timeout.as_dict()},
    )


def _closed() -> ConfigurationError:
    return ConfigurationError("the client is closed; make a new one")


def _no_cookies() -> CookieJar:
    return CookieJar(DefaultCookiePolicy(allowed_domains=()))
