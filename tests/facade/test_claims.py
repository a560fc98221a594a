"""Caches that several processes share: who gets an answer, and how long the others look for it."""

from __future__ import annotations

import math

import pytest

from openrouter_stt import BadRequestError
from tests.support.caches import Claimed
from tests.support.clock import Clock
from tests.support.server import Answer, Server
from tests.support.sounds import WAV
from tests.support.worlds import World


def test_another_process_gets_the_answer(server: Server, world: World, clock: Clock) -> None:
    """This one looks again as often as it is told to, and sends nothing."""
    cache = Claimed(lambda: 0.5, gets_it_after=3)
    result = world.client(base_url=server.url, cache=cache).transcribe(WAV)
    assert (result.text, result.source, result.attempts) == ("theirs", "cache", 0)
    assert (clock.waits, server.requests, cache.released) == ([0.5] * 3, [], [])


@pytest.mark.parametrize(
    ("wait", "first"),
    [(0.5, 0.5), (math.inf, 4), (7, 4), (0.02, 0.02), (0.005, 0.01), (0, 0.01), (-1.0, 0.01), (math.nan, 0.01)],
)
def test_another_process_never_gets_the_answer(
    server: Server, world: World, clock: Clock, wait: float, first: float
) -> None:
    """After half of its time this one asks: it still can, whatever became of the other."""
    result = world.client(base_url=server.url, cache=Claimed(lambda: wait), timeout=8).transcribe(WAV)
    assert (result.source, sum(clock.waits)) == ("network", pytest.approx(4))
    assert clock.waits[0] == first


@pytest.mark.parametrize("status", [200, 400])
def test_a_claim_is_given_up_where_nothing_came_of_it(server: Server, world: World, status: int) -> None:
    """Keeping an answer ends a claim by itself."""
    server.will(Answer(status))
    cache = Claimed(lambda: None)
    client = world.client(base_url=server.url, cache=cache)
    if status == 200:
        client.transcribe(WAV)
    else:
        with pytest.raises(BadRequestError):
            client.transcribe(WAV)
    assert (list(cache.kept), cache.released) == ((["always"], []) if status == 200 else ([], ["always"]))


def test_a_claim_that_fails_holds_nobody_up(server: Server, world: World, clock: Clock) -> None:
    """The call gets the answer itself."""

    def fails() -> None:
        raise OSError("read-only")

    assert world.client(base_url=server.url, cache=Claimed(fails)).transcribe(WAV).source == "network"
    assert clock.waits == []
