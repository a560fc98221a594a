"""What a plugin may wait for: the call's own means in both worlds, and nothing else in the sync one."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Generator
from typing import Any

import pytest

from openrouter_stt import APITimeoutError, PluginError, Transcription, hookimpl
from tests.hooks.small_plugins import Small, answering, notes
from tests.support.server import Server
from tests.support.sounds import WAV
from tests.support.worlds import World, world_named


async def pass_on(call: Any, proceed: Any) -> Any:
    return await proceed(call)


class Foreign:
    """Waits for a loop that no client runs."""

    def __await__(self) -> Generator[object, None, None]:
        yield self


async def clean_up() -> None:
    """Wait once more on the way out, as an `async with` does."""
    try:
        await asyncio.sleep(0)
    finally:
        await asyncio.sleep(0)


@pytest.mark.parametrize("hook", ["around_call", "around_attempt"])
@pytest.mark.parametrize(
    "foreign",
    [lambda: asyncio.sleep(0), Foreign, clean_up],
    ids=["asyncio.sleep", "an awaitable", "in its clean-up too"],
)
def test_foreign_await_in_sync(server: Server, hook: str, foreign: Any) -> None:
    """In a sync client nothing but what the call offers can be awaited, and the error names who tried."""

    async def impatient() -> Any:
        await foreign()

    plugins = [Small("outer", around_call=pass_on), Small("p", **{hook: impatient})]
    with world_named("sync") as world, pytest.raises(PluginError) as caught:
        world.client(base_url=server.url, plugins=plugins).transcribe(WAV)
    assert str(caught.value).startswith(f"plugin 'p', hook {hook} waits for an event loop")
    assert not any("outer" in note for note in notes(caught.value))


def test_foreign_await_in_async() -> None:
    """An async client's plugin may await its loop's own primitives, since the loop is there."""

    async def patient(call: Any, proceed: Any) -> Any:
        await asyncio.sleep(0)
        return await proceed(call)

    with world_named("asyncio") as world:
        assert world.client(plugins=[Small("p", around_call=patient), answering()]).transcribe(WAV).text == "hello"


def offered(world: World, use: Any) -> str:
    """Run `use(call)` in an around hook and return what it returned."""

    async def around_call(call: Any) -> Transcription:
        return Transcription(text=str(await use(call)), model="m")

    return world.client(plugins=[Small("p", around_call=around_call)]).transcribe(WAV).text


def test_sleep(world: World) -> None:
    """`sleep` lets time pass, by the call's own clock."""

    async def use(call: Any) -> bool:
        before = call.remaining
        await call.sleep(0.001)
        return bool(before - call.remaining >= 0.001)

    assert offered(world, use) == "True"


def test_no_sleep_passes_the_deadline(world: World) -> None:
    """What would is an error at once: one deadline is over the whole call, plugins included."""

    async def use(call: Any) -> None:
        await call.sleep(call.remaining)

    with pytest.raises(APITimeoutError, match="would pass the deadline") as caught:
        offered(world, use)
    assert caught.value.__notes__ == ["raised in plugin 'p', hook around_call"]


def test_blocking(world: World) -> None:
    """`blocking` runs a function in a worker thread in the async client, and right here in the sync one."""

    async def use(call: Any) -> bool:
        return bool(await call.blocking(threading.get_ident) == threading.get_ident())

    assert offered(world, use) == str(world.name == "sync")


def test_io(world: World) -> None:
    """`io` takes the function of the client's own kind."""

    async def in_async() -> str:
        return "async"

    assert offered(world, lambda call: call.io(lambda: "sync", in_async)) == (
        "sync" if world.name == "sync" else "async"
    )


def test_gather_keeps_order(world: World) -> None:
    """`gather` returns results in the order of what it was given."""

    async def after(call: Any, seconds: float) -> float:
        await call.sleep(seconds)
        return seconds

    assert offered(world, lambda call: call.gather(after(call, 0.01), after(call, 0.0))) == "[0.01, 0.0]"


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
def test_gather_fails_at_once(world: World) -> None:
    """The first error of `gather` is raised as it is, and no coroutine is left behind that nobody awaited."""

    async def fail() -> None:
        raise KeyError("first")

    async def wait(call: Any) -> None:
        await call.sleep(0 if world.name == "sync" else 60)

    with pytest.raises(KeyError, match="first"):
        offered(world, lambda call: call.gather(wait(call), fail(), fail(), wait(call)))
    gc.collect()


def test_gather_takes_any_awaitable(world: World) -> None:
    """What is gathered need not be a coroutine, in an error's way out either."""

    class Ready:
        def __await__(self) -> Generator[None, None, int]:
            return 1
            yield

    async def use(call: Any) -> list[int]:
        return list(await call.gather(Ready(), Ready()))

    assert offered(world, use) == "[1, 1]"


@pytest.mark.parametrize(
    ("blocking", "worker"),
    [(False, False), (True, True), (lambda call: call.model == "m", True), (lambda call: call.model == "n", False)],
)
def test_blocking_implementations(world: World, blocking: Any, worker: bool) -> None:
    """`blocking` sends a plain hook to a worker thread in the async client alone; a function may decide it."""
    threads: list[int] = []

    @hookimpl(blocking=blocking)
    def answer(call: Any) -> Transcription:
        threads.append(threading.get_ident())
        return Transcription(text="", model=call.model)

    def prepare_request() -> None:
        threads.append(threading.get_ident())

    world.client(plugins=[Small("p", answer=answer, prepare_request=prepare_request)]).transcribe(WAV, model="m")
    assert (threads[0] != threads[1]) == (worker and world.name != "sync")
