"""Samples written as WAV and FLAC are the samples a decoder reads back."""

from __future__ import annotations

import io
import re
import struct

import numpy as np
import pytest
import soundfile

from openrouter_stt import PCM, Audio
from openrouter_stt_plugins._pcm import SAMPLE_SIZES, pcm_to_flac, wav_header, wav_of

RATE = 16000
NOISE = np.random.default_rng(5).integers(-(2**31), 2**31, size=(500, 2), dtype=np.int32)
FLOATS = NOISE / 2**31


def pcm_of(sample_format: str) -> bytes:
    """The noise as stereo PCM: its upper bytes, or itself as floating-point numbers."""
    if sample_format[0] == "f":
        return FLOATS.astype("<f4" if sample_format == "f32" else "<f8").tobytes()
    size = SAMPLE_SIZES[sample_format]
    upper = NOISE.astype("<i4").view(np.uint8).reshape(-1, 4)[:, 4 - size :].copy()
    return (upper ^ 0x80 if size == 1 else upper).tobytes()


def kept(bits: int) -> np.ndarray:
    """The noise with all but its upper bits cleared, as soundfile reads it into int32."""
    return NOISE >> (32 - bits) << (32 - bits)


@pytest.mark.parametrize(("sample_format", "bits"), [("u8", 8), ("s16", 16), ("s24", 24), ("s32", 32)])
def test_wav_of_integers_decodes_to_the_same_samples(sample_format: str, bits: int) -> None:
    pcm = pcm_of(sample_format)
    header = wav_header(data_size=len(pcm), sample_rate=RATE, channels=2, sample_format=sample_format)
    decoded, rate = soundfile.read(io.BytesIO(header + pcm), dtype="int32")
    assert rate == RATE
    np.testing.assert_array_equal(decoded, kept(bits))


@pytest.mark.parametrize(("sample_format", "dtype"), [("f32", np.float32), ("f64", np.float64)])
def test_wav_of_floats_decodes_to_the_same_samples(sample_format: str, dtype: type[np.floating]) -> None:
    pcm = pcm_of(sample_format)
    header = wav_header(data_size=len(pcm), sample_rate=RATE, channels=2, sample_format=sample_format)
    decoded, _ = soundfile.read(io.BytesIO(header + pcm), dtype="float64")
    np.testing.assert_array_equal(decoded, FLOATS.astype(dtype))


def test_float_wav_states_its_number_of_frames_in_a_fact_chunk() -> None:
    """RIFF asks for a fact chunk in every WAV file that is not integer PCM."""
    header = wav_header(data_size=800, sample_rate=RATE, channels=2, sample_format="f32")
    at = header.index(b"fact")
    assert struct.unpack_from("<4sII", header, at) == (b"fact", 4, 100)
    assert len(header) == 58


def test_odd_data_counts_its_pad_byte_in_the_file_but_not_in_the_data() -> None:
    header = wav_header(data_size=3, sample_rate=RATE, channels=1, sample_format="s24")
    assert int.from_bytes(header[4:8], "little") == len(header) - 8 + 3 + 1
    assert int.from_bytes(header[-4:], "little") == 3


def test_odd_data_is_followed_by_its_pad_byte() -> None:
    """RIFF chunks begin at even offsets; the pad byte is no sample."""
    audio = Audio.from_pcm(b"\x01\x02\x03", sample_rate=RATE, sample_format="s24")
    wav = wav_of(audio, PCM(RATE, 1, "s24")).read()
    assert wav.endswith(b"\x01\x02\x03\x00")
    assert len(wav) == int.from_bytes(wav[4:8], "little") + 8


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"sample_format": "s8"}, "sample format 's8' is unknown; use one of u8, s16, s24"),
        ({"channels": 0}, "0 channels are not possible; use 1 to 8"),
        ({"channels": 9}, "9 channels"),
        ({"sample_rate": 0}, "sample rate of 0 Hz"),
        ({"sample_rate": 2**32}, "sample rate of 4294967296 Hz"),
        ({"data_size": 0}, "0 bytes are not a whole number of 4-byte frames"),
        ({"data_size": 7}, "7 bytes are not a whole number of 4-byte frames (2 x s16)"),
        ({"data_size": 2**32 - 4}, "4,294,967,292 bytes of PCM do not fit a WAV file"),
    ],
)
def test_wav_header_refuses_what_is_no_recording(wrong: dict[str, object], message: str) -> None:
    right = {"data_size": 400, "sample_rate": RATE, "channels": 2, "sample_format": "s16"}
    with pytest.raises(ValueError, match=re.escape(message)):
        wav_header(**(right | wrong))  # type: ignore[arg-type]


def test_largest_wav_is_accepted() -> None:
    header = wav_header(data_size=2**32 - 40, sample_rate=RATE, channels=1, sample_format="s16")
    assert int.from_bytes(header[4:8], "little") == 2**32 - 4


@pytest.mark.parametrize(
    ("sample_format", "bits"), [("u8", 8), ("s16", 16), ("s24", 24), ("s32", 24), ("f32", 24), ("f64", 24)]
)
def test_flac_decodes_to_the_same_samples(sample_format: str, bits: int) -> None:
    """FLAC keeps 24 bits of every sample; float32 has rounded the last of them already."""
    flac = pcm_to_flac(pcm_of(sample_format), sample_rate=RATE, channels=2, sample_format=sample_format)
    decoded, rate = soundfile.read(io.BytesIO(flac), dtype="int32")
    assert rate == RATE
    one_step = 2**8 if sample_format == "f32" else 0
    assert np.abs(decoded.astype(np.int64) - kept(bits)).max() <= one_step


@pytest.mark.parametrize("channels", range(1, 9))
def test_flac_keeps_every_channel_in_its_place(channels: int) -> None:
    array = np.tile(np.arange(channels, dtype=np.int16) * 100, (3000, 1))
    flac = pcm_to_flac(array.tobytes(), sample_rate=48000, channels=channels, sample_format="s16")
    decoded, _ = soundfile.read(io.BytesIO(flac), dtype="int16", always_2d=True)
    np.testing.assert_array_equal(decoded, array)


def test_flac_of_more_than_one_block_is_seamless() -> None:
    array = np.arange(200_000, dtype=np.int16)
    flac = pcm_to_flac(array.tobytes(), sample_rate=RATE, channels=1, sample_format="s16")
    decoded, _ = soundfile.read(io.BytesIO(flac), dtype="int16")
    np.testing.assert_array_equal(decoded, array)


def test_flac_refuses_what_is_no_recording() -> None:
    with pytest.raises(ValueError, match="3 bytes are not a whole number of 2-byte frames"):
        pcm_to_flac(b"abc", sample_rate=RATE, channels=1, sample_format="s16")
