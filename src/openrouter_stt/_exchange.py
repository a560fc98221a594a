"""One request on its connection: held to the deadline, watched for its first byte, and kept out of foreign logs.

httpx limits each wait by itself, so a server that drips would never end a call. httpcore tells its `trace` extension of
each step before it logs it, and of every stream it opens. There we put our own limits around the stream's reads and
writes: no wait is longer than what is left of the call that it belongs to, and none begins when nothing is left.
"""

from __future__ import annotations

import logging
import math
import socket
import threading
from collections.abc import Callable, MutableMapping
from contextvars import ContextVar, Token
from ipaddress import ip_address
from queue import Empty, SimpleQueue
from typing import Any, Final

import attrs
import httpx

from ._holding import too_late

RACE: Final = 1.0  # seconds; a server that closed a connection before a request came says so within a round trip
_OPENS: Final = ("connect_tcp.started", "start_tls.started")
_OPENED: Final = ("connect_tcp.complete", "connect_unix_socket.complete", "start_tls.complete")

current: ContextVar[Exchange | None] = ContextVar("exchange", default=None)


@attrs.define
class Exchange:
    """What is known of the request that this thread or task is sending; `deadline` is on the clock `now`.

    `permit` is asked before the first byte is sent, and raises where the client was closed meanwhile.
    `proxy` tells that its connection goes to another host than the request does, `kept` that it served one before,
    `silent` that it was written to and no byte of an answer came, `sent_at` when the last of the body was handed over.
    `failures` are what httpcore's steps raised, also where it goes on without a word.
    """

    host: str
    deadline: float
    now: Callable[[], float]
    permit: Callable[[], None] = lambda: None
    proxy: bool = attrs.field(default=False, init=False)
    kept: bool = attrs.field(default=False, init=False)
    silent: bool = attrs.field(default=False, init=False)
    sent_at: float = attrs.field(default=-math.inf, init=False)
    failures: list[BaseException] = attrs.field(factory=list[BaseException], init=False, repr=False)
    _opened: bool = attrs.field(default=False, init=False)
    _token: Token[Exchange | None] = attrs.field(init=False)

    def __enter__(self) -> None:
        self._token = current.set(self)

    def __exit__(self, *_: object) -> None:
        current.reset(self._token)

    @property
    def left(self) -> float:
        """Seconds until the deadline."""
        return self.deadline - self.now()

    def time_to_send(self) -> float:
        """Return the seconds that are left. Raises `APITimeoutError` where there are none."""
        seconds = self.left
        if seconds <= 0:
            raise too_late()
        return seconds

    @property
    def sent(self) -> bool:
        """Whether all of the body was handed over."""
        return self.sent_at > -math.inf

    @property
    def stale(self) -> bool:
        """Whether a kept connection broke as the request came in, without a byte of an answer."""
        return self.kept and self.silent and self.now() - self.sent_at < RACE

    def trace(self, event: str, info: MutableMapping[str, Any]) -> None:
        """Take the events of httpcore in the sync client (https://www.encode.io/httpcore/extensions/#trace)."""
        step = event.partition(".")[2]
        self._note(step, info)
        if step in _OPENS:
            info["timeout"] = min(info["timeout"], self.left)
        if step == "connect_tcp.started":
            info["timeout"] /= _addresses(info["host"], info["port"], info["timeout"])  # they are tried in turn
        elif step in _OPENED:
            stream = info["return_value"]
            stream.read, stream.write = _limited(stream.read), _limited(stream.write)

    async def atrace(self, event: str, info: MutableMapping[str, Any]) -> None:
        """Take the events of httpcore in the async client, whose event loop keeps the deadline."""
        step = event.partition(".")[2]
        self._note(step, info)
        if step in _OPENED:
            stream = info["return_value"]
            stream.read, stream.write = _watched(stream.read), _watched(stream.write)

    def transferred(self, got: bytes | None) -> None:
        """Take what a write gave, which is None, or a read, which is nothing at its end."""
        if got != b"":
            self.silent = got is None

    def _note(self, step: str, info: MutableMapping[str, Any]) -> None:
        if step.endswith(".failed") and "exception" in info:
            self.failures.append(info["exception"])
        if step == "connect_tcp.started":
            self._opened, self.proxy = True, info["host"] != self.host
        elif step == "send_request_headers.started":
            self.permit()
            self.kept = not self._opened
        elif step == "send_request_body.complete":
            self.sent_at = self.now()
        elif step.startswith("receive_"):
            _silence(info)
            if step == "receive_response_headers.complete" and self.kept and self.silent:
                raise httpx.RemoteProtocolError("")  # what came behind the answer to an earlier request


def _limited(transfer: Callable[[Any, float | None], Any]) -> Callable[..., Any]:
    def limited(data: Any, timeout: float | None = None) -> Any:
        exchange = current.get()
        if exchange is None:  # another client has the same transport
            return transfer(data, timeout)
        left = exchange.left
        if left <= 0:
            raise TimeoutError
        got = transfer(data, left if timeout is None else min(timeout, left))
        exchange.transferred(got)
        return got

    return limited


def _watched(transfer: Callable[..., Any]) -> Callable[..., Any]:
    async def watched(data: Any, timeout: float | None = None) -> Any:
        got = await transfer(data, timeout)
        exchange = current.get()
        if exchange is not None:
            exchange.transferred(got)
        return got

    return watched


def _addresses(host: str, port: int, seconds: float) -> int:
    """Count the addresses of a host. A system's look-up cannot be interrupted, so a thread waits for it."""
    if _is_address(host):
        return 1
    answers: SimpleQueue[int | Exception] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(len(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True, name="openrouter_stt look-up").start()
    try:
        answer = answers.get(timeout=max(seconds, 0))
    except Empty:
        raise httpx.ConnectTimeout("the name was not looked up in time") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _silence(info: MutableMapping[str, Any]) -> None:
    """Leave out of httpcore's log what a server said, which may repeat the key."""
    if info.get("return_value") is not None:
        info["return_value"] = ...
    if "exception" in info:
        info["exception"] = type(info["exception"])


class _WithoutReason(logging.Filter):
    """Leaves it out of httpx's log, which has the reason phrase last."""

    def filter(self, record: logging.LogRecord) -> bool:
        if current.get() is not None and isinstance(record.args, tuple):
            record.args = (*record.args[:-1], "")
        return True


logging.getLogger("httpx").addFilter(_WithoutReason())
