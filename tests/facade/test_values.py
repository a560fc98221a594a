"""The values that callers get and hooks receive, the public names, and the life of a client."""

from __future__ import annotations

import asyncio
import copy
import io
import json
import pickle
import threading
from typing import Any

import attrs
import pytest

import openrouter_stt
from openrouter_stt import (
    PCM,
    STOP,
    APIConnectionError,
    APIStatusError,
    AsyncClient,
    Audio,
    AudioError,
    Client,
    ConfigurationError,
    STTError,
    Transcription,
    Usage,
)
from tests.support.server import Answer, Server
from tests.support.sounds import WAV, wav
from tests.support.worlds import MODEL, Driver, World

PUBLIC: list[str] = vars(openrouter_stt)["__all__"]  # type checkers do not see it
FULL = {"text": "hello", "usage": {"cost": 0.5, "seconds": 1.5}, "segments": [1]}


@pytest.fixture
def transcription(server: Server) -> Transcription:
    """An answer with everything in it."""
    server.will(Answer.of(200, FULL, X_Generation_Id="gen-1"))
    with Client("sk", base_url=server.url, autoload=False) as client:
        return client.transcribe(WAV, model=MODEL)


def pickled(value: Any) -> Any:
    """Return what another process would get."""
    return pickle.loads(pickle.dumps(value))  # noqa: S301  our own


def test_a_transcription_survives_json(transcription: Transcription) -> None:
    """What the answer said is kept, how it was come by is not."""
    document = json.loads(json.dumps(transcription.to_dict()))
    again = Transcription.from_dict(document)
    assert again == transcription.replace(attempts=0, source="")
    assert again.response == transcription.response
    assert again.to_dict() == document


def test_a_bare_transcription_survives_json() -> None:
    bare = Transcription(text="x", model="m")
    assert Transcription.from_dict(bare.to_dict()) == bare


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("text", 7),
        ("model", None),
        ("generation_id", 7),
        ("usage", 7),
        ("usage", {"cost": "much"}),
        ("usage", {"unknown": 1}),
        ("response", [1]),
    ],
)
def test_a_transcription_is_not_made_of_anything(name: str, value: Any) -> None:
    """A cache takes a damaged entry for a miss, by the two errors that are promised."""
    document = Transcription(text="x", model="m").to_dict()
    with pytest.raises(TypeError):
        Transcription.from_dict({**document, name: value})
    del document[name]
    with pytest.raises(KeyError):
        Transcription.from_dict(document)


def test_a_changed_text_drops_the_response_that_holds_the_old_one(transcription: Transcription) -> None:
    """A redacted text must not live on beside itself."""
    assert transcription.replace(text="redacted").response is None
    assert transcription.replace(text="hello").response is transcription.response
    assert transcription.replace(model="other").response is transcription.response


def test_values_do_not_show_what_was_said(transcription: Transcription) -> None:
    """They may be logged."""
    assert "hello" not in repr(transcription)
    assert repr(transcription).startswith("Transcription(model='openai/whisper-1', usage=Usage(cost=0.5")
    assert "RIFF" not in repr(Audio.from_bytes(WAV))


VALUES: list[Any] = [
    Usage(cost=1.0, total_tokens=3),
    PCM(16_000, 1, "s16"),
    Transcription(text="x", model="m", usage=Usage(seconds=1.0)),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_values_are_frozen_and_can_be_copied(value: Any) -> None:
    assert pickled(value) == copy.deepcopy(value) == value
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        value.model = "other"


def test_a_transcription_with_a_response_can_be_pickled(transcription: Transcription) -> None:
    again = pickled(transcription)
    assert (again, again.response) == (transcription, transcription.response)


def test_stop_shows_where_it_is_from() -> None:
    assert repr(STOP) == "openrouter_stt.STOP"


def errors() -> list[type[STTError]]:
    """Return every error class of the public names."""
    found = [vars(openrouter_stt)[name] for name in PUBLIC]
    return [each for each in found if isinstance(each, type) and issubclass(each, STTError)]


def made(kind: type[STTError]) -> STTError:
    facts: dict[str, Any] = {"attempts": 2, "maybe_billed": True, "retry_after": 3.0, "request_id": "req-1"}
    if issubclass(kind, APIConnectionError):
        facts["kind"] = "dns"
    if issubclass(kind, APIStatusError):
        facts |= {"status": 418, "error": {"a": 1}, "headers": {"b": "c"}}
    return kind("what happened", **facts)


@pytest.mark.parametrize("kind", errors(), ids=lambda kind: kind.__name__)
def test_every_error_can_be_pickled_and_copied(kind: type[STTError]) -> None:
    """Process pools send errors this way."""
    error = made(kind)
    error.add_note("a note")
    for again in (pickled(error), copy.copy(error)):
        assert (type(again), str(again), vars(again)) == (kind, "what happened", vars(error))


@pytest.mark.parametrize("kind", errors(), ids=lambda kind: kind.__name__)
def test_every_error_carries_what_a_program_decides_by(kind: type[STTError]) -> None:
    error = kind("what happened", **({"kind": "dns"} if kind is APIConnectionError else _status(kind)))
    assert (error.attempts, error.maybe_billed, error.retry_after, error.request_id) == (0, False, None, None)
    assert repr(error).startswith(f"{kind.__name__}('what happened'")


def _status(kind: type[STTError]) -> dict[str, Any]:
    return {"status": 418} if issubclass(kind, APIStatusError) else {}


def test_a_closed_client_says_so(server: Server, client: Driver) -> None:
    """Closing twice does nothing."""
    client.transcribe(WAV)
    client.close()
    client.close()
    with pytest.raises(ConfigurationError, match="the client is closed; make a new one"):
        client.transcribe(WAV)
    assert len(server.requests) == 1


def test_a_client_that_sent_nothing_can_be_closed(world: World) -> None:
    client = world.client()
    client.close()
    with pytest.raises(ConfigurationError, match="the client is closed; make a new one"):
        client.transcribe(WAV)


def test_a_client_closes_with_its_block(server: Server) -> None:
    async def within() -> AsyncClient:
        async with AsyncClient("sk", base_url=server.url, autoload=False) as client:
            await client.transcribe(WAV, model=MODEL)
        return client

    with Client("sk", base_url=server.url, autoload=False) as client:
        client.transcribe(WAV, model=MODEL)
    for closed in (client, asyncio.run(within())):
        with pytest.raises(ConfigurationError, match="closed"):
            closed._open()


def test_threads_may_share_a_client(server: Server) -> None:
    """32 of them, each with a recording of its own."""
    recordings = [wav(bytes([number]) * 2000) for number in range(32)]
    texts: dict[int, str] = {}
    with Client("sk", base_url=server.url, autoload=False) as client:

        def transcribe(number: int) -> None:
            texts[number] = client.transcribe(recordings[number], model=MODEL).text

        threads = [threading.Thread(target=transcribe, args=(number,)) for number in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert texts == dict.fromkeys(range(32), "hello")
    assert sorted(request.audio for request in server.requests) == recordings


def test_tasks_may_share_a_client(server: Server) -> None:
    recordings = [wav(bytes([number]) * 2000) for number in range(32)]

    async def main() -> None:
        async with AsyncClient("sk", base_url=server.url, autoload=False) as client:
            await asyncio.gather(*[client.transcribe(recording, model=MODEL) for recording in recordings])

    asyncio.run(main())
    assert sorted(request.audio for request in server.requests) == recordings


def test_an_audio_can_be_read_again_and_again() -> None:
    """Each pass is its own, and can seek."""
    audio = Audio.from_file(io.BytesIO(b"header" + WAV[6:]), name="talk.wav")
    with audio.open() as one, audio.open() as other:
        assert one.read(6) == b"header"
        assert other.read() == audio.read()
        assert (one.seek(-2, 2), one.read(), one.tell()) == (audio.size - 2, WAV[-2:], audio.size)
        assert (one.seek(1), one.seek(2, 1), one.read(3), one.readable()) == (1, 3, b"der", True)
    assert (audio.size, audio.label, audio.name) == (len(WAV), "talk.wav", "talk.wav")


def test_an_audio_takes_its_name_from_its_file(tmp_path: Any) -> None:
    path = tmp_path / "talk.wav"
    path.write_bytes(WAV)
    with path.open("rb") as file:
        assert Audio.of(file).name == Audio.of(path).name == "talk.wav"
    assert Audio.of(("other.wav", path)).name == "other.wav"
    assert Audio.of(WAV).label == "the audio"


def test_an_audio_of_a_file_does_not_tell_its_duration(tmp_path: Any) -> None:
    """It is in the headers, which are read when the audio is encoded."""
    path = tmp_path / "talk.wav"
    path.write_bytes(WAV)
    assert [Audio.of(source).duration for source in (path, WAV, io.BytesIO(WAV))] == [None, None, None]


def test_samples_are_wrapped_without_a_copy() -> None:
    """The joined bytes can be read across the seams, and are not raw any more."""
    audio = Audio.from_pcm(b"samples!", sample_rate=8000).wrapped(b"head", b"foot", format="wav")
    with audio.open() as file:
        assert (file.read(6), file.seek(2), file.read()) == (b"headsa", 2, b"adsamples!foot")
        assert (file.seek(-6, 2), file.read()) == (10, b"s!foot")
    assert (audio.size, audio.format, audio.pcm) == (16, "wav", None)


def test_a_changed_copy_leaves_the_audio_as_it_was() -> None:
    audio = Audio.from_bytes(WAV)
    assert audio.replace(format="mp3").format == "mp3"
    assert audio.format is None
    with pytest.raises(AudioError, match="empty"):
        Audio.from_bytes(b"", name="talk.wav")
