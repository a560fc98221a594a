"""The wire format comes from the content, whatever a name says, and what is no audio is never sent."""

from __future__ import annotations

import gzip
import io
import warnings
import zipfile
from functools import cache
from typing import Any

import pytest

from openrouter_stt import Audio, AudioError, PluginError, hookimpl
from openrouter_stt_plugins._audio_probe import KNOWN_FORMATS
from tests.plugins.audio_files import RECIPES, make
from tests.support.server import Server
from tests.support.sounds import WAV
from tests.support.worlds import Driver, World

_NAMED_OTHERWISE = {"mp2": "mp3", "mov": "m4a"}
KINDS = [kind for kind in RECIPES if kind != "matroska"]  # of Matroska the API takes WebM alone


@cache
def recorded(kind: str) -> bytes:
    """The Vorbis encoder of FFmpeg wants two channels."""
    return make(kind, channels=2 if kind.endswith("vorbis") else 1, duration=0.5)


def format_of(kind: str) -> str:
    """The recipes are named after their formats."""
    return _NAMED_OTHERWISE.get(kind, kind.partition("-")[0])


@pytest.mark.parametrize("kind", KINDS)
def test_the_content_tells_the_format(server: Server, client: Driver, kind: str) -> None:
    client.transcribe(recorded(kind))
    assert server.last.format == format_of(kind)
    assert server.last.audio == recorded(kind)


@pytest.mark.parametrize("kind", ["wav", "mp3", "flac", "m4a", "ogg-opus", "webm-opus", "aac"])
def test_a_wrong_extension_is_warned_of(server: Server, client: Driver, kind: str) -> None:
    """The content wins."""
    wrong = "talk.flac" if kind != "flac" else "talk.mp3"
    with pytest.warns(UserWarning, match=f"{wrong} holds {format_of(kind)}"):
        client.transcribe((wrong, recorded(kind)))
    assert server.last.format == format_of(kind)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("TALK.WAV", "wav"),
        ("talk.wave", "wav"),
        ("talk.mpga", "mp3"),
        ("talk.opus", "ogg-opus"),
        ("talk.oga", "ogg-vorbis"),
        ("talk.mp4", "m4a"),
        ("talk.weba", "webm-opus"),
        ("talk.bin", "mp3"),
        ("talk", "flac"),
    ],
)
def test_a_name_that_may_be_so_is_not_warned_of(server: Server, client: Driver, name: str, kind: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        client.transcribe((name, recorded(kind)))
    assert server.last.format == format_of(kind)


@pytest.mark.parametrize("source", [WAV, b"no audio at all", Audio.from_bytes(WAV, format="flac")], ids=repr)
def test_a_stated_format_is_believed(server: Server, client: Driver, source: Any) -> None:
    """The caller may know a format that is not known here."""
    client.transcribe(source, format="amr")
    assert server.last.format == "amr"


def test_the_format_of_an_audio_is_believed(server: Server, client: Driver) -> None:
    client.transcribe(Audio.from_bytes(b"#!AMR\n", format="amr"))
    assert server.last.format == "amr"


@pytest.mark.parametrize("source", [WAV, Audio.from_pcm(bytes(100), sample_rate=8000)], ids=["file", "samples"])
def test_a_format_is_the_same_in_capitals(server: Server, client: Driver, source: Any) -> None:
    """The API knows its formats in lower case."""
    client.transcribe(source, format="WAV")
    assert (server.last.format, server.last.audio[:4]) == ("wav", b"RIFF")
    assert Audio.from_bytes(WAV, format="WAV").format == "wav"


def _archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("talk.wav", WAV)
    return file.getvalue()


NO_AUDIO = {
    "HTML": b"<!DOCTYPE html>\n<title>Not found</title>",
    "JSON": b'{"error": "not found"}',
    "text": b"Call me Ishmael. Some years ago - never mind how long precisely",
    "path in a file": b"/home/me/talk.wav\n",
    "PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3",
    "PNG": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "zip": _archive(),
    "gzip": gzip.compress(WAV),
    "zeros": bytes(5000),
    "garbage": bytes(range(256)) * 4,
    "Matroska": recorded("matroska"),
    "one byte": b"R",
    "start of a WAV": WAV[:10],
}


@pytest.mark.parametrize("data", NO_AUDIO.values(), ids=NO_AUDIO.keys())
def test_what_is_no_audio_is_not_sent(server: Server, client: Driver, data: bytes) -> None:
    """The error names the file, and every format that is known."""
    with pytest.raises(AudioError, match=r"^talk\.wav is .*; known here are wav, mp3, .*\. Nothing was sent") as caught:
        client.transcribe(("talk.wav", data))
    assert all(name in caught.value.message for name in KNOWN_FORMATS)
    assert server.requests == []


@pytest.mark.parametrize("kind", ["wav", "mp3", "flac", "m4a", "ogg-opus", "webm-opus", "aac"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_truncated_file_is_sent_or_refused(server: Server, client: Driver, kind: str, part: float) -> None:
    """Never a crash, and never another format."""
    data = recorded(kind)[: int(len(recorded(kind)) * part)]
    try:
        client.transcribe(data)
    except AudioError:
        assert server.requests == []
    else:
        assert (server.last.format, server.last.audio) == (format_of(kind), data)


def test_raw_samples_go_into_no_other_format(server: Server, client: Driver) -> None:
    with pytest.raises(AudioError, match="sent as wav or flac, not 'mp3'"):
        client.transcribe(Audio.from_pcm(bytes(100), sample_rate=8000), format="mp3")
    assert server.requests == []


def test_without_an_encoder_nothing_is_sent(server: Server, world: World) -> None:
    with pytest.raises(AudioError, match="the built-in one is named 'encoding'"):
        world.client(base_url=server.url, disable=["encoding"]).transcribe(WAV)
    assert server.requests == []


class Formatless:
    """An encoder that forgets the format."""

    name = "formatless"

    @hookimpl
    def encode_audio(self, audio: Audio) -> Audio:
        return audio


def test_an_encoder_must_state_a_format(server: Server, world: World) -> None:
    """It is blamed by its name."""
    with pytest.raises(PluginError, match=r"'formatless'.*encode_audio.*without a file format"):
        world.client(base_url=server.url, plugins=[Formatless()]).transcribe(WAV)
    assert server.requests == []
