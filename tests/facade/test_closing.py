"""A client that is closed sends nothing more, whatever it was about to do."""

from __future__ import annotations

import gc
from functools import partial
from typing import Any

import anyio
import pytest

from openrouter_stt import AsyncClient, ConfigurationError, _runtime
from tests.hooks.small_plugins import Small, answering
from tests.support.server import Answer, Server
from tests.support.sounds import WAV
from tests.support.worlds import MODEL, Driver, World

CLOSED = "the client is closed; make a new one"


async def _close(client: Driver) -> None:
    """Close a client of any world from within one of its calls."""
    closing = client.client.close()
    if closing is not None:
        await closing


def test_closing_during_a_back_off_ends_the_call(
    server: Server, client: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is sent when the wait is over."""

    async def sleep(_: object, seconds: float) -> None:
        await _close(client)

    for runtime in (_runtime.SyncRuntime, _runtime.AsyncRuntime):
        monkeypatch.setattr(runtime, "sleep", sleep)
    server.will(Answer(503))
    with pytest.raises(ConfigurationError, match=CLOSED) as caught:
        client.transcribe(WAV)
    assert (len(server.requests), caught.value.maybe_billed) == (1, False)


def test_closing_before_the_first_request_ends_the_call(server: Server, world: World) -> None:
    """No connection is opened that nobody would close."""

    async def around_attempt(attempt: Any, proceed: Any) -> Any:
        await _close(client)
        return await proceed(attempt)

    client = world.client(base_url=server.url, plugins=[Small("p", around_attempt=around_attempt)])
    with pytest.raises(ConfigurationError, match=CLOSED):
        client.transcribe(WAV)
    assert server.connections == 0


@pytest.mark.parametrize("used", [True, False], ids=["used", "unused"])
def test_a_closed_client_refuses_calls(server: Server, client: Driver, used: bool) -> None:
    """Closing it again does nothing."""
    if used:
        client.transcribe(WAV)
    client.close()
    client.close()
    with pytest.raises(ConfigurationError, match=CLOSED):
        client.transcribe(WAV)
    assert len(server.requests) == used


def test_a_closed_client_does_not_ask_its_plugins(world: World) -> None:
    """They have let go of what they held."""
    client = world.client(plugins=[answering()])
    client.close()
    with pytest.raises(ConfigurationError, match=CLOSED):
        client.transcribe(WAV)


@pytest.mark.parametrize("closing", ["asyncio", "trio"])
@pytest.mark.parametrize("serving", ["asyncio", "trio"])
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # asyncio's own: its loop went before the client was closed
def test_a_client_may_be_closed_in_another_event_loop(server: Server, serving: str, closing: str) -> None:
    """Its connections are gone with the loop that they were made in; the client is closed all the same."""
    client = AsyncClient("sk-test", base_url=server.url, autoload=False)
    call = partial(client.transcribe, WAV, model=MODEL)
    assert anyio.run(call, backend=serving).text == "hello"
    anyio.run(client.close, backend=closing)
    with pytest.raises(ConfigurationError, match=CLOSED):
        anyio.run(call, backend=closing)
    del client, call
    gc.collect()  # warns here of what it would warn of in another test
