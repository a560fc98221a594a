"""Clients for tests: the sync one and the async one on each event loop, behind one synchronous face."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar, Unpack

from .._audio import Source
from .._client import AsyncClient, Client
from .._values import Transcription
from .._wire import TranscriptionOptions
from ._clock import ClockedAsyncRuntime, ClockedSyncRuntime, FakeClock
from ._sounds import tone
from ._transport import FakeTransport

if TYPE_CHECKING:
    from anyio.from_thread import BlockingPortal

T = TypeVar("T")
WORLDS: Final[tuple[str, ...]] = ("sync", "asyncio", "trio") if find_spec("trio") else ("sync", "asyncio")
MODEL: Final = "openai/whisper-1"
KEY: Final = "sk-or-v1-made-up"


class ClockedClient(Client):
    """A `Client` on a fake clock."""

    def __init__(self, clock: FakeClock, **settings: Any) -> None:
        self._runtime = ClockedSyncRuntime(clock)
        super().__init__(**settings)


class ClockedAsyncClient(AsyncClient):
    """An `AsyncClient` on a fake clock."""

    def __init__(self, clock: FakeClock, **settings: Any) -> None:
        self._runtime = ClockedAsyncRuntime(clock)
        super().__init__(**settings)


class Driver:
    """A client of any world, driven as a sync one is; `client` is the one within."""

    def __init__(
        self,
        client: Client | AsyncClient,
        transport: FakeTransport,
        clock: FakeClock,
        portal: BlockingPortal | None = None,
    ) -> None:
        self.client: Client | AsyncClient = client
        self.transport: FakeTransport = transport
        self.clock: FakeClock = clock
        self._portal = portal

    @property
    def plugins(self) -> tuple[str, ...]:
        """The names of the client's plugins, the one that is asked first in front."""
        return self.client.plugins

    def transcribe(
        self,
        source: Source | None = None,
        *,
        model: str = MODEL,
        format: str | None = None,
        timeout: float | None = None,
        **options: Unpack[TranscriptionOptions],
    ) -> Transcription:
        """Return what the client's `transcribe` does; by default of a short tone."""
        audio = tone() if source is None else source
        result: Transcription = self._run(
            partial(self.client.transcribe, audio, model=model, format=format, timeout=timeout, **options)
        )
        return result

    def close(self) -> None:
        """Close the client; closing twice does nothing."""
        self._run(self.client.close)

    def _run(self, function: Callable[[], Any]) -> Any:
        return function() if self._portal is None else self._portal.call(function)


class MakeClient(Protocol):
    """The type of the fixture `stt_client`, which makes a client with these plugins; settings as of `Client`."""

    def __call__(self, *plugins: object, **settings: Any) -> Driver: ...


class World:
    """Makes clients of one kind; the async ones share an event loop in a thread of its own."""

    def __init__(self, name: str, portal: BlockingPortal | None) -> None:
        self.name: str = name
        self._portal = portal
        self._made: list[Driver] = []

    def client(
        self,
        *,
        plugins: Iterable[object] = (),
        transport: FakeTransport | None = None,
        clock: FakeClock | None = None,
        **settings: Any,
    ) -> Driver:
        """Make a client that is closed with its world.

        Args:
            plugins: As of `Client`; installed plugins are left out, `autoload=True` lets them in.
            transport: By default a new one, which says "hello".
            clock: By default the transport's.
            **settings: Any others of `Client`; the key is made up.
        """
        transport = transport or FakeTransport(clock=clock)
        clock = clock or transport.clock
        kind = ClockedClient if self._portal is None else ClockedAsyncClient
        made = kind(clock, **{"api_key": KEY, "autoload": False, **settings}, plugins=plugins, transport=transport)
        driver = Driver(made, transport, clock, self._portal)
        self._made.append(driver)
        return driver

    def close(self) -> None:
        """Close the clients."""
        for driver in self._made:
            driver.close()


@contextmanager
def world(name: str) -> Iterator[World]:
    """Open one of the `WORLDS`: "sync", or the event loop of "asyncio" or, where it is installed, "trio"."""
    if name not in WORLDS:
        raise ValueError(f"there is no world {name!r} here; there are {', '.join(WORLDS)}")
    if name == "sync":
        with closing(World(name, None)) as made:
            yield made
        return
    from anyio.from_thread import start_blocking_portal

    with start_blocking_portal(name) as portal, closing(World(name, portal)) as made:
        yield made


def run(name: str, function: Callable[..., Awaitable[T]], *arguments: object) -> T:
    """Run a coroutine function in an event loop of its own, in a thread: another may run here."""
    from anyio.from_thread import start_blocking_portal

    with start_blocking_portal(name) as portal:
        return portal.call(function, *arguments)


@contextmanager
def client(
    name: str = "sync",
    /,
    *,
    plugins: Iterable[object] = (),
    transport: FakeTransport | None = None,
    clock: FakeClock | None = None,
    **settings: Any,
) -> Iterator[Driver]:
    """Make a client in the world of that name and close it; arguments as of `World.client`.

    Example::

        with testing.client("trio", plugins=[Redactor()]) as client:
            assert client.transcribe().text == "hello"
    """
    with world(name) as opened:
        yield opened.client(plugins=plugins, transport=transport, clock=clock, **settings)
