"""Models named local/... answer on this machine: no key, no network."""

from __future__ import annotations

import socket
from typing import Any, NoReturn

import pytest

from openrouter_stt import Audio, AudioError, ConfigurationError
from tests.end_to_end.conftest import word_errors
from tests.plugins.speech_data import Recording, short_clips
from tests.support.sounds import wav
from tests.support.spec import ROOT
from tests.support.worlds import World

LOCAL = "local/moonshine-tiny"
HELLO = ROOT / "samples" / "hello.wav"


@pytest.fixture(autouse=True)
def _no_network(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opens a connection or looks up a name fails."""

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise AssertionError("something asked for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def test_the_sample_says_what_its_readme_says(world: World) -> None:
    """It is what a newcomer sees first."""
    result = world.client(None).transcribe(HELLO, model=LOCAL)
    said = next(line[2:] for line in (HELLO.parent / "README.md").read_text("utf-8").splitlines() if line[:2] == "> ")
    assert result.text == said
    assert (result.source, result.attempts, result.model) == ("local", 0, LOCAL)
    assert result.usage is not None
    assert result.usage.cost == 0
    assert result.usage.seconds == pytest.approx(4.8, abs=0.1)


@pytest.mark.parametrize("recording", short_clips(), ids=lambda recording: recording.id)
def test_people_are_understood_offline(world: World, recording: Recording) -> None:
    result = world.client(None).transcribe(recording.path, model=LOCAL)
    assert word_errors(recording, result.text) <= 0.2


def test_raw_samples_are_understood(world: World) -> None:
    audio = Audio.from_pcm(HELLO.read_bytes()[44:], sample_rate=16_000)
    assert world.client(None).transcribe(audio, model=LOCAL).text.startswith("Hello, this recording")


def test_silence_has_no_words(world: World) -> None:
    assert world.client(None).transcribe(wav(bytes(64_000)), model=LOCAL).text == ""


def test_a_local_model_that_is_none_is_answered_with_those_there_are(world: World) -> None:
    with pytest.raises(ConfigurationError, match=r"no model 'local/huge'.*local/moonshine-tiny"):
        world.client(None).transcribe(HELLO, model="local/huge")


def test_a_language_that_the_model_does_not_know_is_refused(world: World) -> None:
    """Rather than written down in English spelling."""
    with pytest.raises(ConfigurationError, match="English alone, not 'de'"):
        world.client(None).transcribe(HELLO, model=LOCAL, language="de")


def test_what_cannot_be_decoded_is_an_error_of_the_audio(world: World) -> None:
    with pytest.raises(AudioError, match=r"notes\.wav"):
        world.client(None).transcribe(("notes.wav", b"RIFF, but no audio"), model=LOCAL)
