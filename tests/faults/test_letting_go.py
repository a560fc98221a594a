"""A recording is let go of with its call, however that ends: memory does not wait for the garbage collector."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from anyio.lowlevel import checkpoint

from openrouter_stt import Call, HookSpecs, STTError, hookimpl
from openrouter_stt_plugins.budget import Budget
from openrouter_stt_plugins.circuit_breaker import CircuitBreaker
from openrouter_stt_plugins.fallback import Fallback
from openrouter_stt_plugins.rate_limit import RateLimit
from tests.faults.hostile import Behaviour, Hostile, early, response
from tests.hooks.small_plugins import Small
from tests.support.server import Answer, Server, unused_port
from tests.support.sounds import WAV, Recording, wav
from tests.support.worlds import MODEL, AsyncDriver, World


class Failing(HookSpecs):
    name = "failing"

    @hookimpl
    async def around_attempt(self, attempt: Any, proceed: Any) -> Any:
        raise KeyError("failing")


class Around(HookSpecs):
    """Takes part in all that is sent, and changes nothing."""

    name = "around"

    @hookimpl
    async def around_call(self, call: Call, proceed: Any) -> Any:
        return await proceed(call)

    @hookimpl
    async def around_attempt(self, attempt: Any, proceed: Any) -> Any:
        return await proceed(attempt)


class Gathering(HookSpecs):
    name = "gathering"

    @hookimpl
    async def around_call(self, call: Call, proceed: Any) -> Any:
        return (await call.gather(proceed(call)))[0]


class InThread(HookSpecs):
    name = "in-thread"

    @hookimpl(blocking=True)
    def prepare_audio(self, audio: Any) -> Any:
        raise KeyError("in thread")


def _fails(transcription: object) -> None:
    raise KeyError("finish")


def _wants(plugin: object, kind: type) -> bool:
    raise StopIteration


ENDS = STTError, KeyError, RuntimeError
SETTINGS: dict[str, Callable[[], dict[str, Any]]] = {
    "a fallback": lambda: {"plugins": [Fallback("other")]},
    "no server": lambda: {"base_url": f"http://127.0.0.1:{unused_port()}"},
    "no time": lambda: {"timeout": 1e-9},
    "a plugin": lambda: {"plugins": [Failing()]},
    "an observer": lambda: {
        "plugins": [Small("p", event=hookimpl(events=_wants)(lambda event: None))],
        "strict": True,
    },
    "a cache": lambda: {"cache": "memory"},
    "hooks around it": lambda: {"plugins": [Around()]},
    "hooks of shipped plugins": lambda: {"plugins": [RateLimit(requests=100, per=1.0), CircuitBreaker(), Budget(9)]},
    "a hook that gathers": lambda: {"plugins": [Gathering()]},
    "a hook in a thread": lambda: {"plugins": [InThread()]},
}
ANSWERS: dict[str, Answer] = {
    "an answer": Answer(),
    "a refusal": Answer(400),
    "one that may be billed": Answer(524),
    "half an answer": Answer(cut="after the body"),
    "no answer of the API": Answer(body=b"<html>"),
}


@pytest.fixture
def uncollected() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def _is_held_after(world: World, data: bytes, **settings: Any) -> bool:
    recording = Recording(data)
    watched = weakref.ref(recording)
    driver = world.client(**{"disable": ["retry"], **settings})
    if not isinstance(driver, AsyncDriver):
        with suppress(*ENDS):
            driver.transcribe(recording)
        del recording
        return watched() is not None
    recordings = [recording]
    del recording
    driver.portal.call(_ended, driver.client, recordings)
    for _ in range(100):
        driver.portal.call(checkpoint)  # its loop has gone on behind the call
        if watched() is None:
            return False
    return True


async def _ended(client: Any, recordings: list[Recording]) -> None:
    """Take the error in the event loop: what brings it to another thread keeps it for itself."""
    with suppress(*ENDS):
        await client.transcribe(recordings.pop(), model=MODEL)


@pytest.mark.usefixtures("uncollected", "clock")
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
def test_after_any_answer(world: World, server: Server, answer: Answer) -> None:
    server.will(answer)
    assert not _is_held_after(world, WAV, base_url=server.url)


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("make", SETTINGS.values(), ids=SETTINGS.keys())
def test_after_any_failure(world: World, server: Server, make: Callable[[], dict[str, Any]]) -> None:
    server.will(Answer(503), Answer(503))
    assert not _is_held_after(world, WAV, **{"base_url": server.url, **make()})


@pytest.mark.usefixtures("uncollected")
def test_after_a_failure_behind_the_answer(world: World, server: Server) -> None:
    """Where it is kept first, in a task of its own."""
    server.will(Answer())
    plugins = [Small("p", finish=hookimpl(_fails))]
    assert not _is_held_after(world, WAV, base_url=server.url, cache="memory", plugins=plugins)


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("end", [early(b"", "reset"), early(response(413, b"{}"), "close")], ids=["cut", "refused"])
def test_after_an_upload_that_breaks_off(world: World, hostile: Hostile, end: Behaviour) -> None:
    """httpcore goes on without a word of it, to see what the server says."""
    assert not _is_held_after(world, wav(bytes(8 * 1024 * 1024)), base_url=hostile.case(end).url)
