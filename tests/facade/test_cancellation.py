"""A call that is cancelled ends there and then, and leaves nothing behind that stands in another's way."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import BinaryIO

import anyio
import pytest
from anyio import to_thread
from anyio.lowlevel import checkpoint

from openrouter_stt import AsyncClient, Audio
from tests.support.server import Answer, Server
from tests.support.sounds import WAV, wav
from tests.support.worlds import MODEL

LARGE = wav(bytes(4_000_000))  # is read by a worker thread
MIDDLE = 2_000_000
Burst = Callable[[AsyncClient, int], Awaitable[None]]


class Slow:
    """A content that stops in the middle of being read, until `go_on`."""

    size = len(LARGE)

    def __init__(self) -> None:
        self.reached, self.go_on, self.let_go = threading.Event(), threading.Event(), threading.Event()

    def open(self) -> BinaryIO:
        return _SlowFile(self)

    def intact(self) -> bool:
        return True


class _SlowFile(io.BytesIO):
    def __init__(self, content: Slow) -> None:
        super().__init__(LARGE)
        self._content = content

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() > MIDDLE:
            self._content.reached.set()
            assert self._content.go_on.wait(10)
        return super().read(size)

    def close(self) -> None:
        if self._content.reached.is_set():
            self._content.let_go.set()
        super().close()


def _client(server: Server) -> AsyncClient:
    return AsyncClient("sk-test", base_url=server.url, autoload=False, timeout=10)


def test_a_task_that_is_cancelled_while_a_file_is_read_ends_at_once(server: Server) -> None:
    """The worker thread lets go of the file behind itself, and the client serves the next call."""
    content = Slow()

    async def main() -> None:
        async with _client(server) as client:
            audio = Audio(content=content, format="wav")
            task = asyncio.create_task(client.transcribe(audio, model=MODEL))
            assert await asyncio.to_thread(content.reached.wait, 5)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            content.go_on.set()
            assert await asyncio.to_thread(content.let_go.wait, 5)
            assert (await client.transcribe(WAV, model=MODEL)).text == "hello"

    asyncio.run(main())


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_scope_that_is_cancelled_while_a_file_is_read_ends_the_call(server: Server, backend: str) -> None:
    """It waits for the worker thread; an error of that one would come out of the group."""
    content, ended = Slow(), []

    async def upload(client: AsyncClient) -> None:
        try:
            await client.transcribe(Audio(content=content, format="wav"), model=MODEL)
        except anyio.get_cancelled_exc_class():
            ended.append("cancelled")
            raise

    async def main() -> None:
        async with _client(server) as client:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(upload, client)
                assert await to_thread.run_sync(content.reached.wait, 5)
                tasks.cancel_scope.cancel()
                content.go_on.set()
            assert (await client.transcribe(WAV, model=MODEL)).text == "hello"

    anyio.run(main, backend=backend)
    assert (ended, content.let_go.is_set()) == (["cancelled"], True)


async def _cancelled_tasks(client: AsyncClient, steps: int) -> None:
    """Cancel calls after as many turns of the event loop."""
    tasks = [asyncio.create_task(client.transcribe(WAV, model=MODEL)) for _ in range(130)]
    for _ in range(steps):
        await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {asyncio.CancelledError}


async def _cancelled_scope(client: AsyncClient, steps: int) -> None:
    """Do so with all of them at once."""
    async with anyio.create_task_group() as tasks:
        for _ in range(130):
            tasks.start_soon(partial(client.transcribe, WAV, model=MODEL))
        for _ in range(steps):
            await checkpoint()
        tasks.cancel_scope.cancel()


@pytest.fixture
def silent(server: Server) -> Iterator[Server]:
    """A server that takes requests and does not answer."""
    silence = threading.Event()
    server.will(*[Answer(meanwhile=lambda: silence.wait(10))] * 1000)
    yield server
    silence.set()


@pytest.mark.parametrize(
    ("burst", "backend", "steps"),
    [
        *[(_cancelled_tasks, "asyncio", steps) for steps in (0, *range(5, 15))],
        *[(_cancelled_scope, backend, steps) for backend in ("asyncio", "trio") for steps in (0, 10)],
    ],
)
def test_cancelled_calls_use_nothing_up(silent: Server, burst: Burst, backend: str, steps: int) -> None:
    """However far they came, more of them than there are connections in a usual pool leave room for the next call."""

    async def main() -> None:
        async with _client(silent) as client:
            await burst(client, steps)
            silent.answers.clear()
            assert (await client.transcribe(WAV, model=MODEL)).text == "hello"

    anyio.run(main, backend=backend)
