"""A connection as aiohttp has it, watched at the seam between asyncio and aiohttp."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import httpx
from aiohttp.http import HttpProcessingError

from ._exchange import Exchange


class Line(asyncio.Protocol):
    """Stands between a connection and aiohttp, and mends what a paid answer would be lost or waited for by.

    aiohttp tells nobody when bytes come, gives up an answer for what follows it in the same packet, skips blank lines
    before one, and does not tell whoever reads a body that it turned into garbage. What comes while nobody asks, it
    would take for the answer to the next request.
    """

    def __init__(self, transport: asyncio.Transport, handler: Any) -> None:
        self.asked = True
        self.heard = False
        self._transport = transport
        self._handler = handler
        self._body: aiohttp.StreamReader | None = None

    def begin(self, body: aiohttp.StreamReader, exchange: Exchange) -> None:
        """Take the body that comes in now; at its end aiohttp lets the next request have the connection."""
        self._body = body
        body.on_eof(lambda: self.rest(used=exchange.sent))
        self._tell()

    def leave(self, body: aiohttp.StreamReader) -> None:
        """End the exchange of a body that did not come to its end; else another one may be under way."""
        if self._body is body:
            self.rest(used=False)

    def rest(self, used: bool) -> None:
        """End an exchange; a connection that was not used to its end is cut."""
        self.asked, self.heard, self._body = False, False, None
        if not used:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        if not self.asked:
            self._transport.abort()
            return
        if not self.heard and not data.startswith(b"H"):
            self._handler.set_exception(HttpProcessingError())
        self.heard = True
        head, end, rest = data.partition(b"\r\n\r\n")
        self._handler.data_received(head + end)
        if rest:
            self._handler.data_received(rest)
        self._tell()

    def _tell(self) -> None:
        error = self._handler.exception()
        if self._body is not None and isinstance(error, HttpProcessingError) and not self._body.is_eof():
            self._body.set_exception(httpx.RemoteProtocolError(""))

    def eof_received(self) -> None:
        self._handler.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._handler.connection_lost(exc)

    def pause_writing(self) -> None:
        self._handler.pause_writing()

    def resume_writing(self) -> None:
        self._handler.resume_writing()


def line_of(connection: Any) -> tuple[Line, bool]:
    """Return what watches a connection, and whether it did so before."""
    transport = connection.transport
    line = transport.get_protocol()
    if isinstance(line, Line):
        line.asked = True
        return line, True
    line = Line(transport, line)
    transport.set_protocol(line)
    return line, False
