"""The kit's clients: one face for each world, on a clock of their own, with events kept."""

from __future__ import annotations

import io
import wave
from itertools import pairwise
from typing import Any

import anyio
import pytest

from openrouter_stt import (
    AttemptStarted,
    Call,
    CallFinished,
    CallStarted,
    ConfigurationError,
    HookSpecs,
    Proceed,
    RetryScheduled,
    Transcription,
    hookimpl,
)
from openrouter_stt.testing import WORLDS, Answer, FakeClock, FakeTransport, Recorder, client, tone, world


class Napping(HookSpecs):
    """Sleeps before each call."""

    name = "napping"

    @hookimpl
    async def around_call(self, call: Call, proceed: Proceed) -> Transcription:
        await call.sleep(30)
        return await proceed(call)


def test_worlds() -> None:
    """All three are there where trio is installed."""
    assert WORLDS == ("sync", "asyncio", "trio")


@pytest.mark.parametrize("name", WORLDS)
def test_plugins(name: str) -> None:
    """A client has the plugins it is given before the built-in ones, and no installed ones unless asked for."""
    with client(name, plugins=[Napping()]) as driver:
        assert driver.plugins == ("napping", "logging", "local", "retry", "encoding")
    with client(name, disable=["retry"]) as driver:
        assert "retry" not in driver.plugins


@pytest.mark.parametrize("name", WORLDS)
def test_nobody_sleeps(name: str) -> None:
    """Time jumps where a plugin or a retry waits, and what was waited is kept."""
    transport = FakeTransport(Answer.error(503, retry_after=7))
    with client(name, plugins=[Napping()], transport=transport) as driver:
        began = driver.clock.now
        driver.transcribe()
    assert (driver.clock.waits, driver.clock.now - began) == ([30, 7.0], 37.0)


def test_clocks_are_shared_or_not() -> None:
    """A client goes by its transport's clock, unless it is given another."""
    clock, transport = FakeClock(5.0), FakeTransport()
    with client(clock=clock) as driver:
        assert driver.transport.clock is driver.clock is clock
    with client(transport=transport) as driver:
        assert driver.clock is transport.clock
    with client(transport=transport, clock=clock, plugins=[Napping()]) as driver:
        driver.transcribe()
    assert (clock.now, transport.clock.now) == (35.0, 1000.0)


@pytest.mark.parametrize("name", ["asyncio", "trio"])
def test_a_sleep_can_be_cancelled(name: str) -> None:
    """The clock jumps only for those who still wait."""
    with client(name, plugins=[Napping()]) as driver:

        async def cancelled() -> bool:
            with anyio.CancelScope() as scope:
                scope.cancel()
                await driver.client.transcribe(tone(), model="m")  # type: ignore[misc]  # it is the async one
            return scope.cancelled_caught

        portal: Any = driver._portal
        assert portal.call(cancelled)
        assert driver.clock.waits == []


@pytest.mark.parametrize("name", WORLDS)
def test_events(name: str) -> None:
    """A recorder keeps what happened in order, and picks out one kind."""
    recorder = Recorder()
    with client(name, plugins=[recorder], transport=FakeTransport(Answer.error(503, retry_after=2))) as driver:
        driver.transcribe()
    assert [type(event) for event in recorder.events[:2]] == [CallStarted, AttemptStarted]
    assert [event.delay for event in recorder.of(RetryScheduled)] == [2.0]
    assert recorder.events[-1:] == recorder.of(CallFinished)


@pytest.mark.parametrize("name", WORLDS)
def test_clients_are_closed_with_their_world(name: str) -> None:
    """All of them, also where the test fails; closing one before does no harm."""
    made = []

    def fails() -> None:
        with world(name) as opened:
            made.extend([opened.client(), opened.client()])
            made[0].close()
            raise KeyError(opened.name)

    with pytest.raises(KeyError, match=name):
        fails()
    for driver in made:
        with pytest.raises(ConfigurationError, match="the client is closed"):
            driver.client._open()


def test_unknown_world() -> None:
    """A world that is not there is refused with those that are."""
    with (
        pytest.raises(ValueError, match="there is no world 'curio' here; there are sync, asyncio, trio"),
        world("curio"),
    ):
        pass


def test_tone() -> None:
    """The recording that is used by itself is a WAV file of one tone."""
    with wave.open(io.BytesIO(tone(440.0, seconds=0.5, sample_rate=8_000))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getnframes()) == (8_000, 1, 4_000)
        samples = memoryview(file.readframes(4_000)).cast("h")
    rising = sum(before < 0 <= after for before, after in pairwise(samples))
    assert rising == pytest.approx(220, abs=1)
