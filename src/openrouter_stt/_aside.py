"""Threads of our own, which an event loop waits for: what would hold it up, once in a process or a client.

They are none of anyio's, which are the application's and may all wait for the call that needs this; and no process
waits for them at its end.
"""

from __future__ import annotations

import contextlib
import math
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from functools import partial
from typing import Any, Final, TypeVar

T = TypeVar("T")
LONGEST: Final = 5.0  # seconds for which a fork waits

_running: Final[set[Future[Any]]] = set()
_ready: Final[dict[str, Future[None]]] = {}  # anyio's parts, by the name of an event loop's library


def _rest() -> None:
    """Await the threads: in a child without them, the modules that they import would stay locked."""
    wait([*_running], LONGEST)


_at_fork = getattr(os, "register_at_fork", lambda **_: None)  # Windows does not fork
_at_fork(before=_rest, after_in_child=_running.clear)
_at_fork(after_in_child=_ready.clear)


async def ready(seconds: float) -> bool:
    """Import what anyio has for the running event loop, which its first use would do in the loop.

    Tells whether it is there, after as many seconds at most.
    """
    library = _library()
    future = _ready.get(library) or _ready.setdefault(library, _started(partial(_import_anyio, library)))
    return future.done() or await done(future, seconds)


async def aside(function: Callable[[], T]) -> T:
    """Return what a function does in a thread."""
    future = _started(function)
    try:
        await done(future)
        return future.result()
    finally:
        del future  # whose error holds this frame


async def done(future: Future[Any], seconds: float = math.inf) -> bool:
    """Wait in an event loop for what is done in another thread or event loop, and tell whether it is."""
    await (_done_on_asyncio if _library() == "asyncio" else _done_on_trio)(future, seconds)
    return future.done()


async def _done_on_asyncio(future: Future[Any], seconds: float) -> None:
    import asyncio

    event = asyncio.Event()
    future.add_done_callback(_waking(asyncio.get_running_loop().call_soon_threadsafe, event.set))
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


async def _done_on_trio(future: Future[Any], seconds: float) -> None:
    import trio

    event = trio.Event()
    future.add_done_callback(_waking(trio.lowlevel.current_trio_token().run_sync_soon, event.set))
    with trio.move_on_after(seconds):
        await event.wait()


def _waking(soon: Callable[[Callable[[], None]], object], set_: Callable[[], None]) -> Callable[[object], None]:
    def wake(_: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed, and nobody waits any more
            soon(set_)

    return wake


def _library() -> str:
    from sniffio import current_async_library

    return current_async_library()


def _import_anyio(library: str) -> None:
    import anyio
    from sniffio import thread_local

    before, thread_local.name = thread_local.name, library  # of this thread, which has no event loop
    try:
        anyio.get_cancelled_exc_class()  # asks what serves that library, which is imported for it
    finally:
        thread_local.name = before


def _started(function: Callable[[], T]) -> Future[T]:
    future = Future[T]()
    _running.add(future)
    future.add_done_callback(_running.discard)
    try:
        threading.Thread(target=_run, args=(function, future), daemon=True, name="openrouter_stt first call").start()
    except RuntimeError:  # there can be none, as at the end of a process
        _run(function, future)
    return future


def _run(function: Callable[[], T], future: Future[T]) -> None:
    try:
        future.set_result(function())
    except BaseException as error:
        future.set_exception(error)
    finally:
        del future
