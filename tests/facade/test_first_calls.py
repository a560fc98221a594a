"""The first call of a process imports in threads what would hold an event loop up."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import anyio
import pytest

from openrouter_stt import APITimeoutError, AsyncClient, Transcription, _aside, _light
from tests.hooks.small_plugins import answering
from tests.support.sounds import WAV
from tests.support.spec import ROOT

BACKENDS = pytest.mark.parametrize("backend", ["asyncio", "trio"])
FORK = """
import asyncio, os, sys, threading
from openrouter_stt import AsyncClient
from tests.hooks.small_plugins import answering

importing = threading.Event()

class Finder:
    @staticmethod
    def find_spec(name, *_):
        if name.startswith("anyio._backends"):  # whose import has begun, so that nobody else can
            importing.set()

async def call():
    return await AsyncClient("k", plugins=[answering("hello")], autoload=False).transcribe(b"x", model="m")

def child():
    os._exit(asyncio.run(call()).text != "hello")

async def main():
    sys.meta_path.insert(0, Finder)
    first = asyncio.create_task(call())
    await asyncio.sleep(0)
    importing.wait()
    if not (process := os.fork()):
        threading.Thread(target=child).start()  # this one has an event loop
        threading.Timer(20, os._exit, [2]).start()
        threading.Event().wait()
    print((await first).text, os.waitpid(process, 0)[1])

asyncio.run(main())
"""


@pytest.fixture(autouse=True)
def _first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the next call for the first one."""
    monkeypatch.setattr(_aside, "_ready", {})


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Let the import wait for an event."""
    event, real = threading.Event(), _aside._import_anyio

    def import_(library: str) -> None:
        event.wait()
        real(library)

    monkeypatch.setattr(_aside, "_import_anyio", import_)
    yield event
    event.set()


async def called(**settings: Any) -> Transcription:
    async with AsyncClient("sk", plugins=[answering("hello")], autoload=False) as client:
        return await client.transcribe(WAV, model="m", **settings)


@BACKENDS
def test_a_call_waits_for_the_import_to_its_deadline(held: threading.Event, backend: str) -> None:
    with pytest.raises(APITimeoutError, match="before the request was sent") as caught:
        anyio.run(partial(called, timeout=0.01), backend=backend)
    assert not caught.value.maybe_billed
    held.set()
    assert anyio.run(called, backend=backend).text == "hello"


@BACKENDS
def test_a_call_that_is_cancelled_meanwhile_ends(held: threading.Event, backend: str) -> None:
    async def main() -> bool:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(called)
            await anyio.wait_all_tasks_blocked()
            tasks.cancel_scope.cancel()
        return held.is_set()

    assert anyio.run(main, backend=backend) is False
    held.set()
    assert anyio.run(called, backend=backend).text == "hello"


@BACKENDS
def test_where_no_thread_can_be_started_it_is_done_in_place(monkeypatch: pytest.MonkeyPatch, backend: str) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert anyio.run(called, backend=backend).text == "hello"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="POSIX alone forks")
def test_a_child_forked_meanwhile_makes_calls_of_its_own() -> None:
    """Else the modules would be locked there, by a thread that it has not."""
    done = subprocess.run(
        [sys.executable, "-c", FORK], check=True, capture_output=True, text=True, cwd=ROOT, timeout=60
    )
    assert done.stdout.split() == ["hello", "0"]


class Turn:
    """A lock that tells of each thread that asks for it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.asked = threading.Semaphore(0)

    def __enter__(self) -> None:
        self.asked.release()
        self.lock.acquire()

    def __exit__(self, *_: object) -> None:
        self.lock.release()


def test_threads_whose_first_clients_are_made_at_once_import_httpx_once(monkeypatch: pytest.MonkeyPatch) -> None:
    turn, begun, httpx = Turn(), list[str](), sys.modules["httpx"]
    threads = [threading.Thread(target=_light.import_httpx) for _ in range(2)]

    def import_(name: str) -> None:
        begun.append(name)
        for _ in threads:
            turn.asked.acquire()
        sys.modules["httpx"] = httpx

    monkeypatch.setattr(_light, "_turn", turn)
    monkeypatch.setattr(_light, "import_module", import_)
    monkeypatch.delitem(sys.modules, "httpx")
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert begun == ["httpx"]
