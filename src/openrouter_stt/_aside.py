"""Threads of our own, which an event loop waits for: what would hold it up, once in a process or a client.

They are none of anyio's, which are the application's and may all wait for the call that needs this; and no process
waits for them at its end.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any, Final, TypeVar

T = TypeVar("T")

_ready: Final[dict[str, Future[None]]] = {}  # anyio's parts, by the name of an event loop's library

_at_fork = getattr(os, "register_at_fork", lambda **_: None)  # Windows does not fork
_at_fork(after_in_child=_ready.clear)  # a thread that imports stays with the parent


async def ready() -> None:
    """Import what anyio has for the running event loop, which its first use would do in the loop."""
    library = _library()
    future = _ready.get(library) or _ready.setdefault(library, _started(partial(_import_anyio, library)))
    if not future.done():
        await done(future)


async def aside(function: Callable[[], T]) -> T:
    """Return what a function does in a thread."""
    future = _started(function)
    try:
        await done(future)
        return future.result()
    finally:
        del future  # whose error holds this frame


async def done(future: Future[Any]) -> None:
    """Wait in an event loop for what is done in another thread or event loop."""
    event: Any
    soon: Callable[[Callable[[], None]], object]
    if _library() == "asyncio":
        import asyncio

        event, soon = asyncio.Event(), asyncio.get_running_loop().call_soon_threadsafe
    else:
        import trio

        event, soon = trio.Event(), trio.lowlevel.current_trio_token().run_sync_soon

    def wake(_: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed, and nobody waits any more
            soon(event.set)

    future.add_done_callback(wake)
    await event.wait()


def _library() -> str:
    from sniffio import current_async_library

    return current_async_library()


def _import_anyio(library: str) -> None:
    import anyio
    from sniffio import thread_local

    thread_local.name = library  # of this thread, which has no event loop
    anyio.get_cancelled_exc_class()  # asks what serves that library, which is imported for it


def _started(function: Callable[[], T]) -> Future[T]:
    future = Future[T]()
    threading.Thread(target=_run, args=(function, future), daemon=True, name="openrouter_stt first call").start()
    return future


def _run(function: Callable[[], T], future: Future[T]) -> None:
    try:
        future.set_result(function())
    except BaseException as error:
        future.set_exception(error)
    finally:
        del future
