"""A hook that waits for ever is ended with its call where an event loop can do that; paid answers are counted."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import pytest

from openrouter_stt import APITimeoutError, hookimpl
from tests.hooks.small_plugins import Small
from tests.support.server import Answer, Server
from tests.support.sounds import WAV
from tests.support.trials import overdue
from tests.support.worlds import Driver, World, world_named

REACHED = threading.Event()  # what waits for ever does so


@pytest.fixture(params=["asyncio", "trio"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    with world_named(request.param) as world:
        yield world


@pytest.fixture(autouse=True)
def no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for the second that observers have."""
    monkeypatch.setattr("openrouter_stt._engine.GRACE", 0.01)
    monkeypatch.setattr("openrouter_stt._engine._GRACES", {"around_attempt": 0.3, "around_call": 0.6})


@pytest.fixture
def released() -> Iterator[threading.Event]:
    """What a thread waits for, until the test is over."""
    event = threading.Event()
    yield event
    event.set()


def overdue_at(server: Server, client: Driver) -> APITimeoutError:
    """Return the error of a call whose time was up while something waited for ever."""

    def call(seconds: float) -> None:
        REACHED.clear()
        server.requests.clear()
        client.transcribe(WAV, timeout=seconds)

    return overdue(call, REACHED.is_set)


async def waiting() -> Any:
    REACHED.set()
    await anyio.sleep_forever()


async def before(proceed: Any) -> Any:
    await waiting()


async def passing(call: Any, proceed: Any) -> Any:
    return await proceed(call)


async def after_call(call: Any, proceed: Any) -> Any:
    await proceed(call)
    await waiting()


async def after_attempt(attempt: Any, proceed: Any) -> Any:
    await proceed(attempt)
    await waiting()


@pytest.mark.parametrize("hook", ["prepare_request", "answer", "prepare_audio", "encode_audio"])
def test_a_hook_that_waits_ends_with_its_call(server: Server, world: World, hook: str) -> None:
    """The error names it, and nothing was sent."""
    client = world.client(base_url=server.url, plugins=[Small("slow", **{hook: waiting})], cache="memory")
    error = overdue_at(server, client)
    assert f"passed in plugin 'slow', hook {hook}" in str(error)
    assert (error.attempts, error.maybe_billed, server.requests) == (0, False, [])


def test_a_thread_that_does_not_end_is_left_alone(server: Server, world: World, released: threading.Event) -> None:
    @hookimpl(blocking=True)
    def encode_audio() -> None:
        REACHED.set()
        released.wait()

    client = world.client(base_url=server.url, plugins=[Small("slow", encode_audio=encode_audio)])
    assert "passed in plugin 'slow', hook encode_audio" in str(overdue_at(server, client))
    assert server.requests == []


def test_a_key_that_does_not_come_is_not_waited_for(server: Server, world: World, released: threading.Event) -> None:
    def key() -> str:
        REACHED.set()
        released.wait()
        return "sk"

    error = overdue_at(server, world.client(key, base_url=server.url))
    assert str(error).endswith("passed in the function that gives the API key")
    assert server.requests == []


@pytest.mark.parametrize("hook", ["event", "cache_key", "cache_get"])
def test_those_that_are_passed_over_have_a_moment_more(server: Server, world: World, hook: str) -> None:
    """Their time is up a moment after the call's."""
    client = world.client(base_url=server.url, plugins=[Small("slow", **{hook: waiting})], cache="memory")
    assert "before the request was sent" in str(overdue_at(server, client))
    assert server.requests == []


def test_an_answer_that_cannot_be_kept_is_returned(server: Server, world: World) -> None:
    """It is paid for."""
    client = world.client(base_url=server.url, plugins=[Small("slow", cache_set=waiting)], cache="memory", timeout=2)
    assert client.transcribe(WAV).text == "hello"


def test_an_answer_that_is_lost_may_be_billed(server: Server, world: World) -> None:
    error = overdue_at(server, world.client(base_url=server.url, plugins=[Small("slow", finish=waiting)]))
    assert "passed in plugin 'slow', hook finish" in str(error)
    assert (error.attempts, error.maybe_billed, len(server.requests)) == (1, True, 1)


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
    error = overdue_at(server, world.client(base_url=server.url, plugins=plugins))
    assert re.search(f"passed in hook {hook} of plugin ('other' or )?'slow'", str(error))
    assert (error.attempts, error.maybe_billed, len(server.requests)) == (sent, sent > 0, sent)


def test_what_takes_too_long_within_comes_out_first(server: Server, world: World, released: threading.Event) -> None:
    """The request that is under way at the deadline has its own error, not that of the hook around it."""

    def keep_silent() -> None:
        REACHED.set()
        released.wait()

    server.will(*[Answer(meanwhile=keep_silent)] * 3)
    error = overdue_at(server, world.client(base_url=server.url, plugins=[Small("around", around_call=passing)]))
    assert "the outcome is unknown and may be billed" in str(error)
    assert (error.attempts, error.maybe_billed) == (1, True)
