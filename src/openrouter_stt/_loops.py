"""What belongs to one running event loop, and is made anew in the next one and in a forked child."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable
from functools import partial
from typing import Any, Generic, TypeVar

import attrs

from ._errors import ConfigurationError

T = TypeVar("T")


@attrs.define
class OfOneLoop(Generic[T]):
    """Holds connections, which serve the event loop they were made in; `forget` gives up those of one that is gone."""

    _make: Callable[[], T]
    _forget: Callable[[T], object] | None = None  # of what nobody closed, too
    _held: tuple[T, weakref.finalize[..., Any]] | None = attrs.field(default=None, init=False)
    _closed: bool = attrs.field(default=False, init=False)
    _loop: Any = attrs.field(default=None, init=False)
    _process: int = attrs.field(factory=os.getpid, init=False)

    def get(self) -> T:
        """Return what serves the running loop. Raises `ConfigurationError` behind `close` and for a second loop."""
        loop = _running()
        self.permit()
        if self._held is not None and self._loop is not loop:
            if self._process == os.getpid() and not _is_over(self._loop):
                raise ConfigurationError("an AsyncClient serves one running event loop; make another one for each")
            self._held[1]()  # its connections went with their loop, or are another process's
            self._held = None
        if self._held is None:
            made = self._make()
            forget = partial(self._forget, made) if self._forget else _nothing
            self._held = made, weakref.finalize(self, forget)  # it holds what it forgets as long as this lives
            self._loop, self._process = loop, os.getpid()
        return self._held[0]

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
        made, forget = held
        if self._loop is _running():
            forget.detach()
            return made
        forget()  # what another loop has is gone with it
        return None


def _nothing() -> None: ...


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
