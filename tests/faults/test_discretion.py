"""What a client and its errors hold, looked at as debuggers, reports of errors and careless programs do."""

from __future__ import annotations

import asyncio
import base64
import copy
import gc
import inspect
import logging
import pickle
import types
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from openrouter_stt import AsyncClient, STTError
from tests.faults.hostile import Hostile, Line, answers, response
from tests.support.clock import Clock
from tests.support.server import Answer, Server
from tests.support.sounds import wav
from tests.support.worlds import World

KEY = "sk-or-v1-0123456789abcdef-do-not-tell"
SAID = "the patient said that nobody may know"
AUDIO = wav(b"private sound " * 100)
SECRETS = (KEY, SAID, "private sound", base64.b64encode(AUDIO[60:120]).decode()[4:-4])
# What everything hangs on, an error or not.
SHARED = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.FrameType, type)
OK = answers(response(200, b'{"text": "hello"}'))


def _reached(start: object) -> Iterator[str]:
    """Yield all text that an object leads to, as the garbage collector sees it."""
    seen, left = {id(start)}, [start]
    while left:
        found = left.pop()
        if isinstance(found, str | bytes | bytearray):
            yield found if isinstance(found, str) else found.decode("latin-1")
        for each in gc.get_referents(found):
            if id(each) not in seen and not isinstance(each, SHARED):
                seen.add(id(each))
                left.append(each)


@pytest.mark.parametrize(
    "answer",
    [
        Answer.of(401, {"error": {"message": f"{KEY} {SAID}"}, "text": SAID}, X_Said=KEY),
        Answer(200, f"<html>{KEY}".encode()),
        Answer(200, KEY.encode(), {"Content-Encoding": KEY}),
        Answer(cut="before the body"),
        Answer(cut="after the body"),
        Answer(cut="inside the answer"),
    ],
    ids=["status", "HTML", "coding", "reset", "cut", "half"],
)
def test_an_error_holds_on_to_nothing(clock: Clock, server: Server, world: World, answer: Answer) -> None:
    """Neither by its attributes, nor by its context, cause and notes; once it is printed its traceback is gone."""
    server.will(*[answer] * 3)
    with pytest.raises(STTError) as caught:
        world.client(KEY, base_url=server.url).transcribe(AUDIO)
    error = caught.value.with_traceback(None)
    assert (error.__context__, error.__cause__) == (None, None)
    texts = [*_reached(error)]
    assert any(text == str(error) for text in texts)
    assert [secret for secret in SECRETS for text in texts if secret in text] == []


def _inside(transport: Any) -> list[Any]:
    """Return a transport and what it holds, down to httpx's client and to what keeps aiohttp's session."""
    names = ("_over_httpx", "_over_aiohttp", "_clients", "_held", "made", "_client")
    held = [getattr(transport, name, None) for name in names]
    held = [each for each in held if each is not None and not isinstance(each, aiohttp.ClientSession)]
    return [transport, *(each for value in held for each in _inside(value))]


@pytest.mark.parametrize("look", [repr, vars, inspect.getmembers, copy.copy], ids=lambda look: look.__name__)
def test_a_client_in_use_shows_nothing(server: Server, world: World, look: Callable[[object], Any]) -> None:
    """Nor do its settings, pipeline and transport, nor what those of httpx and aiohttp hold."""
    client: Any = world.client(KEY, base_url=server.url)
    client.transcribe(AUDIO)
    pipeline = client.client._pipeline
    for each in (client.client, pipeline, pipeline.settings, *_inside(pipeline.transport)):
        with suppress(TypeError):  # it cannot be copied
            shown = repr(look(each))
            assert [secret for secret in SECRETS if secret in shown] == []


@pytest.mark.parametrize("write", [pickle.dumps, copy.deepcopy])
def test_nothing_with_a_key_is_written_down(world: World, write: Callable[[object], object]) -> None:
    client: Any = world.client(KEY).client
    for each in (client, client._pipeline, client._settings, client._settings.key):
        with pytest.raises(TypeError) as caught:
            write(each)
        assert KEY not in str(caught.value)


@pytest.mark.usefixtures("trusted")
def test_the_key_is_not_exchanged_for_a_password_of_this_user(
    hostile_tls: Hostile, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """httpx would take one for the host from the file .netrc."""
    (tmp_path / "netrc").write_text("machine localhost login me password of-another-service\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    case = hostile_tls.case(_after_the_body, "localhost")
    world.client(KEY, base_url=case.url).transcribe(AUDIO)
    lines = [line for line in case.requests[0].head.decode().split("\r\n") if line.lower().startswith("authorization")]
    assert [line.partition(": ")[2] for line in lines] == [f"Bearer {KEY}"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("path", ["", "/elsewhere"], ids=["another origin", "the same origin"])
def test_no_redirect_is_followed(hostile: Hostile, server: Server, world: World, status: int, path: str) -> None:
    """Nothing is asked of the other place, be it on the same host."""
    own = hostile.case(OK)
    place = f"{own.url}{path}" if path else server.url
    case = hostile.case(answers(response(status, b"", f"Location: {place}")))
    with pytest.raises(STTError):
        world.client(KEY, base_url=case.url, disable=["retry"]).transcribe(AUDIO)
    assert (len(case.requests), own.requests, server.requests) == (1, [], [])


async def _after_the_body(line: Line) -> None:
    await line.body()
    await OK(line)


def test_asyncio_s_debug_mode_tells_nothing(hostile: Hostile, caplog: pytest.LogCaptureFixture) -> None:
    """It logs tasks and what they await."""
    caplog.set_level(logging.DEBUG)

    async def main() -> None:
        asyncio.get_running_loop().slow_callback_duration = 0
        async with AsyncClient(KEY, base_url=hostile.case(_after_the_body).url, autoload=False) as client:
            await client.transcribe(AUDIO, model="m")

    asyncio.run(main(), debug=True)
    assert "took" in caplog.text
    assert [secret for secret in SECRETS if secret in caplog.text] == []
