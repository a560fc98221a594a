"""A server on loopback that does with each connection what a behaviour says, and records what came in whole."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Final

BLOCK: Final = 64 * 1024
Behaviour = Callable[["Line"], Awaitable[None]]


@dataclass
class Request:
    """A request as it came in; `body` is what was read of it, and `whole` tells that it was all."""

    head: bytes
    body: bytearray = field(default_factory=bytearray)
    whole: bool = False

    @property
    def length(self) -> int:
        return int(self.head.lower().split(b"content-length:")[1].split(b"\r\n")[0])


@dataclass
class Case:
    """One behaviour under an address of its own, what it was sent, and when the last client hung up."""

    behave: Behaviour
    url: str
    requests: list[Request] = field(default_factory=list)
    taken: threading.Event = field(default_factory=threading.Event)  # a request came in whole
    hung_up: threading.Event = field(default_factory=threading.Event)
    hung_up_at: float = 0.0


@dataclass
class Line:
    """A connection with a request on it; `number` counts the requests of the case, from 1."""

    case: Case
    request: Request
    number: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def body(self) -> None:
        """Read the request's body to its end."""
        while (left := self.request.length - len(self.request.body)) > 0:
            block = await self.reader.read(min(BLOCK, left))
            if not block:
                return
            self.request.body += block
        self.request.whole = True
        self.case.taken.set()

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def reset(self) -> None:
        """Cut the connection so that the client is told of it by a reset."""
        link: socket.socket = self.writer.get_extra_info("socket")
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def finish(self) -> None:
        """Close as servers do that have not read everything: say so first, and read on until the client goes."""
        self.writer.write_eof()
        await self.hang()

    async def hang(self) -> None:
        """Do nothing until the client hangs up."""
        with suppress(ConnectionResetError):
            while await self.reader.read(BLOCK):
                pass
        self.case.hung_up_at = time.monotonic()
        self.case.hung_up.set()


class Hostile:
    """Serves cases, each under an address of its own."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._cases: dict[bytes, Case] = {}
        self._names = count()
        self._loop = asyncio.new_event_loop()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        port: int = self._listener.getsockname()[1]
        return port

    def case(self, behave: Behaviour, host: str = "127.0.0.1") -> Case:
        name = str(next(self._names))
        scheme = "https" if self._tls else "http"
        case = self._cases[name.encode()] = Case(behave, f"{scheme}://{host}:{self.port}/{name}")
        return case

    @contextmanager
    def running(self) -> Iterator[Hostile]:
        thread = threading.Thread(target=self._run, daemon=True)
        thread.start()
        yield self
        self._loop.call_soon_threadsafe(self._loop.stop)
        thread.join(10)
        self._listener.close()

    def _run(self) -> None:
        self._loop.run_until_complete(asyncio.start_server(self._serve, sock=self._listener, ssl=self._tls))
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            try:
                while not writer.is_closing():
                    head = await reader.readuntil(b"\r\n\r\n")
                    case = self._cases[head.split(b"/")[1]]
                    case.requests.append(Request(head))
                    await case.behave(Line(case, case.requests[-1], len(case.requests), reader, writer))
            finally:
                writer.close()


def response(status: int, body: bytes = b"", *headers: str, reason: str = "Whatever") -> bytes:
    """Return a response that says how long it is."""
    lines = [f"HTTP/1.1 {status} {reason}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def chunked(*chunks: bytes, headers: str = "", end: bytes = b"0\r\n\r\n") -> bytes:
    """Return a successful response in chunks."""
    head = f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n{headers}\r\n".encode()
    return head + b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + end


def answers(data: bytes, end: str = "keep") -> Behaviour:
    """Read the request, send bytes, and then keep, close, reset or hang."""

    async def behave(line: Line) -> None:
        await line.body()
        await line.send(data)
        await _end(line, end)

    return behave


def one_by_one(*behaviours: Behaviour) -> Behaviour:
    """Behave differently at each request of a case, and at the end like the last one."""

    async def behave(line: Line) -> None:
        await behaviours[min(line.number, len(behaviours)) - 1](line)

    return behave


def early(data: bytes, end: str, read: int = 0) -> Behaviour:
    """Answer when so many bytes of the body have come in."""

    async def behave(line: Line) -> None:
        if read:
            line.request.body += await line.reader.readexactly(read)
        await line.send(data)
        await _end(line, end)

    return behave


def drips(start: bytes, piece: bytes) -> Behaviour:
    """Send pieces for ever, one each 10 ms."""

    async def behave(line: Line) -> None:
        await line.body()
        await line.send(start)
        gone = asyncio.ensure_future(line.hang())
        while not gone.done():
            await line.send(piece)
            await asyncio.wait([gone], timeout=0.01)

    return behave


def floods(start: bytes, piece: bytes) -> Behaviour:
    """Send pieces for ever, as fast as they are taken."""

    async def behave(line: Line) -> None:
        await line.body()
        await line.send(start)
        while True:
            await line.send(piece)

    return behave


async def deaf(line: Line) -> None:
    """Read nothing of the body, and say nothing."""
    line.writer.transport.pause_reading()  # type: ignore[attr-defined]
    await asyncio.sleep(3600)


async def _end(line: Line, end: str) -> None:
    match end:
        case "close":
            line.writer.close()
        case "reset":
            await line.reset()
        case "hang":
            await line.hang()
        case "finish":
            await line.finish()
