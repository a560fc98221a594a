"""One hostile server for all cases, and one that speaks TLS with a certificate of its own making."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from hypothesis import settings

from tests.faults.hostile import Hostile
from tests.faults.table import OK
from tests.support.sounds import WAV
from tests.support.worlds import ASYNC_WORLDS, World, backend_of, over, world_named

settings.register_profile("often", max_examples=10_000)


@pytest.fixture(params=["sync", *ASYNC_WORLDS])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """Here asyncio's client runs over httpx and over aiohttp."""
    with world_named(request.param) as world:
        yield world


@pytest.fixture(params=ASYNC_WORLDS)
def backend(request: pytest.FixtureRequest) -> Iterator[str]:
    """The event loop of each async world, with its transport for clients that a test makes itself."""
    with over(request.param):
        yield backend_of(request.param)


@pytest.fixture(scope="session")
def hostile() -> Iterator[Hostile]:
    with Hostile().running() as server:
        yield server


@pytest.fixture(scope="session", autouse=True)
def _imported(hostile: Hostile) -> None:
    """A client's first call imports what it sends with, which takes longer than some deadlines here."""
    for name in ("sync", *ASYNC_WORLDS):
        with world_named(name) as world:
            world.client(base_url=hostile.case(OK).url).transcribe(WAV)


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def hostile_tls(authority: trustme.CA) -> Iterator[Hostile]:
    """It has a certificate for localhost alone."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with Hostile(context).running() as server:
        yield server


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the authority, which SSL_CERT_FILE names."""
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    return path
