"""What every test shares: an empty environment, the three worlds, a scripted server and a clock."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from openrouter_stt._trust import trusted
from tests.support.clock import Clock
from tests.support.distributions import install as install  # noqa: PLC0414  a fixture, for all
from tests.support.redis_server import redis_url as redis_url  # noqa: PLC0414  a fixture, for all
from tests.support.server import Server, serving
from tests.support.worlds import WORLDS, Driver, World, world_named

_STRANGERS = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No key, setting or proxy of this machine reaches a test."""
    for name in list(os.environ):
        if name.startswith("OPENROUTER_") or name.upper() in _STRANGERS:
            monkeypatch.delenv(name)


@pytest.fixture(scope="session", autouse=True)
def _certificates_read_before() -> None:
    """The first client reads them for all, which takes longer than some tests' deadlines."""
    with pytest.MonkeyPatch.context() as patch:
        for name in _STRANGERS:
            patch.delenv(name, raising=False)
        trusted(True)


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """Each test of this runs with the sync client, and the async one on asyncio and on trio."""
    with world_named(request.param) as world:
        yield world


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def client(server: Server, world: World) -> Driver:
    """A client of the scripted server."""
    return world.client(base_url=server.url)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """No client made after this sleeps: its clock jumps."""
    clock = Clock()
    clock.install(monkeypatch)
    return clock
