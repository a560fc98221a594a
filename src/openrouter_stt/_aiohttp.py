"""The async client's shell over aiohttp, on asyncio: the same promises with less work for each call.

aiohttp's session is set to do nothing of its own: no redirects, cookies, decompression, limits or times.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import lru_cache
from ssl import SSLContext
from typing import Any, Final

import aiohttp
import attrs
import httpx
from aiohttp.abc import AbstractStreamWriter
from aiohttp.payload import Payload
from yarl import URL

from ._answer import Reply
from ._body import Body
from ._exchange import Exchange, current
from ._incoming import Incoming
from ._line import Line, line_of
from ._loops import closed
from ._settings import CONNECT_TIMEOUT
from ._translate import InOurWords
from ._transport import AsyncStream, address_of
from ._wire import Request

KEPT: Final = 5.0  # seconds that an idle connection is kept, as httpx does
LONGEST_LINE: Final = 100 * 1024  # bytes, as h11 takes of a whole head
MOST_HEADERS: Final = 10_000


@attrs.define
class AiohttpTransport:
    """Over an aiohttp.ClientSession, which serves the event loop that it was made in."""

    now: Callable[[], float]
    session: aiohttp.ClientSession

    async def send(self, request: Request, url: str, headers: Mapping[str, str], deadline: float) -> Reply:
        body = request.body()
        exchange = Exchange(address_of(url)[0].host, deadline, self.now)
        with InOurWords(body, exchange) as outcome, exchange:
            return (await self._answer(request.method, url, headers, _Payload(body, exchange))).reply()
        raise outcome.taken()

    async def _answer(self, method: str, url: str, headers: Mapping[str, str], payload: _Payload) -> Incoming:
        """Send and take in what comes; a frame of its own, since it holds the server's words."""
        answer: Incoming | None = None
        try:
            async with asyncio.timeout(payload.exchange.time_to_send()):
                response = await self.session.request(
                    method, _url(url), headers=headers, data=payload, allow_redirects=False
                )
                answer = Incoming(response.status, _joined(response.raw_headers))
                await _collect(response, answer)
        except (aiohttp.ClientError, TimeoutError) as error:
            if payload.error is not None:
                raise payload.error from None
            if answer is None or not isinstance(error, TimeoutError):
                raise _as_httpx(error) from error
        except asyncio.CancelledError:
            if self.session.closed and not _is_cancelled(asyncio.current_task()):
                raise closed() from None  # aiohttp cancels the look-ups of a session that is closed
            raise
        return answer

    async def close(self) -> None:
        await self.session.close()

    def forget(self) -> None:
        """Give up connections whose event loop is gone."""
        self.session.detach()


def opened(now: Callable[[], float], trusts: SSLContext) -> AiohttpTransport:
    """Make a transport for the running event loop."""
    session = aiohttp.ClientSession(
        connector=_Connector(limit=0, ssl=trusts, keepalive_timeout=KEPT, resolver=aiohttp.ThreadedResolver()),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, connect=CONNECT_TIMEOUT),
        auto_decompress=False,
        response_class=_Response,
        max_line_size=LONGEST_LINE,
        max_field_size=LONGEST_LINE,
        max_headers=MOST_HEADERS,
    )
    return AiohttpTransport(now, session)


class _Connector(aiohttp.TCPConnector):
    """Is forgotten as a loop's own sockets are: aiohttp's would close those that a forked child shares."""

    def __del__(self, *_: object) -> None: ...


class _Payload(Payload):
    """A body of known size that is written once; `error` is what it raised, not in aiohttp's wrapping."""

    def __init__(self, body: Body, exchange: Exchange) -> None:
        super().__init__(body)
        self._size = body.size
        self._stream = AsyncStream(body)
        self.exchange = exchange
        self.error: Exception | None = None

    async def write(self, writer: AbstractStreamWriter) -> None:
        while (block := await self._block()) is not None:
            await writer.write(block)
        self.exchange.sent_at = self.exchange.now()

    async def _block(self) -> bytes | None:
        try:
            return await anext(self._stream, None)
        except Exception as error:
            self.error = error
            raise

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        raise TypeError("a body is streamed")


class _Response(aiohttp.ClientResponse):
    """Watches its connection, and cuts it where no answer comes: closing would wait for a deaf server."""

    line: Line

    async def start(self, connection: Any) -> aiohttp.ClientResponse:
        exchange: Any = current.get()
        self.line, exchange.kept = line_of(connection)
        try:
            await super().start(connection)
            _refuse_what_is_not_read(self)
            self.line.begin(self.content, exchange)
        except BaseException:
            exchange.silent = not self.line.heard
            self.line.rest(used=False)
            raise
        return self


def _refuse_what_is_not_read(response: aiohttp.ClientResponse) -> None:
    """Raise for another protocol, a status that is none, and a transfer coding that aiohttp takes for none."""
    if response.status <= 101 or response.headers.get("transfer-encoding", "chunked").lower() != "chunked":
        raise httpx.RemoteProtocolError("")


async def _collect(response: Any, answer: Incoming) -> None:
    """Take in what comes, until it is too much."""
    try:
        while block := await response.content.readany():
            if not answer.add(block):
                return
        answer.whole = True
    except (aiohttp.ClientError, httpx.RemoteProtocolError):
        if answer.success:  # what was refused stays refused, however its body ends
            raise
    finally:
        response.line.leave(response.content)
        response.release()


def _is_cancelled(task: asyncio.Task[Any] | None) -> bool:
    return task is not None and task.cancelling() > 0


@lru_cache(maxsize=16)
def _url(url: str) -> URL:
    return URL(str(address_of(url)[0]), encoded=True)


def _joined(raw: tuple[tuple[bytes, bytes], ...]) -> dict[str, str]:
    """Return headers with their names in lower case; what is there more than once is joined."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in raw:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _as_httpx(error: Exception) -> Exception:
    """Say what aiohttp says in httpx's words, which are translated for all clients alike."""
    match error:
        case aiohttp.ConnectionTimeoutError():
            return httpx.ConnectTimeout("")
        case aiohttp.ClientConnectorError():
            return httpx.ConnectError("")
        case aiohttp.InvalidURL():
            return httpx.UnsupportedProtocol(str(error))
        case aiohttp.ClientResponseError():
            return httpx.RemoteProtocolError("")
        case aiohttp.ClientError():
            return httpx.ReadError("")
        case _:
            return error
