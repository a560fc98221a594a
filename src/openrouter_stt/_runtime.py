"""The two worlds the one pipeline runs in: each gives the same coroutines, and the sync ones never suspend."""

from __future__ import annotations

import contextlib
import inspect
import time
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, ClassVar, Protocol, TypeVar

T = TypeVar("T")


class Runtime(Protocol):
    """What the pipeline and the `around` hooks may await; anyio is imported by its first use, which takes time."""

    is_async: ClassVar[bool]

    def now(self) -> float: ...
    async def sleep(self, seconds: float) -> None: ...
    async def blocking(self, function: Callable[..., T], *args: Any) -> T: ...
    async def io(self, sync: Callable[[], T], async_: Callable[[], Awaitable[T]]) -> T: ...
    async def gather(self, *awaitables: Awaitable[T]) -> list[T]: ...


class SyncRuntime:
    """Everything happens right here, in the calling thread."""

    is_async: ClassVar[bool] = False

    def now(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    async def blocking(self, function: Callable[..., T], *args: Any) -> T:
        return function(*args)

    async def io(self, sync: Callable[[], T], async_: Callable[[], Awaitable[T]]) -> T:
        return sync()

    async def gather(self, *awaitables: Awaitable[T]) -> list[T]:
        try:
            return [await each for each in awaitables]
        finally:
            for each in awaitables:  # after an error the rest is not begun; closing what has ended does nothing
                if inspect.iscoroutine(each):
                    each.close()


class AsyncRuntime:
    """The running event loop, asyncio's or trio's."""

    is_async: ClassVar[bool] = True

    def now(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        import anyio

        await anyio.sleep(seconds)

    async def blocking(self, function: Callable[..., T], *args: Any) -> T:
        from anyio import to_thread

        return await to_thread.run_sync(partial(function, *args))

    async def io(self, sync: Callable[[], T], async_: Callable[[], Awaitable[T]]) -> T:
        return await async_()

    async def gather(self, *awaitables: Awaitable[T]) -> list[T]:
        import anyio

        results: dict[int, T] = {}
        errors: list[Exception] = []

        async def keep(index: int, each: Awaitable[T]) -> None:
            try:
                results[index] = await each
            except Exception as error:
                errors.append(error)
                tasks.cancel_scope.cancel()

        async with anyio.create_task_group() as tasks:
            for index, each in enumerate(awaitables):
                tasks.start_soon(keep, index, each)
        if errors:
            raise errors[0]
        return [results[index] for index in range(len(awaitables))]


class SuspendedError(Exception):
    """A coroutine that was to run through waits for an event loop."""


def run_through(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never suspends to its end; raises `SuspendedError` when it does."""
    try:
        coroutine.send(None)
    except StopIteration as finished:
        result: T = finished.value
        return result
    with contextlib.suppress(RuntimeError):  # it may wait in its clean-up, too
        coroutine.close()
    raise SuspendedError
