"""Audio preparation: what is sent in place of a recording, and when the recording is left as it is."""

from __future__ import annotations

import gc
import sys
import tempfile
import threading
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import audio_files
import jiwer
import pytest

from openrouter_stt import Audio, Call, Client, ConfigurationError
from openrouter_stt_plugins import audio_preparation
from openrouter_stt_plugins.audio_preparation import AudioPreparation
from openrouter_stt_plugins.cache import MemoryCache
from tests.hooks.small_plugins import Small
from tests.support.clock import Clock
from tests.support.server import Answer, Server
from tests.support.sounds import wav
from tests.support.worlds import World

HELLO = Path(__file__).parents[2] / "samples" / "hello.wav"
STEREO = audio_files.make("wav", rate=44_100, channels=2)


def prepared(source: Any, *, remaining: float = 60.0, asked: str | None = None, **settings: Any) -> Audio | None:
    """Return what the plugin makes of a recording, None where it leaves it as it is."""
    call = SimpleNamespace(format=asked, remaining=remaining)
    return AudioPreparation(**{"over": 0, **settings}).prepare_audio(Audio.of(source), cast(Call, call))


def sound(audio: Audio | None) -> tuple[int, int, float]:
    """Return the rate, the channels and the seconds of a recording."""
    assert audio is not None
    frame = audio_files.decode(audio.read())
    return frame.sample_rate, frame.layout.nb_channels, round(frame.samples / frame.sample_rate, 2)


@pytest.mark.parametrize(("format", "smaller"), [("flac", 4), ("ogg", 20)])
def test_a_smaller_recording_is_sent(world: World, server: Server, format: str, smaller: int) -> None:
    """The server gets the same seconds of sound in fewer bytes, as a file of the format named with it."""
    plugin = AudioPreparation(format=cast(Any, format), over=0)
    world.client(base_url=server.url, plugins=[plugin]).transcribe(("talk.wav", STEREO))
    sent = server.last.audio
    assert (server.last.format, len(sent) * smaller < len(STEREO)) == (format, True)
    rate, channels, seconds = sound(Audio.from_bytes(sent))
    assert (rate, channels) == ((16_000, 1) if format == "flac" else (48_000, 1))  # Opus always decodes to 48 kHz
    assert seconds == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize(
    "kind", ["wav-24-bit", "wav-float", "flac", "aiff", "mov", "m4a-alac", "ogg-flac", "mp4", "mp3"]
)
def test_every_kind_of_file(kind: str) -> None:
    """What can be decoded is prepared, videos without their pictures too."""
    source = audio_files.make(kind, rate=48_000, channels=2)
    audio = prepared(source, format="ogg")
    assert sound(audio)[2] == pytest.approx(1.0, abs=0.06)
    assert audio is not None
    assert (audio.format, audio.duration) == ("ogg", pytest.approx(1.0, abs=0.06))


def test_raw_samples() -> None:
    """Raw samples become a file as well."""
    source = Audio.from_pcm(audio_files.samples(48_000, 2, 1.0), sample_rate=48_000, channels=2)
    assert sound(prepared(source)) == (16_000, 1, 1.0)


def test_nothing_is_blown_up() -> None:
    """A lower rate and a single channel stay what they are; for Opus the rate is one that it knows."""
    source = audio_files.make("wav", rate=11_025)
    assert sound(prepared(source)) == (11_025, 1, 1.0)
    assert sound(prepared(source, channels=2, format="ogg")) == (48_000, 1, 1.0)
    assert sound(prepared(STEREO, channels=2, sample_rate=22_050)) == (22_050, 2, 1.0)


def test_a_recording_that_changes_midway() -> None:
    """Chained Ogg may go on with another rate and more channels."""
    parts = [audio_files.make("ogg-flac", rate=48_000), audio_files.make("ogg-flac", rate=44_100, channels=2)]
    audio = prepared(b"".join(parts))
    assert sound(audio)[2] == pytest.approx(2.0, abs=0.01)


def open_files() -> int:
    return len([*Path("/proc/self/fd").iterdir()])


LEFT_AS_IT_IS: dict[str, tuple[Any, dict[str, Any]]] = {
    "already small": (audio_files.make("ogg-opus"), {"sample_rate": 48_000}),
    "not over the limit": (STEREO, {"over": len(STEREO)}),
    "another format is asked for": (STEREO, {"asked": "wav"}),
    "no audio": (b"no audio at all" * 1000, {}),
    "an empty recording": (wav(b""), {}),
    "a picture": (b"GIF89a" + bytes(1000), {}),
    "only its header": (STEREO[:40], {}),
    "the deadline has passed": (STEREO, {"remaining": 0.0}),
    "more samples than a file can hold": (Audio.from_pcm(b"\0" * 9, sample_rate=1, channels=9, sample_format="u8"), {}),
}


@pytest.mark.parametrize(("source", "settings"), LEFT_AS_IT_IS.values(), ids=LEFT_AS_IT_IS.keys())
def test_left_as_it_is(source: Any, settings: dict[str, Any]) -> None:
    assert prepared(source, **settings) is None


def test_a_long_recording_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small file may hold hours of silence; decoding it is not begun to its end."""
    monkeypatch.setattr(audio_preparation, "LONGEST", 0.5)
    assert prepared(STEREO) is None


def test_what_cannot_be_read_is_sent(world: World, server: Server) -> None:
    """A call that would have worked without the plugin works with it."""
    source = Audio.from_bytes(b"a codec of the future" * 100, format="mp3")
    world.client(base_url=server.url, plugins=[AudioPreparation(over=0)]).transcribe(source)
    assert (server.last.audio, server.last.format) == (source.read(), "mp3")


def test_asked_for_in_its_own_format(world: World, server: Server) -> None:
    """A caller who asks for FLAC gets FLAC, and one who asks for WAV what was there."""
    client = world.client(base_url=server.url, plugins=[AudioPreparation(over=0)])
    client.transcribe(STEREO, format="flac")
    assert server.last.audio[:4] == b"fLaC"
    client.transcribe(STEREO, format="wav")
    assert server.last.audio == STEREO


def test_prepared_once_a_call(world: World, server: Server, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each attempt sends the same bytes, which were made once, in a worker thread in the async client."""
    threads: list[int] = []

    def noting() -> None:
        threads.append(threading.get_ident())

    decode = audio_preparation.opened
    monkeypatch.setattr(audio_preparation, "opened", lambda *of: noting() or decode(*of))
    server.will(Answer(503), Answer(503))
    plugins = [Small("here", prepare_request=noting), AudioPreparation(over=0)]
    world.client(base_url=server.url, plugins=plugins).transcribe(STEREO)
    assert len({request.digest for request in server.requests}) == 1
    assert [thread == threads[0] for thread in threads] == [True, world.name == "sync"]


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_large_outcome_is_a_file_until_it_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """It can be read again and again, and its file is closed with it."""
    monkeypatch.setattr(audio_preparation, "SPOOL", 1000)
    gc.collect()
    before = open_files()
    audio = prepared(STEREO)
    assert audio is not None
    assert open_files() == before + 1
    assert audio.read() == audio.read()
    del audio
    gc.collect()
    assert open_files() == before


def test_no_room_for_a_file(world: World, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the outcome cannot be written, the recording is sent as it is."""
    monkeypatch.setattr(audio_preparation, "SPOOL", 1000)
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    world.client(base_url=server.url, plugins=[AudioPreparation(over=0)]).transcribe(STEREO)
    assert server.last.audio == STEREO


def test_other_settings_do_not_find_what_was_kept(world: World, server: Server) -> None:
    """An answer to a recording that was prepared otherwise, or not at all, is not served from a cache."""
    cache = MemoryCache()
    for plugins in ([], [AudioPreparation()], [AudioPreparation(over=1)], [AudioPreparation(over=1)]):
        world.client(base_url=server.url, plugins=plugins, cache=cache).transcribe(STEREO)
    assert len(server.requests) == 3


@pytest.mark.skipif(find_spec("moonshine_voice") is None, reason="the extra local is not installed")
@pytest.mark.parametrize(("format", "wrong"), [("flac", 0.0), ("ogg", 0.1)])
def test_recognition_does_not_suffer(world: World, format: str, wrong: float) -> None:
    """The engine on this machine hears the same words before and after; of Opus, one in eleven may be another."""
    client = world.client(None)
    sources = (HELLO, prepared(HELLO, format=format))
    before, after = (client.transcribe(source, model="local/moonshine-tiny").text.lower() for source in sources)
    assert jiwer.wer(before, after) <= wrong


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"format": "mp3"}, "format is flac or ogg, not 'mp3'"),
        ({"channels": 3}, "channels is 1 or 2, not 3"),
        ({"format": "ogg", "sample_rate": 44_100}, r"sample_rate 44100 is not possible; for ogg it is one of \(8000,"),
        ({"sample_rate": 0}, "sample_rate 0 is not possible"),
        ({"bitrate": 24}, "bitrate 24 is not possible; it is 6,000 to 256,000 bits per second"),
    ],
)
def test_settings_that_cannot_work(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        AudioPreparation(**settings)


def test_without_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """The module can be imported without PyAV; making the plugin says what to install."""
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(ConfigurationError, match=r'install "openrouter-stt\[audio\]"'):
        Client(plugins=[AudioPreparation()])
