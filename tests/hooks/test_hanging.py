"""A hook that waits for ever is ended with its call where an event loop can do that; paid answers are counted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import pytest

from openrouter_stt import APITimeoutError, hookimpl
from tests.hooks.small_plugins import Small
from tests.support.server import Answer, Server
from tests.support.sounds import WAV
from tests.support.worlds import World, world_named

TIMEOUT = 0.3


@pytest.fixture(params=["asyncio", "trio"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    with world_named(request.param) as world:
        yield world


@pytest.fixture(autouse=True)
def no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for the second that observers have."""
    monkeypatch.setattr("openrouter_stt._engine.GRACE", 0.01)
    monkeypatch.setattr("openrouter_stt._engine._GRACES", {"around_attempt": 0.1, "around_call": 0.2})


@pytest.fixture
def released() -> Iterator[threading.Event]:
    """What a thread waits for, until the test is over."""
    event = threading.Event()
    yield event
    event.set()


async def waiting() -> Any:
    await anyio.sleep_forever()


async def before(proceed: Any) -> Any:
    await anyio.sleep_forever()


async def passing(call: Any, proceed: Any) -> Any:
    return await proceed(call)


async def after_call(call: Any, proceed: Any) -> Any:
    await proceed(call)
    await anyio.sleep_forever()


async def after_attempt(attempt: Any, proceed: Any) -> Any:
    await proceed(attempt)
    await anyio.sleep_forever()


@pytest.mark.parametrize("hook", ["prepare_request", "answer", "prepare_audio", "encode_audio"])
def test_a_hook_that_waits_ends_with_its_call(server: Server, world: World, hook: str) -> None:
    """The error names it, and nothing was sent."""
    client = world.client(
        base_url=server.url, plugins=[Small("slow", **{hook: waiting})], cache="memory", timeout=TIMEOUT
    )
    with pytest.raises(APITimeoutError, match=rf"passed in plugin 'slow', hook {hook}") as caught:
        client.transcribe(WAV)
    assert (caught.value.attempts, caught.value.maybe_billed, server.requests) == (0, False, [])


def test_a_thread_that_does_not_end_is_left_alone(server: Server, world: World, released: threading.Event) -> None:
    @hookimpl(blocking=True)
    def encode_audio() -> None:
        released.wait()

    slow = Small("slow", encode_audio=encode_audio)
    client = world.client(base_url=server.url, plugins=[slow], timeout=TIMEOUT)
    with pytest.raises(APITimeoutError, match=r"passed in plugin 'slow', hook encode_audio"):
        client.transcribe(WAV)
    assert server.requests == []


def test_a_key_that_does_not_come_is_not_waited_for(server: Server, world: World, released: threading.Event) -> None:
    def key() -> str:
        released.wait()
        return "sk"

    client = world.client(key, base_url=server.url, timeout=TIMEOUT)
    with pytest.raises(APITimeoutError, match=r"passed in the function that gives the API key$"):
        client.transcribe(WAV)
    assert server.requests == []


@pytest.mark.parametrize("hook", ["event", "cache_key", "cache_get", "cache_set"])
def test_those_that_are_passed_over_lose_no_answer(server: Server, world: World, hook: str) -> None:
    """Their time is up a moment after the call's; what was paid for is returned."""
    slow = Small("slow", **{hook: waiting})
    client = world.client(base_url=server.url, plugins=[slow], cache="memory", timeout=TIMEOUT)
    if hook == "cache_set":
        assert client.transcribe(WAV).text == "hello"
        return
    with pytest.raises(APITimeoutError, match="before the request was sent"):
        client.transcribe(WAV)
    assert server.requests == []


def test_an_answer_that_is_lost_may_be_billed(server: Server, world: World) -> None:
    client = world.client(base_url=server.url, plugins=[Small("slow", finish=waiting)], timeout=TIMEOUT)
    with pytest.raises(APITimeoutError, match=r"passed in plugin 'slow', hook finish") as caught:
        client.transcribe(WAV)
    assert (caught.value.attempts, caught.value.maybe_billed, len(server.requests)) == (1, True, 1)


@pytest.mark.parametrize(
    ("hook", "function", "sent"),
    [
        ("around_call", before, 0),
        ("around_attempt", before, 0),
        ("around_call", after_call, 1),
        ("around_attempt", after_attempt, 1),
    ],
)
def test_hooks_around_end_a_moment_later(
    server: Server, world: World, hook: str, function: Callable[..., Any], sent: int
) -> None:
    """All of them are named, since each contains the next; what was paid for is counted."""
    plugins = [Small("slow", **{hook: function}), Small("other", around_call=passing)]
    client = world.client(base_url=server.url, plugins=plugins, timeout=TIMEOUT)
    with pytest.raises(APITimeoutError, match=f"passed in hook {hook} of plugin ('other' or )?'slow'") as caught:
        client.transcribe(WAV)
    assert (caught.value.attempts, caught.value.maybe_billed, len(server.requests)) == (sent, sent > 0, sent)


def test_what_takes_too_long_within_comes_out_first(server: Server, world: World, released: threading.Event) -> None:
    """The request that is under way at the deadline has its own error, not that of the hook around it."""
    server.will(Answer(meanwhile=released.wait))
    client = world.client(base_url=server.url, plugins=[Small("around", around_call=passing)], timeout=TIMEOUT)
    with pytest.raises(APITimeoutError, match="the outcome is unknown and may be billed") as caught:
        client.transcribe(WAV)
    assert (caught.value.attempts, caught.value.maybe_billed) == (1, True)
