"""The content probe tells what audio a file holds, and never trips over a file that lies."""

from __future__ import annotations

import io
import itertools
import random
from functools import cache
from typing import TYPE_CHECKING

import audio_files
import pytest

from openrouter_stt_plugins._audio_probe import (
    ALIASES,
    KNOWN_FORMATS,
    AudioInfo,
    describe_non_audio,
    format_of_name,
    name_agrees,
    probe,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMATS = {"mp2": "mp3", "mov": "m4a"} | {
    kind: kind.split("-")[0] for kind in audio_files.RECIPES if kind.split("-")[0] in KNOWN_FORMATS
}
VARIANTS = ((8000, 1), (16000, 2), (44100, 1), (48000, 2))


def probed(data: bytes) -> AudioInfo | None:
    return probe(io.BytesIO(data), len(data))


@cache
def sample(kind: str, rate: int = 48000, channels: int = 2, duration: float = 0.5) -> bytes:
    return audio_files.make(kind, rate=rate, channels=channels, duration=duration)


def variants() -> Iterator[tuple[str, int, int]]:
    """Every kind of file at each rate and with the channels that its encoder takes."""
    for kind, (rate, channels) in itertools.product(FORMATS, VARIANTS):
        codec = audio_files.RECIPES[kind].codec
        impossible = {"libopus": rate == 44100, "vorbis": channels == 1, "mp2": rate == 8000}
        if not impossible.get(codec, False):
            yield kind, rate, channels


@pytest.mark.parametrize(("kind", "rate", "channels"), list(variants()))
def test_file_is_described_as_a_decoder_finds_it(kind: str, rate: int, channels: int) -> None:
    """Format and layout are exact; the duration is within the encoder's own delay of what is decoded."""
    data = sample(kind, rate, channels)
    decoded = audio_files.decode(data)
    info = probed(data)
    assert info is not None
    assert (info.format, info.sample_rate, info.channels) == (FORMATS[kind], decoded.rate, channels)
    if kind != "flac-live":
        delay = 1024 / rate if audio_files.RECIPES[kind].codec in ("vorbis", "aac") else 0
        assert info.duration == pytest.approx(decoded.samples / decoded.rate, abs=0.05 + delay)


@pytest.mark.parametrize(
    ("kind", "codec"),
    [
        ("wav", "pcm"),
        ("wav-24-bit", "pcm"),
        ("wav-float", "float"),
        ("wav-mulaw", "mulaw"),
        ("mp3", "mp3"),
        ("mp2", "mp2"),
        ("flac", "flac"),
        ("m4a", "aac"),
        ("m4a-alac", "alac"),
        ("m4a-opus", "opus"),
        ("mov", "pcm"),
        ("ogg-opus", "opus"),
        ("ogg-vorbis", "vorbis"),
        ("ogg-flac", "flac"),
        ("webm-opus", "opus"),
        ("webm-vorbis", "vorbis"),
        ("aac", "aac"),
        ("aiff", "pcm"),
        ("aiff-c", "ulaw"),
    ],
)
def test_codec_is_named(kind: str, codec: str) -> None:
    info = probed(sample(kind))
    assert info is not None
    assert info.codec == codec


def test_flac_that_was_streamed_has_no_duration() -> None:
    """Its encoder could not go back and write the number of samples."""
    assert probed(sample("flac-live")) == AudioInfo("flac", None, 48000, 2, "flac")


@pytest.mark.parametrize("kind", ["mp3-headerless", "aac"])
def test_long_stream_without_a_header_is_measured_by_samples_of_it(kind: str) -> None:
    one = sample(kind, 44100, 1, 2.0)
    info = probed(one * 40)
    assert info is not None
    assert info.duration == pytest.approx(80, rel=0.03)


def test_damage_in_a_long_stream_is_measured_around() -> None:
    """Samples that fall into the hole, an eighth of the file, are left out."""
    data = sample("mp3-headerless", 44100, 1, 2.0) * 40
    hole = len(data) // 8
    info = probed(data[: 3 * hole] + bytes(hole) + data[4 * hole :])
    assert info is not None
    assert info.duration == pytest.approx(80, rel=0.03)


def test_matroska_is_named_but_not_known() -> None:
    """The API has no name for it; only its WebM subset is known."""
    data = sample("matroska")
    assert probed(data) is None
    assert describe_non_audio(data[:1024]) == "Matroska (MKV or MKA), of which only WebM is known"


@pytest.mark.parametrize("kind", FORMATS)
def test_truncated_file_keeps_its_format_or_is_unknown(kind: str) -> None:
    data = sample(kind)
    for part in range(20):
        info = probed(data[: len(data) * part // 20])
        assert info is None or name_agrees(f"x.{FORMATS[kind]}", info.format)


@pytest.mark.parametrize("kind", ["mp3", "mp3-headerless", "mp2", "aac"])
@pytest.mark.parametrize("garbage", [1, 300, 10_000])
def test_stream_is_found_behind_garbage(kind: str, garbage: int) -> None:
    """A recording cut out of a broadcast begins in the middle of a frame."""
    info = probed(random.Random(garbage).randbytes(garbage) + sample(kind))
    assert info is not None
    assert info.format == FORMATS[kind]
    assert info.duration == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("kind", ["wav", "flac", "ogg-opus", "webm-opus", "m4a", "aiff"])
def test_container_behind_garbage_is_unknown(kind: str) -> None:
    assert probed(b"\xc3\x28garbage" + sample(kind)) is None


@pytest.mark.parametrize("kind", ["flac", "aac", "mp3-headerless"])
@pytest.mark.parametrize("flags", [0, 0x10])
def test_id3_tags_in_front_are_skipped(kind: str, flags: int) -> None:
    """Two tags, the first of 200 bytes (a size of seven bits a byte), with a footer or without."""
    tag = b"ID3\4\0" + bytes((flags, 0, 0, 1, 72)) + bytes(210 if flags else 200)
    data = sample(kind)
    assert probed(tag + b"ID3\3\0\0\0\0\0\5" + bytes(5) + data) == probed(data)


def test_id3v1_tag_is_not_measured() -> None:
    data = sample("mp3-headerless")
    assert probed(data + b"TAG" + bytes(125)) == probed(data)


def test_noise_is_never_audio() -> None:
    """Two thousand blobs, from one byte to 20,000."""
    rng = random.Random(20260)
    for _ in range(2000):
        assert probed(rng.randbytes(rng.randrange(1, 2 ** rng.randrange(1, 15)))) is None


@pytest.mark.parametrize("kind", ["wav", "wav-24-bit", "wav-float"])
def test_pcm_without_a_header_is_never_audio(kind: str) -> None:
    data = sample(kind, 16000, 1, 2.0)
    assert not any(probed(data[start:]) for start in range(100, len(data) // 2, 501))


@pytest.mark.parametrize("kind", audio_files.RECIPES)
def test_mutated_file_never_raises(kind: str) -> None:
    """Bytes are changed where the headers are, at both ends, and pieces are cut out."""
    rng = random.Random(kind)
    original = sample(kind)
    for _ in range(60):
        data = bytearray(original)
        for _ in range(rng.randrange(1, 30)):
            near_end = rng.random() < 0.3
            at = rng.randrange(min(len(data), 1200))
            data[-at if near_end else at] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
        cut = rng.randrange(len(data))
        probed(bytes(data))
        probed(bytes(data[:cut] + data[cut + rng.randrange(200) :]))


class Counted(io.BytesIO):
    """A file that counts the bytes it is asked for."""

    asked = 0

    def read(self, size: int | None = -1, /) -> bytes:
        assert size
        assert size > 0
        self.asked += size
        return super().read(size)


def box(kind: bytes, content: bytes = b"") -> bytes:
    return (8 + len(content)).to_bytes(4, "big") + kind + content


@pytest.mark.parametrize(
    "hostile",
    [
        b"RIFF\0\0\0\0WAVE" + b"junk\0\0\0\0" * 400_000,
        b"FORM\0\0\0\0AIFF" + b"junk\0\0\0\0" * 400_000,
        b"ID3\4\0\0\0\0\0\0" * 400_000,
        b"\xff\xfb\x90\0" * 1_000_000,
        (b"OggS\0\2" + bytes(20) + b"\0") * 150_000,
        b"OggS\0" * 800_000,
        box(b"ftyp") + box(b"free") * 400_000,
        box(b"ftyp") + box(b"moov", box(b"trak") * 400_000),
        box(b"ftyp") + box(b"moov", box(b"trak", box(b"mdia", box(b"free") * 9)) * 40_000),
        b"\x1a\x45\xdf\xa3\x87\x42\x82\x84webm\x18\x53\x80\x67\xff" + b"\xec\x80" * 2_000_000,
        b"\x1a\x45\xdf\xa3\x01\xff\xff\xff\xff\xff\xff\xff" * 300_000,
    ],
    ids=["wav", "aiff", "id3", "mp3", "ogg", "ogg-tail", "boxes", "traks", "nested", "void", "unknown-sizes"],
)
def test_hostile_file_is_read_within_the_budget(hostile: bytes) -> None:
    file = Counted(hostile)
    probe(file, len(hostile))
    assert file.asked <= 1 << 20


def test_file_that_shrank_is_described_as_far_as_it_goes() -> None:
    data = sample("m4a")
    assert probe(io.BytesIO(data[:40]), len(data)) == AudioInfo("m4a")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("talk.mp3", "mp3"),
        ("TALK.WAV", "wav"),
        ("a.b/take.2.flac", "flac"),
        ("voice.opus", "ogg"),
        ("voice.oga", "ogg"),
        ("book.m4b", "m4a"),
        ("clip.mp4", "mp4"),
        ("note.3gp", "mp4"),
        ("rec.weba", "webm"),
        ("x.aifc", "aiff"),
        ("x.mpga", "mp3"),
        ("notes.txt", None),
        ("mp3", None),
        (".mp3", None),
        ("", None),
    ],
)
def test_format_of_name(name: str, expected: str | None) -> None:
    assert format_of_name(name) == expected


def test_aliases_stand_for_known_formats() -> None:
    assert set(ALIASES.values()) <= set(KNOWN_FORMATS)
    assert not set(ALIASES) & set(KNOWN_FORMATS)


@pytest.mark.parametrize(
    ("name", "found", "agrees"),
    [
        ("a.mp3", "mp3", True),
        ("a.mp3", "wav", False),
        ("a.mp4", "m4a", True),
        ("a.m4a", "mp4", True),
        ("a.mp4", "webm", False),
        ("recording", "wav", True),
    ],
)
def test_name_agrees(name: str, found: str, agrees: bool) -> None:
    assert name_agrees(name, found) is agrees


@pytest.mark.parametrize(
    ("head", "description"),
    [
        (b"", "an empty file"),
        (bytes(64), "nothing but zero bytes"),
        (b"\n<!DOCTYPE html><html>", "an HTML page"),
        (b'<?xml version="1.0"?>\n<html xmlns="">', "an HTML page"),
        (b'<?xml version="1.0"?><Error><Code>AccessDenied', "an XML document"),
        (b"<svg width='1'>", "an XML document"),
        (b'{"error": {"code": 404}}', "JSON"),
        (b"[1, 2]", "JSON"),
        (b"[Verse 1] la la", "text"),
        ("\ufeffGrüße, Jürgen".encode(), "text"),
        ("é".encode() * 9 + b"\xc3", "text"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "a Git LFS pointer, not the file it stands for"),
        (b"#EXTM3U\nhttp://", "a playlist, which only names audio"),
        (b"data:audio/wav;base64,UklGR", "a data: URL"),
        (b"%PDF-1.7", "a PDF document"),
        (b"\x89PNG\r\n\x1a\n", "a PNG image"),
        (b"\xff\xd8\xff\xe0", "a JPEG image"),
        (b"PK\3\4", "a ZIP archive or an office document"),
        (b"RIFF\0\0\0\0AVI LIST", "an AVI video"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "a WebP image"),
        (b"RIFF\0\0\0\0????", None),
        (b"\0\0\0\x1cftypheic", "a HEIF or AVIF image"),
        (b"\0\0\0\x1cfttyisom", None),
        (b"\x93NUMPY\1\0", "a NumPy array file"),
        (b"#!AMR\n", "AMR audio"),
        ((b"G" + bytes(187)) * 3, "an MPEG transport stream"),
        (b"\x80\x81\x82", None),
        (b"abc\0\1\2", None),
    ],
)
def test_non_audio_is_named(head: bytes, description: str | None) -> None:
    assert describe_non_audio(head) == description
    assert probed(head) is None


def test_archive_with_mp3_frames_near_its_start_is_not_audio() -> None:
    """A ZIP archive may store an MP3 file as it is."""
    assert probed(b"PK\3\4" + bytes(50) + sample("mp3-headerless")) is None
