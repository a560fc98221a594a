"""Fixtures for tests of plugins of openrouter-stt, found by pytest wherever that is installed.

They give what `openrouter_stt.testing` has, imported by the first fixture in use. pytest imports this module in
each of its runs, and the library takes some 60 ms; so this module stands outside of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from openrouter_stt.testing import Driver, FakeClock, FakeTransport, MakeClient, Recorder, World

WORLDS = ("sync", "asyncio", "trio") if find_spec("trio") else ("sync", "asyncio")


@pytest.fixture
def stt_clock() -> FakeClock:
    """A clock that jumps where a client would sleep."""
    from openrouter_stt.testing import FakeClock

    return FakeClock()


@pytest.fixture
def stt_transport(stt_clock: FakeClock) -> FakeTransport:
    """A server that is not there: it answers from a script, at first "hello", and keeps what it was sent."""
    from openrouter_stt.testing import FakeTransport

    return FakeTransport(clock=stt_clock)


@pytest.fixture
def stt_events() -> Recorder:
    """The events of the clients of `stt_client`, in order."""
    from openrouter_stt.testing import Recorder

    return Recorder()


@pytest.fixture(params=WORLDS)
def stt_world(request: pytest.FixtureRequest) -> Iterator[World]:
    """The sync client, and the async one on asyncio and, where it is installed, on trio."""
    from openrouter_stt.testing import world

    with world(request.param) as opened:
        yield opened


@pytest.fixture
def stt_client(stt_world: World, stt_transport: FakeTransport, stt_events: Recorder) -> MakeClient:
    """Make clients: `stt_client(Redactor()).transcribe()`, in each world in turn."""

    def make(*plugins: object, **settings: Any) -> Driver:
        return stt_world.client(**{"plugins": [*plugins, stt_events], "transport": stt_transport, **settings})

    return make
