"""Which transport an async client has, and what is its own: proxies, other loops, cancellations, uploads."""

from __future__ import annotations

import asyncio
import gc
import random
import sys
import threading
from collections.abc import Callable
from functools import lru_cache, partial
from importlib import metadata
from typing import Any

import anyio
import httpx
import pytest
from anyio import from_thread, to_thread
from anyio.from_thread import BlockingPortal

from openrouter_stt import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AsyncClient,
    Audio,
    AudioError,
    ConfigurationError,
    Transcription,
    _chosen,
    _line,
    _transport,
    _trust,
)
from openrouter_stt._chosen import Chosen
from openrouter_stt._exchange import Exchange
from openrouter_stt._transport import AsyncTransport
from tests.faults.hostile import Hostile, Line, answers, early, one_by_one, response
from tests.faults.table import OK, TEXT
from tests.support.clock import Clock
from tests.support.server import Answer, Server
from tests.support.sounds import WAV, wav
from tests.support.worlds import MODEL, World, world_named

LARGE = wav(bytes(16 * 1024 * 1024))


@pytest.fixture
def aiohttp_world() -> Any:
    with world_named("asyncio-aiohttp") as world:
        yield world


def transport_of(client: AsyncClient) -> Any:
    return client._pipeline.transport


def uses_aiohttp(client: AsyncClient) -> bool:
    """Tell whether a session was made for it."""
    transport = transport_of(client)
    return isinstance(transport, Chosen) and transport._over_aiohttp._held is not None


@pytest.mark.parametrize(("switch", "kind"), [("", Chosen), ("1", Chosen), ("0", AsyncTransport)])
def test_the_environment_chooses(monkeypatch: pytest.MonkeyPatch, switch: str, kind: type) -> None:
    monkeypatch.setenv("OPENROUTER_STT_AIOHTTP", switch)
    assert type(transport_of(AsyncClient("sk", autoload=False))) is kind


@pytest.mark.parametrize("found", ["3.13.5", "2.0", "odd", None])
def test_an_aiohttp_that_is_missing_or_too_old_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, found: str | None
) -> None:
    """Whoever has it for another program need not know of it."""
    request.addfinalizer(_chosen._is_installed.cache_clear)
    _chosen._is_installed.cache_clear()

    def version(name: str) -> str:
        if found is None:
            raise metadata.PackageNotFoundError
        return found

    monkeypatch.setattr(_chosen, "version", version)
    assert type(transport_of(AsyncClient("sk", autoload=False))) is AsyncTransport


def test_a_given_transport_is_taken(hostile: Hostile) -> None:
    client = AsyncClient("sk", autoload=False, transport=httpx.AsyncHTTPTransport())
    assert type(transport_of(client)) is AsyncTransport


@pytest.mark.parametrize(("backend", "used"), [("asyncio", True), ("trio", False)])
def test_trio_has_httpx(hostile: Hostile, backend: str, used: bool) -> None:
    async def main() -> bool:
        async with AsyncClient("sk", base_url=hostile.case(OK).url, autoload=False) as client:
            await client.transcribe(WAV, model=MODEL)
            return uses_aiohttp(client)

    assert anyio.run(main, backend=backend) is used


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_client_that_was_not_used_imports_nothing(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openrouter_stt._aiohttp", None)  # an import of it would fail
    anyio.run(AsyncClient("sk", autoload=False).close, backend=backend)


def _read_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what certificates were read, also what a call reads that nobody waits for any more."""
    monkeypatch.setattr(_trust, "_read", lru_cache(_trust._read.__wrapped__))


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What a first call makes ready that takes long, each with its thread."""
    seen: list[tuple[str, int]] = []

    def noted(module: Any, name: str) -> None:
        real = getattr(module, name)

        def note(*args: Any, **settings: Any) -> Any:
            seen.append((name, threading.get_ident()))
            return real(*args, **settings)

        monkeypatch.setattr(module, name, note)

    _read_anew(monkeypatch)
    noted(httpx, "create_ssl_context")
    noted(_transport, "_AsyncClient")
    noted(_chosen, "_prepared")
    return seen


@pytest.mark.parametrize(
    ("backend", "expected"),
    [("asyncio", ["_prepared", "create_ssl_context"]), ("trio", ["create_ssl_context", "_AsyncClient"])],
)
def test_what_takes_long_is_made_in_a_thread(
    hostile: Hostile, prepared: list[tuple[str, int]], backend: str, expected: list[str]
) -> None:
    """Once, however many calls are the first; the event loop has other work to do."""

    async def main() -> None:
        async with AsyncClient("sk", base_url=hostile.case(OK).url, autoload=False) as client:
            async with anyio.create_task_group() as tasks:
                for _ in range(8):
                    tasks.start_soon(partial(client.transcribe, WAV, model=MODEL))
            await client.transcribe(WAV, model=MODEL)

    anyio.run(main, backend=backend)
    assert [name for name, _ in prepared] == expected
    assert threading.get_ident() not in {thread for _, thread in prepared}


@pytest.fixture
def certificates(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], object]]:
    """Have certificates read in the next first call; what is put into the list is done before."""
    before: list[Callable[[], object]] = []
    real = httpx.create_ssl_context

    def create(**settings: Any) -> Any:
        for each in before:
            each()
        return real(**settings)

    _read_anew(monkeypatch)
    monkeypatch.setattr(httpx, "create_ssl_context", create)
    return before


def test_a_client_closed_during_its_first_call_sends_nothing(
    hostile: Hostile, certificates: list[Callable[[], object]], backend: str
) -> None:
    """What was made for it is given up, and the call says why."""
    case = hostile.case(OK)

    async def main() -> None:
        client = AsyncClient("sk", base_url=case.url, autoload=False, disable=["retry"])
        async with BlockingPortal() as portal:
            certificates.append(lambda: portal.call(client.close))
            with pytest.raises(ConfigurationError, match="closed"):
                await client.transcribe(WAV, model=MODEL)

    anyio.run(main, backend=backend)
    assert case.requests == []


def test_a_first_call_that_is_cancelled_leaves_its_turn_to_the_next(
    hostile: Hostile, certificates: list[Callable[[], object]], backend: str
) -> None:
    """While it makes what all calls need."""

    async def main() -> list[str]:
        texts: list[str] = []
        url = hostile.case(OK).url
        async with AsyncClient("sk", base_url=url, autoload=False) as client, BlockingPortal() as portal:

            async def call() -> None:
                texts.append((await client.transcribe(WAV, model=MODEL)).text)

            async with anyio.create_task_group() as tasks:
                with anyio.CancelScope() as scope:
                    certificates.append(lambda: portal.call(scope.cancel))
                    tasks.start_soon(call)
                    await call()
        return texts

    assert anyio.run(main, backend=backend) == ["hello"]


def test_a_first_call_is_held_to_its_deadline(
    hostile: Hostile, certificates: list[Callable[[], object]], backend: str
) -> None:
    """Nothing is sent behind it, and the next call is served."""
    case, late = hostile.case(OK), threading.Event()
    certificates.append(lambda: late.wait(10))

    async def main() -> str:
        async with AsyncClient("sk", base_url=case.url, autoload=False) as client:
            with pytest.raises(APITimeoutError) as caught:
                await client.transcribe(WAV, model=MODEL, timeout=0.1)
            assert (caught.value.maybe_billed, case.requests) == (False, [])
            late.set()
            return (await client.transcribe(WAV, model=MODEL)).text

    assert anyio.run(main, backend=backend) == "hello"


def test_a_first_call_takes_none_of_the_application_s_threads(hostile: Hostile, backend: str) -> None:
    """All of them may wait for it, as functions that a web framework runs in threads do."""

    async def main() -> list[str]:
        texts: list[str] = []
        async with AsyncClient("sk", base_url=hostile.case(OK).url, autoload=False) as client:
            ask = partial(client.transcribe, WAV, model=MODEL, timeout=10)

            async def in_thread() -> None:
                texts.append((await to_thread.run_sync(from_thread.run, ask)).text)

            limit = int(to_thread.current_default_thread_limiter().total_tokens)
            async with anyio.create_task_group() as tasks:
                for _ in range(limit):
                    tasks.start_soon(in_thread)
        return texts

    assert set(anyio.run(main, backend=backend)) == {"hello"}


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "http_proxy", "ALL_PROXY"])
def test_proxies_have_httpx(hostile: Hostile, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Of any kind, SOCKS included; but for a client that does not heed the environment."""
    monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert transport_of(AsyncClient("sk", autoload=False))._proxied
    assert not transport_of(AsyncClient("sk", autoload=False, trust_env=False))._proxied


def test_no_cookie_is_kept_and_nothing_is_added(hostile: Hostile, aiohttp_world: World) -> None:
    """The request is what httpx's is, but for the order and case of its headers."""
    heads = []
    for world in ("asyncio", "asyncio-aiohttp"):
        case = hostile.case(answers(response(200, b'{"text": ""}', "Set-Cookie: a=b")))
        with world_named(world) as other:
            driver = other.client(base_url=case.url)
            driver.transcribe(WAV)
            driver.transcribe(WAV)
        assert case.requests[0].head == case.requests[1].head
        _, *lines = case.requests[1].head.decode().strip().splitlines()
        heads.append({line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in lines})
    heads[0].pop("connection", None)
    assert heads[0] == heads[1]


def test_headers_that_come_twice_are_joined(hostile: Hostile, world: World) -> None:
    case = hostile.case(answers(response(400, b"", "X-A: 1", "x-a: 2")))
    with pytest.raises(APIStatusError) as caught:
        world.client(base_url=case.url).transcribe(WAV)
    assert caught.value.headers["x-a"] == "1, 2"


def test_audio_that_changes_is_told_as_itself(hostile: Hostile, world: World, tmp_path: Any) -> None:
    """Not as a connection that broke."""
    path = tmp_path / "a.wav"
    path.write_bytes(LARGE)

    async def cut(line: Line) -> None:
        path.write_bytes(WAV)
        await line.body()

    with pytest.raises(AudioError, match="changed"):
        world.client(base_url=hostile.case(cut).url).transcribe(path)


def test_an_address_that_is_none(aiohttp_world: World) -> None:
    """Later aiohttp refuses it, as 3.14.0 did not."""
    with pytest.raises((ConfigurationError, APIConnectionError), match="base_url"):
        aiohttp_world.client(base_url="https://127.1/v1", disable=["retry"]).transcribe(WAV)


def test_an_upload_ends_with_its_answer(hostile: Hostile, aiohttp_world: World) -> None:
    """The server is told within two seconds, and a new connection serves the next call."""
    case = hostile.case(one_by_one(early(response(413), "hang"), OK))
    client = aiohttp_world.client(base_url=case.url)
    with pytest.raises(APIStatusError, match="413"):
        client.transcribe(LARGE)
    assert case.hung_up.wait(10)
    assert client.transcribe(WAV).text == "hello"


def test_a_large_body_comes_in_whole(server: Server, world: World, clock: Clock) -> None:
    """With its exact length, and the same bytes each time."""
    server.will(Answer(503), Answer())
    world.client(base_url=server.url).transcribe(LARGE)
    assert {request.digest for request in server.requests} == {server.last.digest}
    assert server.last.audio == LARGE
    assert all(request.complete and "Transfer-Encoding" not in dict(request.headers) for request in server.requests)


def test_a_server_that_reads_late_gets_a_large_body_whole(hostile: Hostile, world: World) -> None:
    """The client's buffers are full by then: it stops, and goes on."""

    async def late(line: Line) -> None:
        await asyncio.sleep(0.2)
        await OK(line)

    case = hostile.case(late)
    assert world.client(base_url=case.url).transcribe(LARGE).text == "hello"
    assert case.requests[0].whole


def test_what_comes_behind_an_answer_is_no_answer_to_the_next_call(hostile: Hostile, world: World) -> None:
    """It could be another caller's text. Where it came in the same packet httpx tells it too late to ask anew."""
    case = hostile.case(one_by_one(answers(response(200, TEXT) + response(200, b'{"text": "another\'s"}')), OK))
    client = world.client(base_url=case.url)
    assert client.transcribe(WAV).text == "hello"
    outcome: object
    try:
        outcome = client.transcribe(WAV).text
    except APIConnectionError as error:
        outcome = error.kind, error.maybe_billed, error.attempts
    assert outcome in ("hello", ("protocol", True, 1))
    assert client.transcribe(WAV).text == "hello"


def test_what_comes_between_two_calls_is_no_answer(hostile: Hostile, aiohttp_world: World) -> None:
    """The connection is cut."""
    answered = threading.Event()

    async def unasked(line: Line) -> None:
        await OK(line)
        await asyncio.to_thread(answered.wait, 5)
        await line.send(response(200, b'{"text": "another\'s"}'))
        await line.hang()

    case = hostile.case(one_by_one(unasked, OK))
    client = aiohttp_world.client(base_url=case.url)
    client.transcribe(WAV)
    answered.set()
    assert case.hung_up.wait(10)
    assert client.transcribe(WAV).text == "hello"


def test_a_body_is_never_made_a_text() -> None:
    """Which aiohttp asks of payloads that it shows."""
    from openrouter_stt._aiohttp import _Payload
    from openrouter_stt._body import Body

    payload = _Payload(Body(b"", Audio.from_bytes(WAV), b""), Exchange("host", 1.0, lambda: 0.0))
    with pytest.raises(TypeError, match="streamed"):
        payload.decode()


def test_cancelled_calls_leave_room_for_others(hostile: Hostile, backend: str) -> None:
    """However many they were, and wherever they were cut."""
    case = hostile.case(OK)
    draw = random.Random(1)

    async def main() -> int:
        async with AsyncClient("sk", base_url=case.url, autoload=False) as client:

            async def cancelled() -> None:
                with anyio.move_on_after(draw.uniform(0, 0.02)):
                    await client.transcribe(WAV, model=MODEL)

            for _ in range(10):
                async with anyio.create_task_group() as tasks:
                    for _ in range(30):
                        tasks.start_soon(cancelled)
            with anyio.fail_after(10):
                return sum([(await client.transcribe(WAV, model=MODEL)).text == "hello" for _ in range(5)])

    assert anyio.run(main, backend=backend) == 5


def test_a_forgotten_client_warns_of_nothing_of_its_own(hostile: Hostile, aiohttp_world: World) -> None:
    """Its sockets stay the event loop's."""

    case = hostile.case(answers(response(200, b'{"text": ""}', "Connection: close"), "close"))

    async def main() -> None:
        client = AsyncClient("sk", base_url=case.url, autoload=False)
        await client.transcribe(WAV, model=MODEL)
        assert await anyio.to_thread.run_sync(case.hung_up.is_set) is False
        del client
        gc.collect()

    anyio.run(main)


def test_a_connection_is_left_to_the_call_that_has_it_now(hostile: Hostile, monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of an answer frees its connection; the next call may have it before the first one looks again."""
    start, end = response(200, TEXT)[:-5], TEXT[-5:]

    async def in_two(line: Line) -> None:
        await line.body()
        await line.send(start)
        await asyncio.sleep(0.05)  # for the client to wait for more
        await line.send(end)

    case = hostile.case(one_by_one(in_two, OK))
    calls: list[asyncio.Task[Transcription]] = []

    async def main() -> list[int]:
        async with AsyncClient("sk", base_url=case.url, autoload=False) as client:
            real = _line.Line.data_received

            def data_received(line: _line.Line, data: bytes) -> None:
                if data == end:
                    calls.append(asyncio.create_task(client.transcribe(WAV, model=MODEL)))
                real(line, data)

            monkeypatch.setattr(_line.Line, "data_received", data_received)
            first = await client.transcribe(WAV, model=MODEL)
            return [first.attempts, (await calls[0]).attempts]

    assert anyio.run(main) == [1, 1]
    assert (len(calls), len(case.requests)) == (1, 2)
