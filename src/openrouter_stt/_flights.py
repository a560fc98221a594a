"""Single flight: of several calls for one answer at the same moment one gets it, and the others wait for it.

Each call stays in its own thread or event loop, and none waits where that could be for itself: a call made inside a
leader's does not wait at all, nor does one in a thread that runs the leader's event loop.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Hashable
from concurrent.futures import Future
from contextlib import suppress
from contextvars import ContextVar
from threading import get_ident
from typing import Any, Final, TypeVar

from ._errors import APITimeoutError
from ._runtime import Runtime

T = TypeVar("T")


class _Flight(Future[Any]):
    """What a leader is getting; its result is None when it was not got."""

    def __init__(self) -> None:
        super().__init__()
        self.thread = get_ident()


class _Ended:
    last: object = None  # another object with each flight that ends


_flights: Final[dict[Hashable, _Flight]] = {}  # those under way
_led: Final[ContextVar[_Flight | None]] = ContextVar("openrouter_stt_led", default=None)

_at_fork = getattr(os, "register_at_fork", lambda **_: None)  # Windows does not fork
_at_fork(after_in_child=_flights.clear)  # their leaders stay with the parent


def leading() -> bool:
    """Tell whether this call is made inside one that others may wait for, so that it must not wait itself."""
    flight = _led.get()
    return flight is not None and not flight.done()


def last_ended() -> object:
    """Return what is the same object as before only where no flight ended meanwhile."""
    return _Ended.last


async def shared(
    key: Hashable, lead: Callable[[], Awaitable[T]], runtime: Runtime, remaining: Callable[[], float]
) -> tuple[T, bool]:
    """Return what `lead` does, or what another call for `key` got meanwhile, and whether it is another's.

    When a leader fails or is cancelled, one of those that waited is the next. Raises `APITimeoutError` where nothing
    of `remaining` (in seconds) is left to wait.
    """
    own = _Flight()
    while (flight := own if leading() else _flights.setdefault(key, own)) is not own:
        if not runtime.is_async and flight.thread == get_ident():
            return await lead(), False
        await runtime.wait(flight, remaining())
        if not flight.done():
            raise APITimeoutError("the deadline passed while another call was getting the same answer")
        if (got := flight.result()) is not None:
            return got, True
    return await _got(key, own, lead), False


async def _got(key: Hashable, own: _Flight, lead: Callable[[], Awaitable[T]]) -> T:
    token = _led.set(own)
    got: T | None = None
    try:
        got = await lead()
        return got
    finally:
        _Ended.last = object()  # before the next one can lead
        if _flights.get(key) is own:
            del _flights[key]
        own.set_result(got)
        with suppress(ValueError):  # closed by the garbage collector, in another's context
            _led.reset(token)
