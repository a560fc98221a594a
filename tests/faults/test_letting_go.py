"""A recording is let go of with its call, however that ends: memory does not wait for the garbage collector."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from anyio.lowlevel import checkpoint

from openrouter_stt import HookSpecs, STTError, hookimpl
from openrouter_stt_plugins.fallback import Fallback
from tests.hooks.small_plugins import Small
from tests.support.server import Answer, Server, unused_port
from tests.support.sounds import WAV
from tests.support.worlds import MODEL, AsyncDriver, World


class Recording(bytearray):
    """Bytes that can be watched."""


class Failing(HookSpecs):
    name = "failing"

    @hookimpl
    async def around_attempt(self, attempt: Any, proceed: Any) -> Any:
        raise KeyError("failing")


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


def _is_held_after(world: World, server: Server, answer: Answer, **settings: Any) -> bool:
    server.will(answer, answer)
    recording = Recording(WAV)
    watched = weakref.ref(recording)
    driver = world.client(**{"base_url": server.url, "disable": ["retry"], **settings})
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
    assert not _is_held_after(world, server, answer)


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("make", SETTINGS.values(), ids=SETTINGS.keys())
def test_after_any_failure(world: World, server: Server, make: Callable[[], dict[str, Any]]) -> None:
    if world.name == "asyncio-aiohttp" and make is SETTINGS["no server"]:
        pytest.skip("frames of aiohttp hold the error of a connection that cannot be made")
    assert not _is_held_after(world, server, Answer(503), **make())
