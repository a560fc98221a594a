"""numpy arrays become raw samples that are the same numbers."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from openrouter_stt import PCM, Audio, AudioError

NOISE = np.random.default_rng(5).integers(-(2**31), 2**31, size=(500, 2), dtype=np.int32)
FLOATS = NOISE / 2**31


@pytest.mark.parametrize(
    ("dtype", "sample_format", "written"),
    [
        ("float32", "f32", "<f4"),
        ("float64", "f32", "<f4"),
        (">f4", "f32", "<f4"),
        ("int16", "s16", "<i2"),
        (">i2", "s16", "<i2"),
        ("int32", "s32", "<i4"),
        ("uint8", "u8", "<u1"),
    ],
)
def test_array_keeps_its_samples(dtype: str, sample_format: Any, written: str) -> None:
    """Every dtype is written little-endian, float64 as float32."""
    array = FLOATS.astype(dtype) if "f" in dtype else (NOISE >> 24).astype(dtype)
    audio = Audio.from_array(array, sample_rate=16_000)
    assert audio.pcm == PCM(16_000, 2, sample_format)
    np.testing.assert_array_equal(np.frombuffer(audio.read(), written), array.astype(written).reshape(-1))


def test_one_dimension_is_one_channel() -> None:
    audio = Audio.from_array(np.zeros(7, np.int16), sample_rate=8_000)
    assert (audio.pcm, audio.size) == (PCM(8_000, 1, "s16"), 14)


@pytest.mark.parametrize("shape", [(4000,), (4000, 2)])
def test_array_tells_its_duration(shape: tuple[int, ...]) -> None:
    """In seconds, and exactly, however many channels there are."""
    assert Audio.from_array(np.zeros(shape, np.float32), sample_rate=8_000).duration == 0.5


def test_strided_array_is_written_in_its_logical_order() -> None:
    """Slices and transposes are views over memory in another order."""
    array = np.arange(20, dtype=np.int16).reshape(2, 10).T[::2]
    written = Audio.from_array(array, sample_rate=8_000).read()
    assert np.frombuffer(written, "<i2").tolist() == [0, 10, 2, 12, 4, 14, 6, 16, 8, 18]


def test_overshoot_of_a_resampler_is_kept() -> None:
    """Peaks a little above full scale are no mistake of scale."""
    array = np.array([0.5, -1.003], np.float32)
    assert np.frombuffer(Audio.from_array(array, sample_rate=8_000).read(), "<f4").tolist() == array.tolist()


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((2, 16000), np.float32), "has 16000 channels; if they come first, pass array.T"),
        (np.zeros((16000, 9), np.float32), "has 9 channels"),
        (np.zeros((0,), np.float32), "shape (0,) is no recording"),
        (np.zeros((5, 5, 2), np.float32), "shape (5, 5, 2) is no recording"),
        (np.zeros((), np.float32), "shape () is no recording"),
        ([0.0], "arrays of <class 'list'> are not supported; convert to one of uint8, int16, int32, float32, float64"),
        (np.zeros(9, np.int64), "arrays of int64 are not supported; convert to one of"),
        (np.zeros(9, np.complex64), "arrays of complex64 are not supported"),
        (np.array([0.1, np.nan]), "must be finite and between -1 and 1"),
        (np.array([0.1, -np.inf]), "must be finite and between -1 and 1"),
        (np.array([0.0, 32767.0]), "divide by the full scale first"),
    ],
)
def test_array_that_is_no_audio_is_refused(array: Any, message: str) -> None:
    with pytest.raises(AudioError, match=re.escape(message)):
        Audio.from_array(array, sample_rate=16_000)


@pytest.mark.parametrize("rate", [16_000.0, "16000", 0, True])
def test_sample_rate_of_an_array_is_a_whole_number(rate: Any) -> None:
    with pytest.raises(AudioError, match=f"sample_rate must be a whole number from 1, not {rate!r}"):
        Audio.from_array(np.zeros(9, np.int16), sample_rate=rate)
