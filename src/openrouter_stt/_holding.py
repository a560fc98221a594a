"""Hooks that wait are held to the deadline of their call, where an event loop can end them: in the async client."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import ContextVar
from typing import Any, Final, TypeVar

import attrs

from ._errors import APITimeoutError
from ._runtime import OverdueError, Runtime, limited

T = TypeVar("T")
GRACE: Final = 1.0  # seconds after the deadline for caches and for those that are told how the call ended

_deadline: ContextVar[float] = ContextVar("openrouter_stt_deadline", default=math.inf)


async def held_until(deadline: float, coroutine: Coroutine[Any, Any, T]) -> T:
    """Await a coroutine, in which hooks are held to a deadline on the runtime's clock."""
    token = _deadline.set(deadline)
    try:
        return await coroutine
    finally:
        try:  # noqa: SIM105  quicker
            _deadline.reset(token)
        except ValueError:  # closed by the garbage collector, in another's context
            pass


@attrs.frozen
class Holding:
    """The time that is left to what a call waits for."""

    runtime: Runtime

    async def awaited(self, who: str, function: Callable[..., Awaitable[T]], *args: Any, grace: float = 0) -> T:
        """Await a function in an event loop until `grace` seconds after the deadline. Raises `APITimeoutError`."""
        with limited(self._left(grace)):
            return await function(*args)
        raise _overdue(who)

    async def in_thread(self, who: str, function: Callable[..., T], *args: Any, grace: float = 0) -> T:
        """Do the same in a thread, which is left alone where it does not end."""
        try:
            return await self.runtime.held_in_thread(self._left(grace), function, *args)
        except OverdueError:
            raise _overdue(who) from None

    def _left(self, grace: float) -> float:
        return max(_deadline.get() - self.runtime.now(), 0) + grace


def too_late() -> APITimeoutError:
    """Make the error of a call that has no time left to send its request."""
    return APITimeoutError("the deadline passed before the request was sent; give the call a longer timeout")


def _overdue(who: str) -> APITimeoutError:
    return APITimeoutError(f"the deadline of the call passed in {who}")
