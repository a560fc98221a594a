"""The two shells around httpx: send one request before a deadline and read one whole reply."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from functools import lru_cache, partial
from typing import Any, Final, Protocol

import attrs
import httpx

from ._answer import Reply
from ._aside import aside
from ._body import Body
from ._errors import ConfigurationError
from ._exchange import Exchange
from ._incoming import Incoming, collect, receive
from ._loops import OfOneLoop, closed
from ._runtime import in_thread, limited
from ._settings import CONNECT_TIMEOUT
from ._translate import InOurWords, settings_in_our_words
from ._trust import trusted
from ._wire import Request

# No call waits for another's connection; and cancelled calls, which httpcore 1.0 never takes off its list (its issue
# 1093), cannot use a limit up.
NO_QUEUE: Final = httpx.Limits(max_connections=None, max_keepalive_connections=20)
NO_AUTH: Final = httpx.Auth()  # else httpx looks for a user in the URL


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

    async def send(self, request: Request, url: str, headers: Mapping[str, str], deadline: float) -> Reply:
        body = request.body()
        address, host = address_of(url)
        exchange = Exchange(address.host, deadline, self.now, self._permit)
        with InOurWords(body, exchange) as outcome, exchange:
            outgoing = _outgoing(request.method, address, {**headers, "host": host}, _SyncStream(body), exchange)
            outgoing.extensions["trace"] = exchange.trace
            return self._answer(outgoing).reply()
        raise outcome.taken()

    def _answer(self, outgoing: httpx.Request) -> Incoming:
        """Send and take in what comes; a frame of its own, since it holds the server's words."""
        client = self._opened()
        try:
            response = client.send(outgoing, stream=True, auth=NO_AUTH)
        except RuntimeError:
            self._permit()  # httpx's word for a client that another thread has just closed
            raise
        answer = Incoming.of(response)
        try:
            receive(response, answer)
        finally:
            response.close()
        return answer

    def _permit(self) -> None:
        if self._closed:
            raise closed()

    async def close(self) -> None:
        self._closed = True
        if self._client is not None:
            self._client.close()

    def _opened(self) -> httpx.Client:
        if self._process != os.getpid():  # after a fork the connections, and a lock that was held, are the parent's
            self._process, self._client, self._lock = os.getpid(), None, threading.Lock()
        with self._lock:
            self._permit()
            if self._client is None:
                with settings_in_our_words():
                    self._client = _Client(**_settings(self._transport, self._trust_env))
                if self._transport is None:  # its own sockets, which would warn of themselves; others are the caller's
                    weakref.finalize(self, _close, self._client, os.getpid())
            return self._client


@attrs.define
class AsyncTransport:
    """Over an httpx.AsyncClient, on asyncio or trio."""

    now: Callable[[], float]
    _transport: httpx.AsyncBaseTransport | None = None
    _trust_env: bool = True
    _clients: OfOneLoop[httpx.AsyncClient] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._clients = OfOneLoop(partial(_async_client, self._transport, self._trust_env))

    async def send(self, request: Request, url: str, headers: Mapping[str, str], deadline: float) -> Reply:
        body = request.body()
        address, host = address_of(url)
        exchange = Exchange(address.host, deadline, self.now, self._clients.permit)
        with InOurWords(body, exchange) as outcome, exchange:
            outgoing = _outgoing(request.method, address, {**headers, "host": host}, AsyncStream(body), exchange)
            outgoing.extensions["trace"] = exchange.atrace
            return (await self._answer(outgoing, exchange)).reply()
        raise outcome.taken()

    async def _answer(self, outgoing: httpx.Request, exchange: Exchange) -> Incoming:
        answer: Incoming | None = None
        client = await self._clients.get(exchange.left)
        with limited(exchange.left) as scope:
            response = await client.send(outgoing, stream=True, auth=NO_AUTH)
            answer = Incoming.of(response)
            try:
                await collect(response, answer, scope)
            finally:
                await response.aclose()
        if answer is None:
            raise TimeoutError
        return answer

    async def close(self) -> None:
        client = self._clients.close()
        if client is not None:
            await client.aclose()


async def _async_client(transport: httpx.AsyncBaseTransport | None, trust_env: bool) -> httpx.AsyncClient:
    """Make a client; in a thread where its transport is made too, which would hold the event loop up."""

    def make() -> httpx.AsyncClient:
        with settings_in_our_words():
            return _AsyncClient(**_settings(transport, trust_env))

    return make() if transport is not None else await aside(make)


class _SyncStream(httpx.SyncByteStream):
    def __init__(self, body: Body) -> None:
        self.body = body

    def __iter__(self) -> Iterator[bytes]:
        while (block := self.body.next()) is not None:
            yield block


class AsyncStream(httpx.AsyncByteStream):
    """A class and no generator, which would be left open when a connection breaks."""

    def __init__(self, body: Body) -> None:
        self.body = body

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self.body.large:
            block = await in_thread(self.body.next)
        else:
            block = self.body.next()
        if block is None:
            raise StopAsyncIteration
        return block


def _settings(transport: Any, trust_env: bool) -> dict[str, Any]:
    """Return the settings of an httpx client; a transport of the caller's has certificates of its own."""
    return {
        "transport": transport,
        "verify": trusted(trust_env) if transport is None else True,
        "trust_env": trust_env,
        "limits": NO_QUEUE,
    }


def _outgoing(
    method: str,
    address: httpx.URL,
    headers: Mapping[str, str],
    stream: _SyncStream | AsyncStream,
    exchange: Exchange,
) -> httpx.Request:
    """Build a request without the client's own headers and cookies; the answer is asked for as it is."""
    seconds = exchange.time_to_send()
    timeout = {"connect": min(CONNECT_TIMEOUT, seconds), "read": seconds, "write": seconds, "pool": seconds}
    return httpx.Request(
        method,
        address,
        headers={**headers, "content-length": str(stream.body.size)},
        stream=stream,
        extensions={"timeout": timeout},
    )


@lru_cache(maxsize=16)
def address_of(url: str) -> tuple[httpx.URL, str]:
    """Parse an address, which is the same for all requests of a client."""
    try:
        address = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise ConfigurationError(f"the base URL cannot be used: {error}; check base_url") from None
    return address, address.netloc.decode("ascii")


def _close(client: httpx.Client, process: int) -> None:
    if process == os.getpid():  # in a forked child its lock may be held for ever
        client.close()


class _NoCookies(httpx.Cookies):
    """Takes none; an empty jar would be shown each answer in the standard library's words first."""

    def extract_cookies(self, response: object) -> None: ...


class _Client(httpx.Client):
    cookies: Any = _NoCookies()


class _AsyncClient(httpx.AsyncClient):
    cookies: Any = _NoCookies()
