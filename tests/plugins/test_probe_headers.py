"""The content probe on headers that FFmpeg does not write, built here byte by byte."""

from __future__ import annotations

import io
import struct

import audio_files
import pytest

from openrouter_stt_plugins._audio_probe import AudioInfo, probe

FMT = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16)


def probed(data: bytes) -> AudioInfo | None:
    return probe(io.BytesIO(data), len(data))


def riff(*chunks: bytes) -> bytes:
    return b"RIFF\0\0\0\0WAVE" + b"".join(chunks)


def page(serial: int, position: int, packet: bytes, *, first: bool = False) -> bytes:
    """One Ogg page with one packet."""
    return struct.pack("<4sxBqIIIBB", b"OggS", 2 * first, position, serial, 0, 0, 1, len(packet)) + packet


def box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def track(handler: bytes, entry: bytes, *, number: int = 1, played: int = 0, times: str = "I") -> bytes:
    """A track of one sample description; `times` "Q" makes its headers those of version 1."""
    version = struct.pack(">I", (times == "Q") << 24)
    stamps = struct.pack(f">2{times}", 0, 0)
    return box(
        b"trak",
        box(b"tkhd", version, stamps, struct.pack(f">II{times}", number, 0, played)),
        box(
            b"mdia",
            box(b"mdhd", version, stamps, struct.pack(f">I{times}", 8000, 0)),
            box(b"hdlr", bytes(8), handler),
            box(b"minf", box(b"stbl", box(b"stsd", bytes(8), entry))),
        ),
    )


def sound(codec: bytes = b"mp4a", *, version: int = 0, rate: int = 8000, more: bytes = bytes(16)) -> bytes:
    """An audio sample entry of one channel."""
    return box(codec, bytes(8), struct.pack(">H6xHH4xI", version, 1, 16, rate << 16), more)


def movie(*content: bytes) -> bytes:
    return box(b"moov", box(b"mvhd", struct.pack(">5I", 0, 0, 0, 1000, 0)), *content)


def fragment(start: int, *, number: int = 1, samples: int = 10) -> bytes:
    """A fragment whose samples have the index's default duration."""
    header = box(b"tfhd", struct.pack(">II", 0, number))
    time = box(b"tfdt", struct.pack(">II", 0, start))
    return box(b"moof", box(b"traf", header, time, box(b"trun", struct.pack(">II", 0, samples)))) + box(b"mdat")


def element(identifier: str, *content: bytes) -> bytes:
    """An EBML element of less than 127 bytes."""
    body = b"".join(content)
    return bytes.fromhex(identifier) + bytes((0x80 | len(body),)) + body


FTYP = box(b"ftyp", b"isom", bytes(4))
EXTENDS = box(b"mvex", box(b"trex", struct.pack(">4I", 0, 2, 1, 99)), box(b"trex", struct.pack(">4I", 0, 1, 1, 80)))
OPUS_HEAD = b"OpusHead\1\1" + struct.pack("<HIhB", 480, 16000, 0, 0)
WEBM = element("1a45dfa3", element("4282", b"webm"))
SEGMENT = bytes.fromhex("1853806701ffffffffffffff")


@pytest.mark.parametrize(
    ("data", "duration"),
    [
        (riff(FMT, b"data", struct.pack("<I", 16000), bytes(16000)), 1.0),
        (riff(FMT, b"LIST\1\0\0\0x\0data", struct.pack("<I", 16000), bytes(16000)), 1.0),
        (riff(FMT, b"data\0\0\0\0", bytes(8000)), 0.5),
        (riff(FMT, b"data\xff\xff\xff\xff", bytes(8000)), 0.5),
        (riff(FMT, b"data", struct.pack("<I", 16000), bytes(4000)), 0.25),
        (riff(FMT, b"data\0\0\0\0"), 0.0),
        (riff(FMT), None),
    ],
    ids=["plain", "odd chunk before", "size zero", "size unknown", "truncated", "empty", "no data"],
)
def test_wav_duration_is_that_of_the_data_there_is(data: bytes, duration: float | None) -> None:
    assert probed(data) == AudioInfo("wav", duration, 8000, 1, "pcm")


def test_wav_without_a_layout_is_wav_all_the_same() -> None:
    assert probed(riff(b"data\4\0\0\0abcd")) == AudioInfo("wav")


def test_wav_of_an_unlisted_codec_is_named_by_its_tag() -> None:
    layout = struct.pack("<IHHIIHH", 16, 0x161, 2, 44100, 4000, 1, 0)
    info = probed(riff(b"fmt ", layout, b"data", struct.pack("<I", 8000), bytes(8000)))
    assert info == AudioInfo("wav", 2.0, 44100, 2, "wav-0x0161")


def test_aiff_with_an_impossible_rate_has_no_duration() -> None:
    common = struct.pack(">IhIh", 18, 1, 8000, 16) + b"\x7f\xff" + bytes(8)
    assert probed(b"FORM\0\0\0\0AIFFCOMM" + common) == AudioInfo("aiff", None, None, 1, "pcm")


def test_flac_cut_off_in_its_first_block_is_flac_all_the_same() -> None:
    assert probed(b"fLaC\x80\0\0\x22" + bytes(20)) == AudioInfo("flac", codec="flac")


def mp3_with(header: bytes) -> bytes:
    """Frames of which the first, of one channel at 48 kHz, holds an encoder's header."""
    data = bytearray(audio_files.make("mp3-headerless", rate=48000, duration=0.25))
    data[4 : 4 + len(header)] = header
    return bytes(data)


@pytest.mark.parametrize(
    ("header", "duration"),
    [
        (bytes(32) + b"VBRI" + bytes(10) + struct.pack(">I", 1000), 24.0),
        (bytes(17) + b"Xing" + struct.pack(">II", 1, 1000) + bytes(60), 24.0),
        (
            bytes(17) + b"Info" + struct.pack(">II", 1, 1000) + bytes(21) + b"\x24\x04\x80",
            24 - (576 + 1152) / 48000,
        ),
    ],
    ids=["VBRI", "Xing", "LAME"],
)
def test_mp3_duration_is_what_its_encoder_tells(header: bytes, duration: float) -> None:
    info = probed(mp3_with(header))
    assert info is not None
    assert info.duration == pytest.approx(duration)


@pytest.mark.parametrize("header", [b"Xing\0\0\0\0", b"Xing\0\0\0\1\0\0\0\0", b"VBRI"])
def test_mp3_whose_header_has_no_count_is_measured(header: bytes) -> None:
    info = probed(mp3_with(bytes(32 if header == b"VBRI" else 17) + header + bytes(40)))
    assert info is not None
    assert info.duration == pytest.approx(0.25, abs=0.08)


def test_one_frame_is_enough_if_the_file_ends_with_it() -> None:
    data = audio_files.make("mp3-headerless", rate=48000, duration=0.25)
    length = data.index(data[:3], 1)
    assert probed(data[: length - 1]) is None
    assert probed(data[:length]) == AudioInfo("mp3", 0.024, 48000, 1, "mp3")


def test_three_frames_of_different_kinds_are_noise() -> None:
    """Each header begins where the frame before ends, but the sample rate changes."""
    frames = (b"\xff\xfb\x90\0" + bytes(413), b"\xff\xfb\x94\0" + bytes(380), b"\xff\xfb\x98\0" + bytes(572))
    assert probed(b"".join(frames) + b"more") is None


def test_ogg_opus_counts_at_48_khz_without_the_skipped_start() -> None:
    data = page(7, 0, OPUS_HEAD, first=True) + page(7, 48480, b"x") + page(7, -1, b"y")
    assert probed(data) == AudioInfo("ogg", 1.0, 48000, 1, "opus")


def test_ogg_speex_is_described() -> None:
    head = b"Speex   " + bytes(28) + struct.pack("<4I", 16000, 1, 4, 1)
    assert probed(page(7, 0, head, first=True) + page(7, 32000, b"x")) == AudioInfo("ogg", 2.0, 16000, 1, "speex")


def test_ogg_sound_is_found_next_to_another_stream() -> None:
    """A video's or subtitles' pages may come first and last."""
    first = page(3, 0, b"\x80theora", first=True) + page(7, 0, OPUS_HEAD, first=True)
    info = probed(first + page(7, 48480, b"x") + page(3, 99, b"x") + b"OggS\0")
    assert info == AudioInfo("ogg", 1.0, 48000, 1, "opus")


def test_ogg_chain_has_no_duration() -> None:
    """A radio station's recording is one stream after another, each with positions of its own."""
    chain = page(7, 0, OPUS_HEAD, first=True) + page(7, 48480, b"x") + page(8, 480, b"x")
    assert probed(chain) == AudioInfo("ogg", None, 48000, 1, "opus")


@pytest.mark.parametrize("more", [b"", page(7, -1, b"x")])
def test_ogg_without_a_position_has_no_duration(more: bytes) -> None:
    assert probed(page(7, -1, OPUS_HEAD, first=True) + more) == AudioInfo("ogg", None, 48000, 1, "opus")


def test_ogg_without_sound_is_ogg_all_the_same() -> None:
    assert probed(page(3, 0, b"\x80theora", first=True)) == AudioInfo("ogg")


@pytest.mark.parametrize("times", ["I", "Q"])
def test_mp4_duration_is_that_of_the_sound_as_played(times: str) -> None:
    """In thousandths of a second here, in fields of 32 bits or of 64."""
    data = FTYP + movie(track(b"soun", sound(), played=2500, times=times))
    assert probed(data) == AudioInfo("m4a", 2.5, 8000, 1, "aac")


def test_mp4_of_unknown_duration_has_none() -> None:
    data = FTYP + movie(track(b"soun", sound(), played=0xFFFFFFFF))
    assert probed(data) == AudioInfo("m4a", None, 8000, 1, "aac")


@pytest.mark.parametrize(("entry", "expected"), [(box(b"jpeg", bytes(60)), "m4a"), (box(b"avc1", bytes(60)), "mp4")])
def test_cover_picture_does_not_make_a_video(entry: bytes, expected: str) -> None:
    info = probed(FTYP + movie(track(b"vide", entry), track(b"soun", sound()), track(b"soun", sound(b"alac"))))
    assert info == AudioInfo(expected, None, 8000, 1, "aac")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (FTYP, AudioInfo("mp4")),
        (box(b"ftyp", b"M4A ", bytes(4)) + box(b"mdat"), AudioInfo("m4a")),
        (box(b"ftyp", b"heic", bytes(4)) + box(b"mdat"), None),
        (box(b"mdat", bytes(99)), None),
        (FTYP + movie(track(b"vide", box(b"avc1", bytes(60)))), AudioInfo("mp4")),
        (FTYP + movie(track(b"text", box(b"tx3g", bytes(60)))), None),
        (FTYP + movie(track(b"soun", box(b"mp4a"))), None),
        (FTYP + box(b"moov", box(b"trak")), None),
        (FTYP + box(b"moov", struct.pack(">I4s", 4, b"trak")), None),
        (box(b"wide") + movie(track(b"soun", sound())), AudioInfo("m4a", None, 8000, 1, "aac")),
    ],
    ids=[
        "no index",
        "no index M4A",
        "image",
        "no ftyp",
        "silent",
        "text",
        "cut entry",
        "bare",
        "bad size",
        "wide",
    ],
)
def test_mp4_without_sound_is_told_apart(data: bytes, expected: AudioInfo | None) -> None:
    assert probed(data) == expected


@pytest.mark.parametrize(("rate", "expected"), [(96000.0, 96000), (float("nan"), 8000)])
def test_quicktime_second_sound_description_is_read(rate: float, expected: int) -> None:
    """It has its rate as a number of 64 bits, and its channels behind that."""
    entry = sound(b"lpcm", version=2, more=struct.pack(">IdI", 72, rate, 6))
    assert probed(FTYP + movie(track(b"soun", entry))) == AudioInfo("m4a", None, expected, 6, "lpcm")


def test_box_sizes_of_64_bits_and_to_the_end_are_followed() -> None:
    index = movie(track(b"soun", sound(), played=1000))[8:]
    data = FTYP + struct.pack(">I4sQ", 1, b"mdat", 20) + bytes(4) + struct.pack(">I4s", 0, b"moov") + index
    assert probed(data) == AudioInfo("m4a", 1.0, 8000, 1, "aac")


@pytest.mark.parametrize(
    ("played", "fragments", "duration"),
    [
        (0, (fragment(0), fragment(800)), 0.2),
        (0, (fragment(80_000), fragment(80_800), fragment(0, number=2)), 0.2),
        (50, (fragment(400),), 0.15),
        (50, (box(b"moof", box(b"traf")),), 0.05),
        (0, (fragment(800), fragment(0)), None),
    ],
    ids=["from zero", "from a broadcast", "after the index's own", "none of the track", "backwards"],
)
def test_fragments_tell_the_duration(played: int, fragments: tuple[bytes, ...], duration: float | None) -> None:
    """Ten samples of 80 units each, at 8000 units a second."""
    data = FTYP + movie(track(b"soun", sound(), played=played), EXTENDS) + b"".join(fragments)
    assert probed(data) == AudioInfo("m4a", duration, 8000, 1, "aac")


def test_fragments_of_a_track_without_defaults_have_no_duration() -> None:
    data = FTYP + movie(track(b"soun", sound(), number=9), EXTENDS) + fragment(0, number=9)
    assert probed(data) == AudioInfo("m4a", None, 8000, 1, "aac")


def test_too_many_fragments_leave_the_rest_known() -> None:
    data = FTYP + movie(track(b"soun", sound()), EXTENDS) + fragment(0) * 5000
    assert probed(data) == AudioInfo("m4a", None, 8000, 1, "aac")


def webm_track(kind: int = 2) -> bytes:
    return element(
        "1654ae6b", element("ae", element("d7", b"\1"), element("83", bytes((kind,))), element("86", b"A_X"))
    )


def test_live_webm_ends_with_its_last_block() -> None:
    """Blocks alone and in a group, one of another track, at 100 ms and then every 20 ms."""
    blocks = (
        element("a3", b"\x81\0\x64\0"),
        element("a0", element("a1", b"\x81\0\x78\0")),
        element("a3", b"\x82\7\0\0"),
    )
    cluster = bytes.fromhex("1f43b675ff") + element("e7", b"\x03\xe8") + b"".join(blocks)
    assert probed(WEBM + SEGMENT + webm_track() + cluster) == AudioInfo("webm", 1.14, 8000, 1, "x")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", AudioInfo("webm")),
        (SEGMENT + webm_track(kind=1), AudioInfo("webm")),
        (SEGMENT + webm_track(), AudioInfo("webm", None, 8000, 1, "x")),
        (SEGMENT + webm_track() + bytes.fromhex("1f43b675"), AudioInfo("webm", None, 8000, 1, "x")),
        (SEGMENT + webm_track() + element("1f43b675", element("a3", b"\x81\0\x64\0")), None),
        (SEGMENT + element("1549a966", element("4489", struct.pack(">f", 500))) + webm_track(), None),
    ],
    ids=["no segment", "no sound", "no blocks", "cut cluster", "one block", "float"],
)
def test_webm_is_described_as_far_as_it_goes(body: bytes, expected: AudioInfo | None) -> None:
    last = {"one": 0.1, "float": 0.5}["float" if b"\x44\x89" in body else "one"]
    assert probed(WEBM + body) == (expected or AudioInfo("webm", last, 8000, 1, "x"))
