"""Samples without a container, as WAV or FLAC.

PCM here is little-endian and interleaved: a frame is one sample of each channel in turn.
Sources: IBM and Microsoft "Multimedia Programming Interface and Data Specifications 1.0", Microsoft "New
Multimedia Data Types and Data Techniques 3.0" (WAV), RFC 9639 (FLAC).
"""

from __future__ import annotations

import io
import struct
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING

from openrouter_stt import PCM, Audio

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import av

SAMPLE_SIZES: Mapping[str, int] = MappingProxyType({"u8": 1, "s16": 2, "s24": 3, "s32": 4, "f32": 4, "f64": 8})
"""Bytes per sample of each sample format: unsigned, signed and floating-point ones by their bits."""

MAX_CHANNELS = 8
_MAX_RATE = 655_350
_MAX_RIFF_SIZE = 0xFFFFFFFF
_PCM, _IEEE_FLOAT = 1, 3
_LAYOUTS = ("mono", "stereo", "3.0", "quad", "5.0", "5.1", "6.1", "7.1")
_FLAC_BLOCK = 1 << 16
_FLIP_TOP_BIT = bytes(value ^ 0x80 for value in range(256))


def wav_header(*, data_size: int, sample_rate: int, channels: int, sample_format: str) -> bytes:
    """Return what goes before `data_size` bytes of PCM to make them a WAV file: 44 bytes, for floats 58.

    `sample_rate` is in hertz, `sample_format` a key of `SAMPLE_SIZES`. RIFF wants a zero byte behind data of
    an odd size; the header counts it, the caller writes it.
    Raises ValueError for what cannot be a PCM recording, and for more than a WAV file can hold, 4 GiB.
    """
    frame_size = _check(data_size, sample_rate, channels, sample_format)
    is_float = sample_format.startswith("f")
    sample_size = SAMPLE_SIZES[sample_format]
    layout = struct.pack(
        "<HHIIHH",
        _IEEE_FLOAT if is_float else _PCM,
        channels,
        sample_rate,
        sample_rate * frame_size,
        frame_size,
        sample_size * 8,
    )
    if is_float:
        # Every format but PCM states the size of its extension and its number of samples.
        layout += struct.pack("<H", 0)
        layout += struct.pack("<4sII", b"fact", 4, data_size // frame_size)
    before_data = struct.pack("<4s4sI", b"WAVE", b"fmt ", 18 if is_float else 16) + layout
    riff_size = len(before_data) + 8 + data_size + data_size % 2
    if riff_size > _MAX_RIFF_SIZE:
        raise ValueError(
            f"{data_size:,} bytes of PCM do not fit a WAV file, whose limit is 4 GiB; "
            "send the recording in parts or as FLAC"
        )
    return struct.pack("<4sI", b"RIFF", riff_size) + before_data + struct.pack("<4sI", b"data", data_size)


def wav_of(audio: Audio, pcm: PCM) -> Audio:
    """Put raw samples into a WAV file without copying them. Raises ValueError as `wav_header` does."""
    header = wav_header(
        data_size=audio.size, sample_rate=pcm.sample_rate, channels=pcm.channels, sample_format=pcm.sample_format
    )
    return audio.wrapped(header, bytes(audio.size % 2), format="wav")


def pcm_to_flac(pcm: bytes | bytearray | memoryview, *, sample_rate: int, channels: int, sample_format: str) -> bytes:
    """Return PCM as a FLAC file, made by PyAV.

    8 and 16 bits are kept as 16, more as 24, which loses nothing of what came from 24 bits or fewer; floats
    outside [-1, 1] are clipped.
    Raises ImportError when PyAV is not installed, and ValueError as `wav_header` does, but for the size.
    """
    _check(len(pcm), sample_rate, channels, sample_format)
    import av

    output = io.BytesIO()
    with av.open(output, "w", format="flac") as container:
        stream = container.add_stream("flac", rate=sample_rate)
        stream.format = "s16" if SAMPLE_SIZES[sample_format] <= 2 else "s32"
        stream.layout = _LAYOUTS[channels - 1]
        stream.codec_context.open()
        resampler = av.AudioResampler(stream.format, stream.layout, sample_rate, stream.frame_size)
        for frame in _av_frames(memoryview(pcm).cast("B"), sample_rate, channels, sample_format):
            for piece in resampler.resample(frame):
                container.mux(stream.encode(piece))
        for last in (*resampler.resample(None), None):
            container.mux(stream.encode(last))
    return output.getvalue()


def _av_frames(pcm: memoryview, rate: int, channels: int, sample_format: str) -> Iterator[av.AudioFrame]:
    import av

    frame_size = channels * SAMPLE_SIZES[sample_format]
    names = {"u8": "s16", "s16": "s16", "s24": "s32", "s32": "s32", "f32": "flt", "f64": "dbl"}
    for start in range(0, len(pcm), _FLAC_BLOCK * frame_size):
        block = pcm[start : start + _FLAC_BLOCK * frame_size]
        frame = av.AudioFrame(names[sample_format], _LAYOUTS[channels - 1], len(block) // frame_size)
        frame.planes[0].update(_widened(block, sample_format))
        frame.rate, frame.time_base, frame.pts = rate, Fraction(1, rate), start // frame_size
        yield frame


def _widened(block: memoryview, sample_format: str) -> bytes:
    """The block in the next format that FFmpeg has: u8 as s16, s24 as s32, each in the upper bytes."""
    if sample_format == "u8":
        wide = bytearray(2 * len(block))
        wide[1::2] = bytes(block).translate(_FLIP_TOP_BIT)
        return bytes(wide)
    if sample_format == "s24":
        wide = bytearray(len(block) // 3 * 4)
        for byte in range(3):
            wide[byte + 1 :: 4] = block[byte::3]
        return bytes(wide)
    return bytes(block)


def _check(data_size: int, sample_rate: int, channels: int, sample_format: str) -> int:
    """Size of a frame in bytes, once all four are known to go together."""
    if sample_format not in SAMPLE_SIZES:
        raise ValueError(f"sample format {sample_format!r} is unknown; use one of {', '.join(SAMPLE_SIZES)}")
    if not 1 <= channels <= MAX_CHANNELS:
        raise ValueError(f"{channels} channels are not possible; use 1 to {MAX_CHANNELS}")
    if not 1 <= sample_rate <= _MAX_RATE:
        raise ValueError(f"a sample rate of {sample_rate} Hz is not possible; use 1 to {_MAX_RATE:,} Hz")
    frame_size = channels * SAMPLE_SIZES[sample_format]
    if data_size <= 0 or data_size % frame_size:
        raise ValueError(
            f"{data_size:,} bytes are not a whole number of {frame_size}-byte frames "
            f"({channels} x {sample_format}), of which a recording has one or more; check format and channels"
        )
    return frame_size
