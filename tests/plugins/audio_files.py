"""Real audio files of every format, made in memory with PyAV."""

from __future__ import annotations

import io
import math
from array import array
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

import av

if TYPE_CHECKING:
    from collections.abc import Mapping


class Recipe(NamedTuple):
    """How to make a file: FFmpeg's names of container and codec, and the container's and codec's options."""

    container: str
    codec: str
    options: Mapping[str, str] = {}
    codec_options: Mapping[str, str] = {}
    has_video: bool = False
    is_live: bool = False


RECIPES: Mapping[str, Recipe] = {
    "wav": Recipe("wav", "pcm_s16le"),
    "wav-24-bit": Recipe("wav", "pcm_s24le"),
    "wav-float": Recipe("wav", "pcm_f32le"),
    "wav-adpcm": Recipe("wav", "adpcm_ms"),
    "wav-mulaw": Recipe("wav", "pcm_mulaw"),
    "wav-rf64": Recipe("wav", "pcm_s16le", {"rf64": "always"}),
    "wav-live": Recipe("wav", "pcm_s16le", is_live=True),
    "mp3": Recipe("mp3", "libmp3lame"),
    "mp3-vbr": Recipe("mp3", "libmp3lame", codec_options={"q": "4"}),
    "mp3-headerless": Recipe("mp3", "libmp3lame", {"write_xing": "0", "id3v2_version": "0"}),
    "mp3-live": Recipe("mp3", "libmp3lame", is_live=True),
    "mp2": Recipe("mp2", "mp2"),
    "flac": Recipe("flac", "flac"),
    "flac-live": Recipe("flac", "flac", is_live=True),
    "m4a": Recipe("ipod", "aac"),
    "m4a-alac": Recipe("ipod", "alac"),
    "m4a-opus": Recipe("mp4", "libopus"),
    "m4a-fragmented": Recipe("mp4", "aac", {"movflags": "frag_keyframe+empty_moov+default_base_moof"}),
    "m4a-live": Recipe("mp4", "libopus", {"movflags": "frag_keyframe+empty_moov"}, is_live=True),
    "m4a-half-fragmented": Recipe("mp4", "aac", {"movflags": "frag_keyframe", "frag_duration": "500000"}),
    "mov": Recipe("mov", "pcm_s16le"),
    "mp4": Recipe("mp4", "aac", has_video=True),
    "mp4-fragmented": Recipe("mp4", "aac", {"movflags": "frag_keyframe+empty_moov"}, has_video=True),
    "ogg-opus": Recipe("ogg", "libopus"),
    "ogg-vorbis": Recipe("ogg", "vorbis", codec_options={"strict": "-2"}),
    "ogg-flac": Recipe("ogg", "flac"),
    "webm-opus": Recipe("webm", "libopus"),
    "webm-vorbis": Recipe("webm", "vorbis", codec_options={"strict": "-2"}),
    "webm-live": Recipe("webm", "libopus", {"live": "1"}, is_live=True),
    "matroska": Recipe("matroska", "libopus"),
    "aac": Recipe("adts", "aac"),
    "aac-id3": Recipe("adts", "aac", {"write_id3v2": "1"}),
    "aiff": Recipe("aiff", "pcm_s16be"),
    "aiff-c": Recipe("aiff", "pcm_mulaw"),
}
"""A recipe for each kind of file, named after its format where the API has one."""


def make(kind: str, *, rate: int = 48000, channels: int = 1, duration: float = 1.0) -> bytes:
    """Return a file of that kind holding a swept tone of `duration` seconds."""
    recipe = RECIPES[kind]
    buffer = _Pipe() if recipe.is_live else io.BytesIO()
    with av.open(buffer, "w", format=recipe.container, options=dict(recipe.options)) as container:
        stream = container.add_stream(recipe.codec, rate=rate, options=dict(recipe.codec_options))
        assert isinstance(stream, av.AudioStream)
        stream.layout = "mono" if channels == 1 else "stereo"
        if recipe.has_video:
            _add_video(container, duration)
        resampler = av.AudioResampler(stream.format, stream.layout, rate, stream.frame_size or 1024)
        for frame in (*resampler.resample(_tone(rate, channels, duration)), *resampler.resample(None), None):
            container.mux(stream.encode(frame))
    return buffer.getvalue()


def decode(data: bytes) -> av.AudioFrame:
    """Decode a whole file and return its samples as one frame."""
    with av.open(io.BytesIO(data), "r") as container:
        fifo = av.AudioFifo()
        for frame in container.decode(audio=0):
            frame.pts = None
            fifo.write(frame)
        whole = fifo.read()
    assert whole is not None
    return whole


def samples(rate: int, channels: int, duration: float) -> bytes:
    """Return interleaved 16-bit samples of a tone that rises from 200 Hz, quieter in each further channel."""
    tone = (
        int(12000 / (channel + 1) * math.sin(2 * math.pi * (200 + 300 * n / rate) * n / rate))
        for n in range(round(rate * duration))
        for channel in range(channels)
    )
    return array("h", tone).tobytes()


class _Pipe(io.BytesIO):
    """A destination that cannot be wound back, as a browser's recorder or a shell pipe has it."""

    def seekable(self) -> bool:
        return False

    seek = None  # type: ignore[assignment]


def _tone(rate: int, channels: int, duration: float) -> av.AudioFrame:
    frame = av.AudioFrame("s16", "mono" if channels == 1 else "stereo", round(rate * duration))
    frame.planes[0].update(samples(rate, channels, duration))
    frame.rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
    return frame


def _add_video(container: av.container.OutputContainer, duration: float) -> None:
    video = container.add_stream("mpeg4", rate=10)
    video.width = video.height = 32
    video.pix_fmt = "yuv420p"
    for index in range(round(10 * duration)):
        frame = av.VideoFrame(32, 32, "yuv420p")
        frame.pts = index
        container.mux(video.encode(frame))
    container.mux(video.encode(None))
