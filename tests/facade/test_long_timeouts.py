"""Who wants no timeout states a large one, and gets as much as a system can wait."""

from __future__ import annotations

import sys

import pytest

from tests.support.server import Server
from tests.support.sounds import WAV
from tests.support.worlds import World

LONG = [1e10, 1e300, sys.float_info.max, sys.maxsize, 10**400]
NAMES = ["1e10", "1e300", "largest float", "largest size", "10**400"]


@pytest.mark.parametrize("timeout", LONG, ids=NAMES)
def test_a_timeout_of_a_client_may_be_long(server: Server, world: World, timeout: float) -> None:
    assert world.client(base_url=server.url, timeout=timeout).transcribe(WAV).text == "hello"


@pytest.mark.parametrize("timeout", LONG, ids=NAMES)
def test_a_timeout_of_a_call_may_be_long(server: Server, world: World, timeout: float) -> None:
    assert world.client(base_url=server.url).transcribe(WAV, timeout=timeout).text == "hello"


def test_a_timeout_of_the_environment_may_be_long(
    server: Server, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENROUTER_STT_TIMEOUT", "1e300")
    assert world.client(base_url=server.url).transcribe(WAV).text == "hello"
