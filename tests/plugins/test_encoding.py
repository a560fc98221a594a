"""The encoding plugin: raw samples become files that decode to the same samples, files go as what they are."""

from __future__ import annotations

import sys
from typing import Any

import audio_files
import numpy as np
import pytest

from openrouter_stt import (
    Attempt,
    Audio,
    AudioError,
    Client,
    ConfigurationError,
    ProceedAttempt,
    Transcription,
)
from tests.hooks.small_plugins import Small
from tests.support.server import Server
from tests.support.sounds import WAV

RATE = 16_000
TONE = np.sin(2 * np.pi * 440 * np.arange(RATE // 10) / RATE)[:, None] * (0.5, 0.25)  # a tenth of a second, in stereo
ARRAYS: dict[str, np.ndarray[Any, Any]] = {
    "uint8": (TONE * 100 + 128).astype(np.uint8),
    "int16": (TONE * 32_767).astype(np.int16),
    "int32": (TONE * 2**31).astype(np.int32),
    "float32": TONE.astype(np.float32),
    "float64": TONE,
}


def send(server: Server, source: Any, **settings: Any) -> None:
    with Client("k", base_url=server.url, autoload=False) as client:
        client.transcribe(source, model="m", **settings)


def received(server: Server) -> np.ndarray[Any, Any]:
    """Decode what the server got, as an array of shape (frames, channels)."""
    frame = audio_files.decode(server.last.audio)
    assert frame.sample_rate == RATE
    samples: np.ndarray[Any, Any] = frame.to_ndarray()
    return samples.T if frame.format.is_planar else samples.reshape(-1, frame.layout.nb_channels)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("dtype", ARRAYS)
def test_arrays_as_wav(server: Server, dtype: str, channels: int) -> None:
    """A numpy array arrives as WAV with the same samples; of 64-bit floats the 24 bits that 32-bit ones keep."""
    array = ARRAYS[dtype][:, :channels]
    send(server, Audio.from_array(array, sample_rate=RATE))
    assert server.last.format == "wav"
    np.testing.assert_array_equal(received(server), np.float32(array) if dtype == "float64" else array)


@pytest.mark.parametrize("channels", [1, 2])
def test_samples_as_flac(server: Server, channels: int) -> None:
    """Raw samples arrive as FLAC where that is asked for, with nothing lost."""
    array = ARRAYS["int16"][:, :channels]
    audio = Audio.from_pcm(array.tobytes(), sample_rate=RATE, channels=channels)
    send(server, audio, format="flac")
    assert server.last.format == "flac"
    np.testing.assert_array_equal(received(server), array)


def test_24_bit_pcm(server: Server) -> None:
    """Samples of 24 bits keep them."""
    values = np.arange(-(2**23), 2**23, 65_537, dtype="<i4")
    packed = values.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    send(server, Audio.from_pcm(packed, sample_rate=RATE, sample_format="s24"))
    np.testing.assert_array_equal(received(server).ravel() >> 8, values)


@pytest.mark.parametrize("kind", ["wav", "mp3", "flac", "m4a", "ogg-opus", "webm-opus", "aac"])
def test_content_tells_the_format(server: Server, kind: str) -> None:
    """A file is sent byte for byte, as the format that its content is in."""
    data = audio_files.make(kind, duration=0.5)
    send(server, data)
    assert (server.last.format, server.last.audio) == (kind.partition("-")[0], data)


@pytest.mark.parametrize("stated", ["call", "audio"])
def test_stated_format_is_believed(server: Server, stated: str) -> None:
    """A format that the caller states is sent as it is, whatever the content."""
    audio, settings = Audio.from_bytes(b"made elsewhere"), {}
    if stated == "call":
        settings = {"format": "ogg"}
    send(server, audio.replace(format="ogg") if stated == "audio" else audio, **settings)
    assert server.last.format == "ogg"


@pytest.mark.parametrize("kind", ["wav", "mp3", "flac", "m4a", "ogg-opus", "webm-opus", "aac"])
def test_content_tells_the_duration(server: Server, kind: str) -> None:
    """Plugins around the attempt may count the seconds they let through; codecs add some milliseconds."""
    seen: list[float] = []

    async def around_attempt(attempt: Attempt, proceed: ProceedAttempt) -> Transcription:
        assert attempt.duration is not None
        seen.append(attempt.duration)
        return await proceed(attempt)

    plugin = Small("p", around_attempt=around_attempt)
    with Client("k", base_url=server.url, autoload=False, plugins=[plugin]) as client:
        client.transcribe(audio_files.make(kind, duration=0.5), model="m")
    assert seen == [pytest.approx(0.5, abs=0.1)]


def test_name_and_content_disagree(server: Server) -> None:
    """The content is right where a file's name says otherwise, and a warning says so."""
    with pytest.warns(UserWarning, match="talk.mp3 holds wav, whatever its name says; sent as wav"):
        send(server, ("talk.mp3", WAV))
    assert server.last.format == "wav"


@pytest.mark.parametrize("name", ["talk.wav", "talk.WAVE", "talk", "talk.2024", None])
def test_no_needless_warning(server: Server, name: str | None) -> None:
    """A name that agrees, or says nothing about a format, is no reason to warn."""
    send(server, Audio.from_bytes(WAV, name=name))
    assert server.last.format == "wav"


@pytest.mark.parametrize(
    ("source", "settings", "error", "message"),
    [
        (b"<!doctype html><html>", {}, AudioError, "the audio is .*HTML.*; known here are wav, .* Nothing was sent"),
        (b"\x00\x01garbage" * 9, {}, AudioError, "the audio is in no known format; known here are wav, "),
        (("notes.mp3", b"plain words\n"), {}, AudioError, "notes.mp3 is "),
        (audio_files.make("m4a")[:24], {}, AudioError, "the audio is m4a without audio in it, or cut short"),
        (
            Audio.from_pcm(bytes(2), sample_rate=RATE),
            {"format": "mp3"},
            AudioError,
            "raw samples can be sent as wav or flac, not 'mp3'",
        ),
        (
            Audio.from_pcm(bytes(18), sample_rate=RATE, channels=9),
            {},
            AudioError,
            "the audio cannot be written as wav: .*channels",
        ),
    ],
)
def test_refused(server: Server, source: Any, settings: dict[str, str], error: type[Exception], message: str) -> None:
    """What cannot be encoded is an error that says what it is and what would do; nothing is sent."""
    with pytest.raises(error, match=message):
        send(server, source, **settings)
    assert server.requests == []


def test_flac_needs_pyav(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without PyAV the error of FLAC names the extra to install, and WAV still works."""
    monkeypatch.setitem(sys.modules, "av", None)
    audio = Audio.from_pcm(bytes(200), sample_rate=RATE)
    with pytest.raises(ConfigurationError, match=r'install "openrouter-stt\[audio\]", or send WAV'):
        send(server, audio, format="flac")
    send(server, audio)
    assert server.last.format == "wav"
