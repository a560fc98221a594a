"""MP4, M4A, MOV and 3GP: boxes within boxes (ISO/IEC 14496-12, Apple "QuickTime File Format")."""

from __future__ import annotations

import struct
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from openrouter_stt_plugins._audio_probe._boxes import Box, boxes, find
from openrouter_stt_plugins._audio_probe._fragments import fragmented_length
from openrouter_stt_plugins._audio_probe._info import AudioInfo, seconds

if TYPE_CHECKING:
    from openrouter_stt_plugins._audio_probe._source import Source

FIRST_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
"""Types of the box that may begin a file; QuickTime's oldest have no `ftyp`."""

_AUDIO_BRANDS = frozenset({b"M4A ", b"M4B ", b"M4P "})
_IMAGE_BRANDS = frozenset({b"avif", b"avis", b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"crx "})
# A cover or chapter picture is stored as a video track of one of these.
_PICTURES = frozenset({b"jpeg", b"png ", b"mjpa"})
_CODECS = {b"mp4a": "aac", b".mp3": "mp3", b"samr": "amr", b"sawb": "amr", b"sowt": "pcm", b"twos": "pcm"}
# About an hour of recording in fragments of a second each.
_MOST_BOXES = 8192
_UNKNOWN_32, _UNKNOWN_64 = 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF


class _Track(NamedTuple):
    """An audio track: its numbers as stored, in units of `timescale` where they are times."""

    id: int
    codec: str
    rate: int
    channels: int
    timescale: int
    shown: float | None


def read_mp4(source: Source) -> AudioInfo | None:
    """Describe a file of ISO boxes; None for an image or whatever else holds neither sound nor video."""
    brand = source.read(8, 4) if source.read(4, 4) == b"ftyp" else b""
    index, fragments = _top_level(source)
    if index is None:
        if not brand or brand in _IMAGE_BRANDS:
            return None
        return AudioInfo("m4a" if brand in _AUDIO_BRANDS else "mp4")
    track, has_video = _tracks(source, index)
    if track is None:
        return AudioInfo("mp4") if has_video else None
    ticks = fragmented_length(source, index, fragments, track.id, is_continued=bool(track.shown))
    duration = seconds(ticks, track.timescale) if ticks else track.shown
    name = "mp4" if has_video else "m4a"
    return AudioInfo(name, duration, track.rate or None, track.channels or None, track.codec)


def _top_level(source: Source) -> tuple[Box | None, list[Box]]:
    """The index (`moov`) and the fragments (`moof`): none of them if they are too many to visit all."""
    top = list(islice(boxes(source, 0, source.size), _MOST_BOXES))
    index = next((box for box in top if box.type == b"moov"), None)
    fragments = [box for box in top if box.type == b"moof"]
    return index, fragments if len(top) < _MOST_BOXES else []


def _tracks(source: Source, index: Box) -> tuple[_Track | None, bool]:
    """The first audio track, and whether there is a moving picture."""
    header = find(source, index, b"mvhd")
    timescale = _timing(source, header)[0] if header else 0
    audio, has_video = None, False
    for box in boxes(source, index.body, index.end):
        media = find(source, box, b"mdia") if box.type == b"trak" else None
        handler = find(source, media, b"hdlr") if media else None
        entry = find(source, media, b"minf", b"stbl", b"stsd") if media else None
        if media is None or handler is None or entry is None:
            continue
        kind = source.read(handler.body + 8, 4)
        if kind == b"soun" and audio is None:
            audio = _audio_track(source, box, media, entry.body + 8, timescale)
        elif kind == b"vide" and source.read(entry.body + 12, 4) not in _PICTURES:
            has_video = True
    return audio, has_video


def _audio_track(source: Source, box: Box, media: Box, entry: int, movie_timescale: int) -> _Track | None:
    track_header, media_header = find(source, box, b"tkhd"), find(source, media, b"mdhd")
    description = source.read(entry, 52)
    if track_header is None or media_header is None or len(description) < 36:
        return None
    timescale, length = _timing(source, media_header)
    is_long = source.read(track_header.body, 1) == b"\1"
    raw = source.read(track_header.body + (20 if is_long else 12), 4)
    # The header's duration is what is played: without the encoder's priming, which an edit list cuts off.
    played = _duration_field(source, track_header.body + (28 if is_long else 20), is_long)
    # Zero stands in a file of fragments, and says nothing of them.
    shown = seconds(played, movie_timescale) or seconds(length, timescale) or None
    channels, rate = struct.unpack_from(">H6xH", description, 24)
    if description[16:18] == b"\0\2" and len(description) == 52:
        exact_rate, channels = struct.unpack_from(">dI", description, 40)
        rate = round(exact_rate) if 0 < exact_rate < 1e9 else 0
    codec = _CODECS.get(description[4:8], description[4:8].decode("latin-1").strip().lower())
    # A rate above 65,535 does not fit its field; the timescale is then the rate by convention.
    return _Track(int.from_bytes(raw, "big"), codec, rate or timescale, channels, timescale, shown)


def _timing(source: Source, header: Box) -> tuple[int, int]:
    """Timescale and duration of an `mvhd` or `mdhd` box."""
    is_long = source.read(header.body, 1) == b"\1"
    at = header.body + (20 if is_long else 12)
    return int.from_bytes(source.read(at, 4), "big"), _duration_field(source, at + 4, is_long)


def _duration_field(source: Source, at: int, is_long: bool) -> int:
    value = int.from_bytes(source.read(at, 8 if is_long else 4), "big")
    return 0 if value == (_UNKNOWN_64 if is_long else _UNKNOWN_32) else value
