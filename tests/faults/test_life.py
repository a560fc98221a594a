"""From the first call to the last breath: threads, tasks, loops, cancellation, collection and exit."""

from __future__ import annotations

import gc
import signal
import socket
import subprocess
import sys
import time
import weakref
from functools import partial
from typing import Any

import anyio
import httpx
import pytest

from openrouter_stt import AsyncClient, Client, ConfigurationError
from tests.faults.hostile import Case, Hostile, Line, answers, response
from tests.faults.table import OK
from tests.support.clock import Clock
from tests.support.crowd import together
from tests.support.sounds import WAV
from tests.support.spec import ROOT
from tests.support.trials import least
from tests.support.worlds import MODEL, World


async def _echo(line: Line) -> None:
    """Answer with the language that is asked for."""
    await line.body()
    language = bytes(line.request.body).split(b'"language":"')[1].split(b'"')[0]
    await line.send(response(200, b'{"text": "%s"}' % language))


def test_threads_get_their_own_answers(hostile: Hostile) -> None:
    """32 of them, 5 calls each, by one client."""
    names = iter(range(32))
    with Client("sk", base_url=hostile.case(_echo).url, autoload=False) as client:

        def calls() -> list[bool]:
            name = next(names)
            asked = [f"{name}-{number}" for number in range(5)]
            return [client.transcribe(WAV, model=MODEL, language=each).text == each for each in asked]

        assert together(32, calls) == [[True] * 5] * 32


def test_tasks_get_their_own_answers(hostile: Hostile, backend: str) -> None:
    got: list[tuple[str, str]] = []

    async def calls(client: AsyncClient, name: int) -> None:
        for number in range(5):
            asked = f"{name}-{number}"
            got.append((asked, (await client.transcribe(WAV, model=MODEL, language=asked)).text))

    async def main() -> None:
        url = hostile.case(_echo).url
        async with AsyncClient("sk", base_url=url, autoload=False) as client, anyio.create_task_group() as tasks:
            for name in range(32):
                tasks.start_soon(calls, client, name)

    anyio.run(main, backend=backend)
    assert len(got) == 160
    assert all(asked == answered for asked, answered in got)


@pytest.mark.parametrize("second", ["asyncio", "trio"])
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the loops' own: they ended before their connections
def test_a_client_outlives_its_event_loop(hostile: Hostile, backend: str, second: str) -> None:
    """A second `asyncio.run` makes connections of its own."""
    client = AsyncClient("sk", base_url=hostile.case(OK).url, autoload=False)
    call = partial(client.transcribe, WAV, model=MODEL)
    assert [anyio.run(call, backend=backend).text for backend in (backend, second)] == ["hello", "hello"]
    anyio.run(client.close)
    del client, call
    gc.collect()  # warns here of what it would warn of in another test


def test_a_client_serves_one_running_loop(hostile: Hostile, backend: str) -> None:
    """Another one in another thread is told to make a client."""
    client = AsyncClient("sk", base_url=hostile.case(OK).url, autoload=False)

    async def call() -> None:
        await client.transcribe(WAV, model=MODEL)

    async def main() -> None:
        async with client:
            await call()
            with pytest.raises(ConfigurationError, match="one running event loop"):
                await anyio.to_thread.run_sync(partial(anyio.run, call, backend=backend))

    anyio.run(main, backend=backend)


async def _cancelled_call(client: AsyncClient, case: Case) -> float:
    """Cancel a call a moment after its request came in; return when."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(partial(client.transcribe, WAV, model=MODEL))
        assert await anyio.to_thread.run_sync(case.taken.wait, 30)
        await anyio.sleep(0.05)  # for the call to be where it waits
        tasks.cancel_scope.cancel()
        return time.monotonic()


@pytest.mark.parametrize(
    "begun", [b"", b"HTTP/1.1 200 OK\r\n", response(200, b"{}" * 9)[:-9]], ids=["", "head", "body"]
)
def test_a_cancelled_call_hangs_up(hostile: Hostile, backend: str, begun: bytes) -> None:
    """The server is told within two seconds, and need not work on."""
    case = hostile.case(answers(begun, "hang"))

    async def main() -> float:
        async with AsyncClient("sk", base_url=case.url, autoload=False) as client:
            cancelled = await _cancelled_call(client, case)
            assert await anyio.to_thread.run_sync(case.hung_up.wait, 30)
            return case.hung_up_at - cancelled

    assert anyio.run(main, backend=backend) < 2


def test_a_back_off_is_cancelled_at_once(hostile: Hostile, backend: str) -> None:
    case = hostile.case(answers(response(429, b"", "Retry-After: 100")))

    async def main() -> float:
        async with AsyncClient("sk", base_url=case.url, autoload=False) as client:
            return time.monotonic() - await _cancelled_call(client, case)

    assert anyio.run(main, backend=backend) < 2
    assert len(case.requests) == 1


def test_a_client_that_is_closed_while_it_connects_sends_nothing(
    hostile: Hostile, world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And leaves no connection behind, which would warn here."""
    real = socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0) -> Any:
        if not flags & socket.AI_NUMERICHOST:  # as trio asks in its event loop
            client.close()
        return real(host, port, family, type, proto, flags)

    case = hostile.case(OK, "localhost")
    client = world.client(base_url=case.url)
    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(ConfigurationError, match="the client is closed"):
        client.transcribe(WAV)
    gc.collect()
    assert case.requests == []


def test_a_client_that_is_closed_as_it_sends_says_so(hostile: Hostile, monkeypatch: pytest.MonkeyPatch) -> None:
    """By another thread; httpx has a RuntimeError for it."""
    real = httpx.Client.send

    def send(*args: Any, **options: Any) -> Any:
        client.close()
        return real(*args, **options)

    monkeypatch.setattr(httpx.Client, "send", send)
    case = hostile.case(OK)
    client = Client("sk", base_url=case.url, autoload=False)
    with pytest.raises(ConfigurationError, match="the client is closed"):
        client.transcribe(WAV, model=MODEL)
    assert case.requests == []


def test_what_a_transport_of_the_caller_s_breaks_by_is_its_own() -> None:
    """A RuntimeError of an open client is no word of httpx's for a closed one."""

    def broken(_: httpx.Request) -> httpx.Response:
        raise RuntimeError("mine")

    with (
        Client("sk", autoload=False, transport=httpx.MockTransport(broken)) as client,
        pytest.raises(RuntimeError, match="mine"),
    ):
        client.transcribe(WAV, model=MODEL)


def test_a_client_that_is_forgotten_is_collected(hostile: Hostile) -> None:
    """Its sockets are closed, and nothing warns; nobody called close()."""
    client = Client("sk", base_url=hostile.case(answers(response(200, b'{"text": ""}'), "hang")).url, autoload=False)
    case = list(hostile._cases.values())[-1]
    client.transcribe(WAV, model=MODEL)
    gone = weakref.ref(client)
    del client
    gc.collect()
    assert gone() is None
    assert case.hung_up.wait(10)


CHILD = """
import asyncio, os, sys, threading
from openrouter_stt import AsyncClient, Client
from tests.support.sounds import WAV

url = sys.argv[1]
client = Client("sk", base_url=url, autoload=False)

async def calls():
    async with AsyncClient("sk", base_url=url, autoload=False) as client:
        return await client.transcribe(WAV, model="m")
"""
WAYS = {
    "exit without close": 'client.transcribe(WAV, model="m")',
    "exit in a hurry": 'client.transcribe(WAV, model="m"); sys.exit(0)',
    "a client in a cycle": 'client.transcribe(WAV, model="m"); loop = [client]; loop.append(loop); del client, loop',
    "an async client": "asyncio.run(calls())",
    "an async client over httpx": 'os.environ["OPENROUTER_STT_AIOHTTP"] = "0"; asyncio.run(calls())',
    "a thread that goes on": 'threading.Thread(target=client.transcribe, args=(WAV,), kwargs={"model": "m"}).start()',
    "a daemon": 'threading.Thread(target=client.transcribe, args=(WAV,), kwargs={"model": "m"}, daemon=True).start()',
    "a forked child": 'client.transcribe(WAV, model="m"); os.fork() or os._exit(0); os.wait()',
}


def child(script: str, url: str, **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", CHILD + script, url],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_a_program_ends_in_silence(hostile: Hostile, way: str) -> None:
    """With warnings as errors."""
    with child(way, hostile.case(OK).url) as process:
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, "")


STOPPED = """
async def app(loop):
    async with AsyncClient("sk", base_url=url, autoload=False) as client:
        print((await client.transcribe(WAV, model="m")).text)
        loop.stop()
        await asyncio.Event().wait()

loop = asyncio.new_event_loop()
task = loop.create_task(app(loop))
loop.run_forever()
loop.close()
"""


def test_a_program_ends_whose_event_loop_was_stopped(hostile: Hostile) -> None:
    """No thread of the client's waits for a task that never ends; what asyncio says of that is its own."""
    with child(STOPPED, hostile.case(OK).url) as process:
        out, _ = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "hello\n")


FORGOTTEN = """
client = AsyncClient("sk", base_url=url, autoload=False)
asyncio.run(client.transcribe(WAV, model="m"))
asyncio.run(client.close())
asyncio.run(AsyncClient("sk", base_url=url, autoload=False).transcribe(WAV, model="m"))
"""


@pytest.mark.parametrize("switch", ["0", "1"])
def test_an_async_client_that_nobody_closes_in_time_is_silent(
    hostile: Hostile, monkeypatch: pytest.MonkeyPatch, switch: str
) -> None:
    """Or at all; sockets that were open would warn of themselves, so the server closed them."""
    monkeypatch.setenv("OPENROUTER_STT_AIOHTTP", switch)
    goodbye = answers(response(200, b'{"text": ""}', "Connection: close"), "close")
    with child(FORGOTTEN, hostile.case(goodbye).url) as process:
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, "")


INTERRUPTED = {
    "waiting for an answer": answers(b"", "hang"),
    "inside an answer": answers(response(200, b"{}" * 9)[:-9], "hang"),
    "in a back-off": answers(response(429, b"", "Retry-After: 100"), "hang"),
}
ENDS = {
    "sync": 'client.transcribe(WAV, model="m")',
    "asyncio": 'os.environ["OPENROUTER_STT_AIOHTTP"] = "0"; asyncio.run(calls())',
    "asyncio-aiohttp": "asyncio.run(calls())",
    "trio": "import trio; trio.run(calls)",
}


@pytest.mark.parametrize("behave", INTERRUPTED.values(), ids=INTERRUPTED.keys())
@pytest.mark.parametrize("run", ENDS.values(), ids=ENDS.keys())
def test_an_interrupt_ends_a_call(hostile: Hostile, behave: Any, run: str) -> None:
    """Within half a second; the server sees the connection closed, and nothing else is sent."""
    script = f"\ntry:\n    {run}\nexcept KeyboardInterrupt:\n    print('interrupted', flush=True)\n"

    def seconds() -> float:
        case = hostile.case(behave)
        with child(script, case.url) as process:
            assert case.taken.wait(30)
            anyio.run(anyio.sleep, 0.1)  # for the child to be where it waits
            process.send_signal(signal.SIGINT)
            began = time.monotonic()
            assert process.stdout is not None
            assert process.stdout.readline() == "interrupted\n"
            took = time.monotonic() - began
            _, said = process.communicate(timeout=60)
        assert (said, process.returncode, len(case.requests)) == ("", 0, 1)
        assert case.hung_up.wait(10)
        return took

    assert least(seconds, 0.5) < 0.5
