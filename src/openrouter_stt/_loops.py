"""What belongs to one running event loop, and is made anew in the next one and in a forked child."""

from __future__ import annotations

import os
import weakref
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import attrs

from ._errors import ConfigurationError
from ._holding import too_late
from ._runtime import limited

if TYPE_CHECKING:
    from anyio import Lock

T = TypeVar("T")


@attrs.define
class _Held(Generic[T]):
    """What one event loop has, once it is made."""

    loop: Any
    turn: Lock  # to make it, which takes time
    process: int = attrs.field(factory=os.getpid)
    made: T | None = None
    forget: Callable[[], object] = lambda: None


@attrs.define
class OfOneLoop(Generic[T]):
    """Holds connections, which serve the event loop they were made in; `forget` gives up those of one that is gone."""

    _make: Callable[[], Awaitable[T]]
    _forget: Callable[[T], object] = lambda _: None  # of what nobody closed, too
    _held: _Held[T] | None = attrs.field(default=None, init=False)
    _closed: bool = attrs.field(default=False, init=False)

    async def get(self, seconds: float) -> T:
        """Return what serves the running loop; wait no longer than that where it is to be made.

        Raises `ConfigurationError` behind `close` and for a second loop, `APITimeoutError` where time is out.
        """
        self.permit()
        held = self._held
        if held is None or held.loop is not _running():
            held = self._held = self._moved()
        return await self._made(held, seconds) if held.made is None else held.made

    def permit(self) -> None:
        """Raise `ConfigurationError` behind `close`."""
        if self._closed:
            raise closed()

    def close(self) -> T | None:
        """Make nothing any more, and return what the running loop can close."""
        self._closed = True
        held, self._held = self._held, None
        if held is None:
            return None
        if held.loop is _running():
            return held.made
        held.forget()  # what another loop has is gone with it
        return None

    def _moved(self) -> _Held[T]:
        from anyio import Lock

        held = self._held
        if held is not None:
            if held.process == os.getpid() and not _is_over(held.loop):
                raise ConfigurationError("an AsyncClient serves one running event loop; make another one for each")
            held.forget()  # its connections went with their loop, or are another process's
        return _Held(_running(), Lock())

    async def _made(self, held: _Held[T], seconds: float) -> T:
        """Make what the loop has not, or wait for the task that does."""
        with limited(seconds):
            async with held.turn:
                self.permit()
                if held.made is None:
                    made = await self._make()
                    held.forget = weakref.finalize(self, self._forget, made)  # once; it keeps what it forgets till then
                    if self._closed:  # meanwhile
                        held.forget()
                        raise closed()
                    held.made = made
                return held.made
        raise too_late()


def closed() -> ConfigurationError:
    """Make the error of a client that was closed."""
    return ConfigurationError("the client is closed; make a new one")


def _running() -> Any:
    """Return what stands for the running event loop: asyncio's itself, or trio's token."""
    from anyio.lowlevel import current_token

    return current_token().native_token


def _is_over(loop: Any) -> bool:
    """Tell whether an event loop, asyncio's or trio's, has ended."""
    if hasattr(loop, "is_closed"):
        return bool(loop.is_closed())
    try:
        loop.run_sync_soon(lambda: None)
    except RuntimeError:  # trio.RunFinishedError
        return True
    return False
