"""Raw samples and arrays arrive as WAV files of the same numbers."""

from __future__ import annotations

import io
import struct
import wave
from typing import Any

import numpy as np
import pytest

from openrouter_stt import Audio, AudioError
from tests.support.server import Server
from tests.support.sounds import WAV
from tests.support.worlds import Driver

ARRAYS = {
    "uint8": (np.array([0, 128, 255], np.uint8), 8, 1),
    "int16": (np.array([-32768, 0, 32767], np.int16), 16, 1),
    "int16, big-endian": (np.array([-32768, 0, 32767], ">i2"), 16, 1),
    "int32": (np.array([-(2**31), 0, 2**31 - 1], np.int32), 32, 1),
    "stereo": (np.array([[1, -1], [2, -2], [3, -3]], np.int16), 16, 2),
    "stereo, Fortran order": (np.asfortranarray(np.array([[1, -1], [2, -2], [3, -3]], np.int16)), 16, 2),
    "every other frame": (np.arange(10, dtype=np.int16)[::2], 16, 1),
}


@pytest.mark.parametrize(("samples", "bits", "channels"), ARRAYS.values(), ids=ARRAYS.keys())
def test_arrays_of_integers_arrive_as_wav(
    server: Server, client: Driver, samples: Any, bits: int, channels: int
) -> None:
    """The samples are interleaved and little-endian."""
    client.transcribe(Audio.from_array(samples, sample_rate=8000))
    with wave.open(io.BytesIO(server.last.audio)) as file:
        assert file.getparams()[:4] == (channels, bits // 8, 8000, len(samples))
        assert file.readframes(-1) == samples.astype(samples.dtype.newbyteorder("<")).tobytes("C")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_arrays_of_floats_arrive_as_wav(server: Server, client: Driver, dtype: Any) -> None:
    """They are IEEE samples (tag 3) of 32 bits."""
    samples = np.array([-1, -0.5, 0, 1], dtype)
    client.transcribe(Audio.from_array(samples, sample_rate=16_000))
    tag, _, rate, *_, bits = struct.unpack("<HHIIHH", server.last.audio[20:36])
    assert (tag, rate, bits) == (3, 16_000, 32)
    assert server.last.audio.endswith(b"data" + struct.pack("<I", 16) + samples.astype("<f4").tobytes())


@pytest.mark.parametrize(("sample_format", "width"), [("u8", 1), ("s16", 2), ("s24", 3), ("s32", 4)])
def test_raw_samples_get_a_header(server: Server, client: Driver, sample_format: Any, width: int) -> None:
    samples = bytes(range(24))
    audio = Audio.from_pcm(samples, sample_rate=44_100, channels=2, sample_format=sample_format)
    client.transcribe(audio)
    with wave.open(io.BytesIO(server.last.audio)) as file:
        assert file.getparams()[:4] == (2, width, 44_100, 24 // width // 2)
        assert file.readframes(-1) == samples


def test_raw_samples_can_be_sent_as_flac(server: Server, client: Driver) -> None:
    """FLAC loses nothing, so that the format may be asked for."""
    client.transcribe(Audio.from_pcm(WAV[44:], sample_rate=16_000), format="flac")
    assert (server.last.format, server.last.audio[:4]) == ("flac", b"fLaC")


@pytest.mark.parametrize(
    ("channels", "sample_format", "seconds"), [(1, "s16", 3.0), (2, "s16", 1.5), (1, "u8", 6.0), (2, "f32", 0.75)]
)
def test_raw_samples_tell_their_duration(channels: int, sample_format: Any, seconds: float) -> None:
    """It is their number of frames over the sample rate, exactly."""
    audio = Audio.from_pcm(bytes(48_000), sample_rate=8000, channels=channels, sample_format=sample_format)
    assert audio.duration == seconds


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sample_rate": 0}, "sample_rate must be a whole number from 1, not 0"),
        ({"sample_rate": 16_000.0}, r"sample_rate must be a whole number from 1, not 16000\.0"),
        ({"sample_rate": "16000"}, "sample_rate must be a whole number from 1, not '16000'"),
        ({"sample_rate": 16_000, "channels": 0}, "channels must be a whole number from 1, not 0"),
        ({"sample_rate": 16_000, "channels": 2.0}, r"channels must be a whole number from 1, not 2\.0"),
        ({"sample_rate": 16_000, "channels": 3}, "no whole number of 6-byte frames"),
        ({"sample_rate": 16_000, "sample_format": "s8"}, "one of u8, s16"),
    ],
)
def test_raw_samples_must_fit_their_layout(options: Any, message: str) -> None:
    with pytest.raises(AudioError, match=message):
        Audio.from_pcm(bytes(16), **options)
