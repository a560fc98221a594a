"""Of several calls for one answer at the same moment one asks for it, and the others wait."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import types
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import anyio
import pytest

from openrouter_stt import APITimeoutError, AsyncClient, Call, Client, Proceed, Transcription, hookimpl
from openrouter_stt import _runtime as runtime
from openrouter_stt._flights import leading
from openrouter_stt_plugins.cache import DiskCache, MemoryCache
from tests.support.caches import CACHES, Claimed, Constant, MakeCache
from tests.support.clock import Clock
from tests.support.crowd import together
from tests.support.server import Answer, Server
from tests.support.sounds import WAV
from tests.support.worlds import MODEL, WORLDS, World, world_named


class Waits:
    """Counts the calls that have begun to wait for another."""

    def __init__(self) -> None:
        self._begun = threading.Semaphore(0)

    def begin(self) -> None:
        self._begun.release()

    def until(self, count: int) -> Callable[[], None]:
        """Return what a server does meanwhile: wait until so many more calls wait."""

        def meanwhile() -> None:
            for _ in range(count):
                assert self._begun.acquire(timeout=10)

        return meanwhile


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> Waits:
    waits = Waits()

    def watched(original: Any) -> Any:
        async def wait(self: Any, future: Any, seconds: float) -> None:
            waits.begin()
            await original(self, future, seconds)

        return wait

    for kind in (runtime.SyncRuntime, runtime.AsyncRuntime):
        monkeypatch.setattr(kind, "wait", watched(kind.wait))
    return waits


def sources(outcomes: list[Any]) -> list[str]:
    return sorted(getattr(outcome, "source", type(outcome).__name__) for outcome in outcomes)


@pytest.mark.parametrize("make", [*CACHES.values(), lambda _: Constant()], ids=[*CACHES, "own"])
def test_one_request_for_all(server: Server, world: World, waits: Waits, make: MakeCache, tmp_path: Path) -> None:
    """The answers of the others are those of a cache, and the same as the first."""
    server.will(Answer(meanwhile=waits.until(4)))
    client = world.client(base_url=server.url, cache=make(tmp_path))
    outcomes = together(5, lambda: client.transcribe(WAV))
    assert sources(outcomes) == ["cache"] * 4 + ["network"]
    assert {(outcome.text, outcome.attempts) for outcome in outcomes} == {("hello", 0), ("hello", 1)}  # type: ignore[union-attr]
    assert len(server.requests) == 1


def test_one_request_for_all_clients_that_share_a_cache(server: Server, waits: Waits) -> None:
    """Threads and the tasks of two event loops wait for each other."""
    server.will(Answer(meanwhile=waits.until(2)))
    with ExitStack() as stack:
        cache = MemoryCache()
        worlds = [stack.enter_context(world_named(name)) for name in WORLDS]
        clients = [world.client(base_url=server.url, cache=cache) for world in worlds]
        assert sources(together(3, lambda: clients.pop().transcribe(WAV))) == ["cache", "cache", "network"]
    assert len(server.requests) == 1


def test_caches_of_their_own_do_not_wait_for_each_other(server: Server, world: World) -> None:
    both = threading.Barrier(2, timeout=10)
    server.will(*[Answer(meanwhile=both.wait)] * 2)
    clients = [world.client(base_url=server.url, cache="memory") for _ in range(2)]
    assert sources(together(2, lambda: clients.pop().transcribe(WAV))) == ["network", "network"]


def test_other_questions_do_not_wait(server: Server, world: World) -> None:
    both = threading.Barrier(2, timeout=10)
    server.will(*[Answer(meanwhile=both.wait)] * 2)
    client = world.client(base_url=server.url, cache="memory")
    models = ["one", "two"]
    assert sources(together(2, lambda: client.transcribe(WAV, model=models.pop()))) == ["network", "network"]


def test_after_a_failure_the_next_one_asks(server: Server, world: World, waits: Waits) -> None:
    """The error is the first call's alone; of the two that waited one asks, and the other goes on waiting."""
    server.will(Answer(400, meanwhile=waits.until(2)), Answer(meanwhile=waits.until(1)))
    client = world.client(base_url=server.url, cache="memory")
    assert sources(together(3, lambda: client.transcribe(WAV))) == ["BadRequestError", "cache", "network"]
    assert len(server.requests) == 2


def test_a_cache_that_keeps_nothing_makes_nobody_ask_again(server: Server, world: World, waits: Waits) -> None:
    """Those who waited get the answer from the call they waited for."""

    class Broken(MemoryCache):
        @hookimpl
        def cache_set(self, key: str, transcription: Transcription) -> None:
            raise OSError("no space left")

    server.will(Answer(meanwhile=waits.until(2)))
    client = world.client(base_url=server.url, cache=Broken())
    assert sources(together(3, lambda: client.transcribe(WAV))) == ["cache", "cache", "network"]


def test_an_answer_that_came_between_two_looks_is_found(server: Server, world: World) -> None:
    """A call that missed, and then found nobody asking, looks again before it pays."""
    late, go = threading.Event(), threading.Event()

    class Late(MemoryCache):
        @hookimpl(blocking=True)
        def cache_get(self, key: str) -> Transcription | None:
            found = super().cache_get(key)
            if threading.current_thread().name != "first" and not late.is_set():
                late.set()
                assert go.wait(10)
            return found

    cache = Late()
    client = world.client(base_url=server.url, cache=cache)
    with ThreadPoolExecutor(1) as pool:
        second = pool.submit(client.transcribe, WAV)
        assert late.wait(10)
        assert client.transcribe(WAV).source == "network"
        go.set()
        assert second.result().source == "cache"


@pytest.fixture
def held(server: Server) -> Iterator[tuple[threading.Event, threading.Event]]:
    """A first request that has `arrived` is answered when the test says `go`."""
    arrived, go = threading.Event(), threading.Event()

    def meanwhile() -> None:
        arrived.set()
        assert go.wait(10)

    server.will(Answer(meanwhile=meanwhile))
    yield arrived, go
    go.set()


Held = tuple[threading.Event, threading.Event]


def test_nobody_waits_past_the_deadline(server: Server, world: World, held: Held) -> None:
    """The one who waits has a deadline of its own, and was not billed."""
    arrived, go = held
    client = world.client(base_url=server.url, cache="memory")
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(client.transcribe, WAV)
        assert arrived.wait(10)
        with pytest.raises(APITimeoutError, match="another call was getting the same answer") as caught:
            client.transcribe(WAV, timeout=0.05)
        go.set()
        assert first.result().source == "network"
    assert (caught.value.attempts, caught.value.maybe_billed) == (0, False)


class Twice:
    """Asks the same three times."""

    name = "twice"

    @hookimpl
    async def around_call(self, call: Call, proceed: Proceed) -> Transcription:
        answers = await call.gather(*(proceed(call) for _ in range(3)))
        return answers[0].replace(text=" ".join(sorted(answer.source for answer in answers)))


def test_several_calls_of_one_plugin(server: Server, world: World) -> None:
    """One that asks the same several times in one call waits for itself no longer than for anybody."""
    client = world.client(base_url=server.url, plugins=[Twice()], cache="memory")
    assert client.transcribe(WAV).text == "cache cache network"
    assert len(server.requests) == 1


class Asking:
    """Before it lets an answer through, it asks the same question with another client."""

    name = "asking"

    def __init__(self) -> None:
        self.client: Any = None

    @hookimpl
    def finish(self, call: Call) -> None:
        assert self.client.transcribe(call.audio, model=call.model, timeout=5).text == "hello"

    @hookimpl(specname="finish")
    async def finish_async(self, call: Call) -> None:
        assert (await self.client.transcribe(call.audio, model=call.model, timeout=5)).text == "hello"


@pytest.mark.parametrize("on_disk", [False, True])
def test_a_call_inside_another_does_not_wait_for_it(
    server: Server, world: World, on_disk: bool, tmp_path: Path, waits: Waits
) -> None:
    """Waiting would be for itself; it asks by itself."""
    caches: list[Any] = [DiskCache(tmp_path), DiskCache(tmp_path)] if on_disk else [Constant()] * 2
    for cache in caches[: 2 * on_disk]:
        cache.cache_key = hookimpl(specname="cache_key")(lambda: "always")
    asking = Asking()
    asking.client = world.client(base_url=server.url, cache=caches[0]).client
    assert world.client(base_url=server.url, plugins=[asking], cache=caches[1]).transcribe(WAV).source == "network"
    assert len(server.requests) == 2


def test_a_call_inside_another_does_not_wait_for_another_process(server: Server, world: World, clock: Clock) -> None:
    """That one may wait for the answer that this one is to help to."""
    asking = Asking()
    asking.client = world.client(base_url=server.url, cache=Claimed(lambda: 0.5)).client
    client = world.client(base_url=server.url, plugins=[asking], cache=Constant())
    assert (client.transcribe(WAV).source, len(server.requests), clock.waits) == ("network", 2, [])


def test_a_sync_call_in_the_thread_of_an_event_loop_does_not_wait_for_that_loop(server: Server, held: Held) -> None:
    """It would stop what it waits for."""
    arrived, go = held
    cache = MemoryCache()

    async def main() -> tuple[Transcription, Transcription]:
        async with AsyncClient("k", base_url=server.url, cache=cache, autoload=False) as client:
            first = asyncio.create_task(client.transcribe(WAV, model=MODEL))
            assert await asyncio.to_thread(arrived.wait, 10)
            with Client("k", base_url=server.url, cache=cache, autoload=False, timeout=5) as sync:
                second = sync.transcribe(WAV, model=MODEL)  # that is the slip
            go.set()
            return await first, second

    assert [answer.source for answer in asyncio.run(main())] == ["network", "network"]


class Slow:
    """Edits an answer in two steps, between which a test may do something."""

    name = "slow"

    def __init__(self) -> None:
        self.reached, self.go_on = anyio.Event(), anyio.Event()

    @hookimpl(specname="finish")
    async def finish_async(self, transcription: Transcription) -> Transcription:
        self.reached.set()
        await self.go_on.wait()
        return transcription.replace(text="finished")


async def _by_task(first: Callable[[], Any], reached: Callable[[], Any]) -> None:
    """Cancel as asyncio does."""
    task = asyncio.create_task(first())
    await reached()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def _by_scope(first: Callable[[], Any], reached: Callable[[], Any]) -> None:
    """Cancel as anyio and trio do."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(first)
        await reached()
        tasks.cancel_scope.cancel()


by_each = pytest.mark.parametrize(
    ("cancelled", "backend"), [(_by_task, "asyncio"), (_by_scope, "asyncio"), (_by_scope, "trio")]
)


@by_each
def test_a_cancelled_call_leaves_the_answer_that_has_come(server: Server, cancelled: Any, backend: str) -> None:
    """It ends once the answer is kept; it was paid for, and the next call gets it."""

    async def main() -> None:
        slow, cache = Slow(), MemoryCache()
        async with AsyncClient("k", base_url=server.url, plugins=[slow], cache=cache, autoload=False) as client:

            async def first() -> None:
                await client.transcribe(WAV, model=MODEL)

            async def reached() -> None:
                await slow.reached.wait()
                tasks.start_soon(let_go)

            async def let_go() -> None:
                await anyio.wait_all_tasks_blocked()
                slow.go_on.set()

            async with anyio.create_task_group() as tasks:
                await cancelled(first, reached)
            kept = await client.transcribe(WAV, model=MODEL)
            assert (kept.text, kept.source) == ("finished", "cache")

    anyio.run(main, backend=backend)
    assert len(server.requests) == 1


@by_each
def test_a_cancelled_call_does_not_cancel_those_that_wait(
    server: Server, held: Held, waits: Waits, cancelled: Any, backend: str
) -> None:
    """One of them asks instead."""

    async def main() -> None:
        async with AsyncClient("k", base_url=server.url, cache="memory", autoload=False) as client:
            answers: list[Transcription] = []

            async def first() -> None:
                await client.transcribe(WAV, model=MODEL)

            async def second() -> None:
                answers.append(await client.transcribe(WAV, model=MODEL))

            async def reached() -> None:
                assert await anyio.to_thread.run_sync(held[0].wait, 10)
                tasks.start_soon(second)
                await anyio.to_thread.run_sync(waits.until(1))

            async with anyio.create_task_group() as tasks:
                await cancelled(first, reached)
            assert [answer.source for answer in answers] == ["network"]

    anyio.run(main, backend=backend)
    assert len(server.requests) == 2


class Suspending(Constant):
    """A cache with claims, and an engine that waits for ever when it is asked first."""

    def __init__(self) -> None:
        super().__init__()
        self.released: list[str] = []
        self.waiting = False

    @hookimpl
    def cache_release(self, key: str) -> None:
        self.released.append(key)

    @hookimpl(specname="answer")
    async def answer_async(self) -> None:
        if not self.waiting:
            self.waiting = True
            await _suspended()


@types.coroutine
def _suspended() -> Iterator[None]:
    yield


@pytest.mark.parametrize("other_context", [False, True])
def test_a_call_that_is_closed_half_way_lets_the_next_one_ask(server: Server, other_context: bool) -> None:
    """As it is where an event loop is gone; nothing can be awaited then."""
    cache = Suspending()
    client = AsyncClient("k", base_url=server.url, cache=cache, autoload=False)
    half = client.transcribe(WAV, model=MODEL)

    async def begin() -> None:
        half.send(None)

    asyncio.run(begin())
    contextvars.copy_context().run(half.close) if other_context else half.close()

    async def main() -> Transcription:
        async with client:
            return await client.transcribe(WAV, model=MODEL, timeout=5)

    assert asyncio.run(main()).source == "network"
    assert (cache.released, leading()) == ([], False)


def test_who_stops_waiting_is_not_woken(server: Server, held: Held, waits: Waits) -> None:
    """An event loop that ended meanwhile is left alone."""
    cache = MemoryCache()

    async def wait_shortly() -> None:
        async with AsyncClient("k", base_url=server.url, cache=cache, autoload=False) as client:
            with anyio.move_on_after(0.01):
                await client.transcribe(WAV, model=MODEL)

    with ThreadPoolExecutor(1) as pool, Client("k", base_url=server.url, cache=cache, autoload=False) as client:
        first = pool.submit(client.transcribe, WAV, model=MODEL)
        assert held[0].wait(10)
        for backend in ("asyncio", "trio"):
            anyio.run(wait_shortly, backend=backend)
        held[1].set()
        assert first.result().source == "network"
