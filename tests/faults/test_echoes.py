"""A server that tells back what it was sent: none of it gets into errors, tracebacks, pickles, logs or warnings."""

from __future__ import annotations

import base64
import json
import logging
import pickle
import traceback
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import openrouter_stt
import openrouter_stt_plugins
from openrouter_stt import (
    Attempt,
    Audio,
    Call,
    Event,
    Failure,
    HookSpecs,
    Proceed,
    ProceedAttempt,
    STTError,
    Transcription,
    hookimpl,
)
from tests.faults.hostile import Hostile, Line, response
from tests.support.clock import Clock
from tests.support.sounds import wav
from tests.support.worlds import World

KEY = "sk-or-v1-0123456789abcdef-do-not-tell"
SAID = "the patient said that nobody may know"
AUDIO = wav(b"private sound " * 100)
SECRETS = [KEY, SAID, "private sound", base64.b64encode(AUDIO[60:120]).decode()[4:-4], repr(AUDIO[:20])[2:-1]]
OURS = [Path(module.__file__ or "").parent for module in (openrouter_stt, openrouter_stt_plugins)]


def _told(line: Line) -> str:
    """Return all that the server knows."""
    sound = json.loads(line.request.body)["input_audio"]["data"]
    return f"{KEY} {SAID} {sound}"


def _message(line: Line) -> bytes:
    error = {"message": _told(line), "metadata": {KEY: [_told(line)], "raw": _told(line)}}
    return response(400, json.dumps({"text": SAID, "error": {"code": 400, **error}}).encode())


def _success(line: Line) -> bytes:
    told = {"text": SAID, "usage": {"cost": _told(line)}, "task": _told(line), KEY: [KEY]}
    return response(200, json.dumps(told).encode(), f"X-Generation-Id: {_told(line)}", f"X-Request-Id: {KEY}")


def _in_a_success(line: Line) -> bytes:
    return response(200, json.dumps({"error": {"code": 402, "message": f"\x1b[2J{KEY}\r\n"}, "text": 7}).encode())


def _headers(line: Line) -> bytes:
    return response(
        401, b"", f"X-Request-Id: {KEY}", f"Set-Cookie: key={KEY}", f"X-Said: {KEY}", reason=f"\x1b[2J {KEY}"
    )


def _garbage(line: Line) -> bytes:
    return f"HTTP/1.1 200 OK\r\nX {KEY} {SAID}\0: no header\r\n\r\n".encode()


def _chunk(line: Line) -> bytes:
    return f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{KEY} {SAID}\r\n".encode()


def _half(line: Line) -> bytes:
    return f'HTTP/1.1 200 {KEY}\r\nContent-Length: 9000\r\n\r\n{{"text": "{SAID}'.encode()


def _not_json(line: Line) -> bytes:
    return response(200, _told(line).encode(), reason=KEY)


def _gzip(line: Line) -> bytes:
    return response(200, _told(line).encode(), f"Content-Encoding: {KEY}", reason=KEY)


ECHOES = [_message, _success, _in_a_success, _headers, _garbage, _chunk, _half, _not_json, _gzip]


def _echoing(echo: Any) -> Any:
    async def behave(line: Line) -> None:
        await line.body()
        await line.send(echo(line))
        line.writer.close()

    return behave


def _shown(error: BaseException) -> Iterator[str]:
    """Yield what tools show of an error: its words, its attributes, its pickle, and the values in our frames."""
    yield f"{error} {error!r} {vars(error)!r}"
    yield pickle.dumps(error).decode("latin-1")
    for frame in traceback.TracebackException.from_exception(error, capture_locals=True).stack:
        if any(folder in Path(frame.filename).parents for folder in OURS):
            yield from (frame.locals or {}).values()


def _without(texts: list[str]) -> None:
    for text in texts:
        assert [secret for secret in SECRETS if secret in text] == []


@pytest.mark.parametrize("source", [AUDIO, ("a.wav", AUDIO), Audio.from_bytes(AUDIO), bytearray(AUDIO)], ids=type)
@pytest.mark.parametrize("echo", ECHOES)
def test_nothing_that_is_told_back_is_told_on(
    hostile: Hostile, world: World, clock: Clock, caplog: pytest.LogCaptureFixture, echo: Any, source: Any
) -> None:
    """The root logger at DEBUG hears httpx and httpcore, too. A text that was paid for is in the result alone."""
    caplog.set_level(logging.DEBUG)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        client = world.client(KEY, base_url=hostile.case(_echoing(echo)).url)
        try:
            shown = [repr(client.transcribe(source))]
        except STTError as error:
            shown = list(_shown(error))
    logged = [f"{record.getMessage()} {vars(record)!r}" for record in caplog.records]
    if world.name != "asyncio-aiohttp":  # which logs nothing
        assert any("receive_response_headers" in text for text in logged)
    assert "\x1b" not in "".join(logged) + shown[0]
    _without([*shown, *logged, *(str(each.message) for each in warned)])


@pytest.mark.parametrize("source", [b"private sound " * 9, ("a.wav", b"private sound " * 9)], ids=type)
def test_what_is_no_audio_is_not_shown(world: World, source: Any) -> None:
    """Nor by the values in the frames that looked at it."""
    with pytest.raises(STTError) as caught:
        world.client(KEY).transcribe(source)
    _without(list(_shown(caught.value)))


def test_audio_in_base64_is_no_path_and_not_repeated(world: World) -> None:
    """A str is a path, which a message shows; one as long as this is none."""
    text = base64.b64encode(AUDIO).decode()
    with pytest.raises(STTError, match="b64decode") as caught:
        world.client(KEY).transcribe(text)
    assert text[:40] not in f"{caught.value} {caught.value!r}"


def test_the_words_of_another_client_stay_in_its_log(
    hostile: Hostile, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """What we leave out of httpx's log is left out of ours alone."""
    import httpx

    caplog.set_level(logging.INFO)
    case = hostile.case(_echoing(lambda line: response(200, b"", reason="Fine")))
    world.client(KEY, base_url=case.url, disable=["retry"])
    httpx.post(f"{case.url}/mine", content=b"{}", trust_env=False)
    assert "200 Fine" in caplog.text


class Notes(HookSpecs):
    """A plugin that writes down all that it is given, as far as a value shows itself."""

    name = "notes"

    def __init__(self) -> None:
        self.given: list[object] = []
        self.read: list[object] = []

    @hookimpl
    async def around_call(self, call: Call, proceed: Proceed) -> Transcription:
        self.given += [call, proceed]
        return await proceed(call)

    @hookimpl
    async def around_attempt(self, attempt: Attempt, proceed: ProceedAttempt) -> Transcription:
        self.given += [attempt, proceed]
        return await proceed(attempt)

    @hookimpl
    def retry(self, failure: Failure) -> None:
        self.given.append(failure)

    @hookimpl
    def fallback(self, failure: Failure) -> None:
        self.given.append(failure)

    @hookimpl
    def event(self, event: Event) -> None:
        self.given.append(event)

    @hookimpl
    def finish(self, call: Call, transcription: Transcription) -> None:
        self.given.append(transcription)
        self.read.append(transcription.to_dict())


@pytest.mark.parametrize("echo", [_success, _message, _headers])
def test_a_plugin_is_given_no_key(hostile: Hostile, world: World, clock: Clock, echo: Any) -> None:
    """Nor does anything that it is given show audio or text, unless it is asked for."""
    notes = Notes()
    client = world.client(KEY, base_url=hostile.case(_echoing(echo)).url, plugins=[notes])
    with suppress(STTError):
        client.transcribe(AUDIO)
    assert len(notes.given) > 5
    _without([f"{given} {given!r}" for given in notes.given])
    assert KEY not in repr(notes.read)


def test_an_echoed_key_is_not_kept(hostile: Hostile, world: World, tmp_path: Path) -> None:
    """The answer beside it is, in a folder."""
    client = world.client(KEY, base_url=hostile.case(_echoing(_success)).url, cache=tmp_path)
    for source in ("network", "cache"):
        result = client.transcribe(AUDIO)
        assert (result.source, result.text) == (source, SAID)
    files = [path.read_bytes() for path in tmp_path.iterdir()]
    assert any(SAID.encode() in content for content in files)
    assert not any(KEY.encode() in content for content in files)
