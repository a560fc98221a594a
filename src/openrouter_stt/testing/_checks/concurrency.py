"""Many calls at once, and what is left when a client is closed."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import anyio
from anyio.lowlevel import checkpoint

from .._answers import Answer
from .._case import Case, said
from .._clients import run
from .._clients import world as open_world
from ._neighbours import Meeting

CALLS: Final = 8
ROUNDS: Final = 3
LONGEST_BLOCK: Final = 0.05  # seconds
TRIES: Final = 3
PATIENCE: Final = 1.0  # seconds for a thread to end


def threads(case: Case, world: str) -> Iterator[str]:
    """Eight threads that share one client get each its own answer."""
    sources = [case.sources[index % len(case.sources)] for index in range(CALLS)]
    with case.client(world) as driver:
        expected = [case.call(driver, source).text for source in sources]
    with case.client(world, after=[Meeting(CALLS)]) as driver, ThreadPoolExecutor(CALLS) as pool:
        rounds = [[pool.submit(case.call, driver, source) for source in sources] for _ in range(ROUNDS)]
        try:
            texts = [[future.result().text for future in futures] for futures in rounds]
        except Exception as error:
            yield f"of {CALLS} calls at once one fails with {said(error)}; {_SHARED}"
            return
    if any(each != expected for each in texts):
        yield f"{CALLS} calls at once get other texts than one after the other; {_SHARED}"


_SHARED: Final = "keep nothing of a call on the plugin: take it from the call, or put a lock around what is shared"


def event_loop(case: Case, world: str) -> Iterator[str]:
    """The plugin never holds up the event loop for long."""
    if world == "sync":
        return
    bare = min(run(world, _longest_gap, case, True) for _ in range(TRIES))
    longest = min(run(world, _longest_gap, case, False) for _ in range(TRIES)) - bare
    if longest > LONGEST_BLOCK:
        yield (
            f"it holds up the event loop for more than {LONGEST_BLOCK * 1000:.0f} ms; mark what takes long "
            "@hookimpl(blocking=True), or await call.blocking(...) in an around hook"
        )


async def _longest_gap(case: Case, without: bool) -> float:
    """Return the longest time, in seconds, that a task beside some calls had to wait for its turn."""
    client = case.async_client(case.transport(Answer.error(503)), without=without)
    gaps = [0.0]

    async def tick() -> None:
        last = time.perf_counter()
        while True:
            await checkpoint()
            now = time.perf_counter()
            gaps[0], last = max(gaps[0], now - last), now

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(tick)
        await checkpoint()
        with contextlib.suppress(Exception):  # whether it fails is another check's
            await client.transcribe(**case.arguments())
        await client.close()
        await checkpoint()
        tasks.cancel_scope.cancel()
    return gaps[0]


def leftovers(case: Case, world: str) -> Iterator[str]:
    """A closed client leaves no task and no thread behind."""
    before = set(threading.enumerate())
    if world == "sync":
        with case.client(world) as driver:
            case.call(driver)
    elif tasks := run(world, _tasks_left, case, world):
        yield f"{tasks} of its tasks still run when the client is closed; end them in close()"
    if world != "trio":  # which keeps its threads for a while
        left = [thread.name for thread in threading.enumerate() if thread not in before and _lives_on(thread)]
        if left:
            yield f"its threads {', '.join(left)} still run when the client is closed; end them in close()"


async def _tasks_left(case: Case, world: str) -> int:
    before = _living_tasks(world)
    client = case.async_client(case.transport())
    await client.transcribe(**case.arguments())
    await client.close()
    for _ in range(10):  # turns for a cancelled task to end
        await checkpoint()
    return _living_tasks(world) - before


def _living_tasks(world: str) -> int:
    if world == "asyncio":
        return len(asyncio.all_tasks())
    import trio

    return trio.lowlevel.current_statistics().tasks_living


def _lives_on(thread: threading.Thread) -> bool:
    thread.join(PATIENCE)
    return thread.is_alive()


def closing(case: Case, world: str) -> Iterator[str]:
    """A plugin that serves two clients is closed twice, and does not mind."""
    plugin: Any = case.target()
    with open_world(world) as opened:
        two = [opened.client(**case.settings(case.transport(), [plugin])) for _ in range(2)]
        for driver in two:
            case.call(driver)
        for driver in two:
            try:
                driver.close()
            except Exception as error:
                yield f"closing fails with {said(error)}; close() is called once for each client that had the plugin"
