"""The three ways to run a client behind one synchronous face, so that each case is written once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Protocol

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from openrouter_stt import AsyncClient, Client, Transcription

WORLDS = ("sync", "asyncio", "trio")
ASYNC_WORLDS = ("asyncio", "trio", "asyncio-aiohttp")  # "asyncio" is over httpx, as trio is
MODEL = "openai/whisper-1"


def backend_of(world: str) -> str:
    """Name the event loop of an async world."""
    return world.partition("-")[0]


@contextmanager
def over(world: str) -> Iterator[None]:
    """Clients made in this block have the transport of a world: asyncio alone has two."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENROUTER_STT_AIOHTTP", "0" if world == "asyncio" else "1")
        yield


class Driver(Protocol):
    """A client of any world."""

    @property
    def client(self) -> Client | AsyncClient: ...
    def transcribe(self, source: Any, *, model: str = MODEL, **options: Any) -> Transcription: ...
    def close(self) -> None: ...


class SyncDriver:
    """A `Client` as it is."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def transcribe(self, source: Any, *, model: str = MODEL, **options: Any) -> Transcription:
        return self.client.transcribe(source, model=model, **options)

    def close(self) -> None:
        self.client.close()


class AsyncDriver:
    """An `AsyncClient` on an event loop in a thread of its own."""

    def __init__(self, client: AsyncClient, portal: BlockingPortal) -> None:
        self.client = client
        self.portal = portal

    def transcribe(self, source: Any, *, model: str = MODEL, **options: Any) -> Transcription:
        return self.portal.call(partial(self.client.transcribe, source, model=model, **options))

    def close(self) -> None:
        self.portal.call(self.client.close)


class World:
    """Makes clients of one kind."""

    def __init__(self, name: str, portal: BlockingPortal | None) -> None:
        self.name = name
        self._portal = portal
        self._made: list[Driver] = []

    def client(self, api_key: Any = "sk-test", *, autoload: bool = False, **settings: Any) -> Driver:
        """Make a client that is closed with the world; installed plugins are left out unless asked for."""
        driver: Driver
        if self._portal is None:
            driver = SyncDriver(Client(api_key, autoload=autoload, **settings))
        else:
            with over(self.name):
                client = AsyncClient(api_key, autoload=autoload, **settings)
            driver = AsyncDriver(client, self._portal)
        self._made.append(driver)
        return driver

    def close(self) -> None:
        for driver in self._made:
            driver.close()


@contextmanager
def world_named(name: str) -> Iterator[World]:
    """Run a world, and close the clients made in it."""
    if name == "sync":
        world = World(name, None)
        yield world
        world.close()
        return
    with start_blocking_portal(backend_of(name)) as portal:
        world = World(name, portal)
        yield world
        world.close()
