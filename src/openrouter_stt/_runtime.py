"""The two worlds the one pipeline runs in: each gives the same coroutines, and the sync ones never suspend."""

from __future__ import annotations

import contextlib
import inspect
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar, cast

from ._aside import done

if TYPE_CHECKING:
    from anyio import CancelScope

T = TypeVar("T")


class Runtime(Protocol):
    """What the pipeline and the `around` hooks may await; anyio is imported by its first use, which takes time."""

    is_async: ClassVar[bool]

    def now(self) -> float: ...
    async def sleep(self, seconds: float) -> None: ...
    async def blocking(self, function: Callable[..., T], *args: Any) -> T: ...
    async def held_in_thread(self, seconds: float, function: Callable[..., T], *args: Any) -> T: ...
    async def io(self, sync: Callable[[], T], async_: Callable[[], Awaitable[T]]) -> T: ...
    async def gather(self, *awaitables: Awaitable[T]) -> list[T]: ...
    async def wait(self, future: Future[Any], seconds: float) -> None: ...
    async def shielded(self, function: Callable[..., Awaitable[T]], *args: Any) -> T: ...


class SyncRuntime:
    """Everything happens right here, in the calling thread."""

    is_async: ClassVar[bool] = False

    def now(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    async def blocking(self, function: Callable[..., T], *args: Any) -> T:
        return function(*args)

    async def held_in_thread(self, seconds: float, function: Callable[..., T], *args: Any) -> T:
        return function(*args)  # nothing can end what is done in the calling thread

    async def io(self, sync: Callable[[], T], async_: Callable[[], Awaitable[T]]) -> T:
        return sync()

    async def gather(self, *awaitables: Awaitable[T]) -> list[T]:
        try:
            return [await each for each in awaitables]
        finally:
            for each in awaitables:  # after an error the rest is not begun; closing what has ended does nothing
                if inspect.iscoroutine(each):
                    each.close()

    async def wait(self, future: Future[Any], seconds: float) -> None:
        """Wait for what another thread does, but no longer."""
        with contextlib.suppress(TimeoutError):
            future.exception(min(seconds, threading.TIMEOUT_MAX))

    async def shielded(self, function: Callable[..., Awaitable[T]], *args: Any) -> T:
        return await function(*args)


class AsyncRuntime:
    """The running event loop, asyncio's or trio's."""

    is_async: ClassVar[bool] = True

    def now(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        import anyio

        await anyio.sleep(seconds)

    async def blocking(self, function: Callable[..., T], *args: Any) -> T:
        return await in_thread(function, *args)

    async def held_in_thread(self, seconds: float, function: Callable[..., T], *args: Any) -> T:
        """Wait for a thread, also where the call is cancelled, for no longer than that; raises `OverdueError`."""
        with limited(seconds, shield=True):
            return await in_thread(function, *args, abandon_on_cancel=True)
        raise OverdueError

    async def io(self, sync: Callable[[], T], async_: Callable[[], Awaitable[T]]) -> T:
        return await async_()

    async def gather(self, *awaitables: Awaitable[T]) -> list[T]:
        return await _in_tasks(awaitables, shield=False)

    async def wait(self, future: Future[Any], seconds: float) -> None:
        """Wait for what another task does, maybe in another thread or event loop, but no longer."""
        await done(future, seconds)

    async def shielded(self, function: Callable[..., Awaitable[T]], *args: Any) -> T:
        """Run a function to its end, and be cancelled after it; in a task, which asyncio's own cancelling spares."""
        return (await _in_tasks([function(*args)], shield=True))[0]


async def in_thread(function: Callable[..., T], *args: Any, abandon_on_cancel: bool = False) -> T:
    """Run a function in a thread of anyio's, whose frame would keep an error alive, and with it what it knows."""
    from anyio import to_thread

    errors: list[BaseException] = []

    def run() -> T | None:
        try:
            return function(*args)
        except BaseException as error:
            errors.append(error)
            return None

    result = await to_thread.run_sync(run, abandon_on_cancel=abandon_on_cancel)
    if errors:
        raise errors.pop()
    return cast(T, result)


class limited:  # noqa: N801  used as a function
    """Ends what is awaited in the block after some seconds, as `anyio.move_on_after`.

    A coroutine that is closed half-way, as those are whose event loop is gone, leaves it without an error.
    """

    def __init__(self, seconds: float, *, shield: bool = False) -> None:
        import anyio

        self._scope = anyio.move_on_after(seconds, shield=shield)

    def __enter__(self) -> CancelScope:
        return self._scope.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        return kind is not GeneratorExit and bool(self._scope.__exit__(kind, error, traceback))


async def _in_tasks(awaitables: Sequence[Awaitable[T]], *, shield: bool) -> list[T]:
    """Await each in a task of its own; the first error ends the others, and comes out as itself, not within a group.

    One that ends the program comes before the others, and out of a call that is cancelled.
    """
    import anyio

    results: dict[int, T] = {}
    errors: list[BaseException] = []

    async def keep(index: int, each: Awaitable[T]) -> None:
        try:
            with anyio.CancelScope(shield=shield):
                results[index] = await each
        except anyio.get_cancelled_exc_class():
            raise
        except BaseException as error:
            errors.append(error)
            tasks.cancel_scope.cancel()

    whole = False
    try:
        async with anyio.create_task_group() as tasks:
            for index, each in enumerate(awaitables):
                tasks.start_soon(keep, index, each)
        whole = True
    finally:
        first = min(errors, key=lambda error: isinstance(error, Exception), default=None)
        errors.clear()  # of what holds them; as does this frame in the one that it raises
        if first is not None and (whole or not isinstance(first, Exception)):  # else the call was cancelled
            try:
                raise first
            finally:
                del first
    return [results[index] for index in range(len(awaitables))]


class OverdueError(Exception):
    """Something took longer than the time it had."""


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
