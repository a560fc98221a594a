"""WebM: EBML elements (RFC 8794) laid out as Matroska has them (RFC 9559)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from openrouter_stt_plugins._audio_probe._info import AudioInfo, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openrouter_stt_plugins._audio_probe._source import Source

_DOC_TYPE = 0x4282
_SEGMENT = 0x18538067
_INFO, _TIMESTAMP_SCALE, _DURATION = 0x1549A966, 0x2AD7B1, 0x4489
_TRACKS, _TRACK_ENTRY, _TRACK_NUMBER, _TRACK_TYPE, _CODEC_ID = 0x1654AE6B, 0xAE, 0xD7, 0x83, 0x86
_AUDIO, _SAMPLING_FREQUENCY, _CHANNELS = 0xE1, 0xB5, 0x9F
_CLUSTER, _TIMESTAMP, _SIMPLE_BLOCK, _BLOCK_GROUP, _BLOCK = 0x1F43B675, 0xE7, 0xA3, 0xA0, 0xA1
_AUDIO_TRACK = 2
_NANOSECONDS = 1_000_000
_TAILS = (64 << 10, 512 << 10)


class _Element(NamedTuple):
    id: int
    body: int
    end: int


class _Track(NamedTuple):
    number: int
    codec: str
    rate: int
    channels: int


def read_webm(source: Source) -> AudioInfo | None:
    """Describe a WebM file by its first audio track; None for Matroska files of any other document type."""
    top = _elements(source, 0, source.size)
    header = next(top, None)
    if header is None or _text(source, header, _DOC_TYPE) != "webm":
        return None
    segment = next((element for element in top if element.id == _SEGMENT), None)
    if segment is None:
        return AudioInfo("webm")
    scale, duration, track = _NANOSECONDS, 0.0, None
    for element in _elements(source, segment.body, segment.end):
        if element.id == _INFO:
            scale = _uint(source, element, _TIMESTAMP_SCALE) or _NANOSECONDS
            duration = _float(source, element, _DURATION)
        elif element.id == _TRACKS:
            track = _audio_track(source, element)
        elif element.id == _CLUSTER:
            break
    if track is None:
        return AudioInfo("webm")
    ticks = duration or _live_duration(source, track.number)
    length = None if ticks is None else seconds(ticks * scale, 1e9)
    return AudioInfo("webm", length, track.rate or None, track.channels or None, track.codec)


def _audio_track(source: Source, tracks: _Element) -> _Track | None:
    for entry in _elements(source, tracks.body, tracks.end):
        if entry.id != _TRACK_ENTRY or _uint(source, entry, _TRACK_TYPE) != _AUDIO_TRACK:
            continue
        codec = _text(source, entry, _CODEC_ID).removeprefix("A_").lower()
        audio = _child(source, entry, _AUDIO)
        # Absent elements have these defaults (RFC 9559, sections 5.1.4.1.29.1 and 5.1.4.1.29.3).
        rate = _float(source, audio, _SAMPLING_FREQUENCY) if audio else 0.0
        channels = _uint(source, audio, _CHANNELS) if audio else 0
        # Opus always decodes to 48 kHz; writers put the rate of the input here.
        rate = 48000 if codec == "opus" else round(rate) or 8000
        return _Track(_uint(source, entry, _TRACK_NUMBER), codec, rate, channels or 1)
    return None


def _live_duration(source: Source, track: int) -> float | None:
    """Time at the end of the last block, for recorders that leave no duration; None if it is out of reach."""
    for size in _TAILS:
        data = source.read(max(0, source.size - size), size)
        at = data.rfind(_CLUSTER.to_bytes(4, "big"))
        if at >= 0 and (times := _block_times(data, at, track)):
            # The distance of the last two blocks stands for the length of the last.
            return times[-1] + (times[-1] - times[-2] if len(times) > 1 else 0)
    return None


def _block_times(data: bytes, cluster: int, track: int) -> list[int]:
    """Times of the track's blocks in the cluster at that offset of `data`."""
    times: list[int] = []
    owner = bytes((0x80 | track & 0x7F,))
    start = 0
    head = _element_at(data, cluster, len(data))
    at = head.body if head else len(data)
    while element := _element_at(data, at, len(data)):
        content = data[element.body : element.body + 8]
        if element.id == _TIMESTAMP:
            start = int.from_bytes(content[: element.end - element.body], "big")
        elif element.id in (_SIMPLE_BLOCK, _BLOCK) and content[:1] == owner and len(content) > 3:
            times.append(start + int.from_bytes(content[1:3], "big", signed=True))
        at = element.body if element.id == _BLOCK_GROUP else element.end
    return times


def _child(source: Source, parent: _Element, wanted: int) -> _Element | None:
    return next((element for element in _elements(source, parent.body, parent.end) if element.id == wanted), None)


def _uint(source: Source, parent: _Element, wanted: int) -> int:
    return int.from_bytes(_content(source, parent, wanted), "big")


def _text(source: Source, parent: _Element, wanted: int) -> str:
    return _content(source, parent, wanted).rstrip(b"\0").decode("latin-1")


def _float(source: Source, parent: _Element, wanted: int) -> float:
    """A finite number above zero, or 0.0 when it is absent or anything else."""
    raw = _content(source, parent, wanted)
    value = struct.unpack({4: ">f", 8: ">d"}[len(raw)], raw)[0] if len(raw) in (4, 8) else 0.0
    return float(value) if 0 < value < 1e15 else 0.0


def _content(source: Source, parent: _Element, wanted: int) -> bytes:
    element = _child(source, parent, wanted)
    return source.read(element.body, min(element.end - element.body, 64)) if element else b""


def _elements(source: Source, start: int, end: int) -> Iterator[_Element]:
    """Elements one after the other; one of unknown size ends with its parent (RFC 8794, section 6.2)."""
    while start < end and (found := _element_at(source.read(start, 12), 0, end - start)):
        yield _Element(found.id, start + found.body, min(start + found.end, end))
        start += found.end


def _element_at(data: bytes, at: int, unknown_end: int) -> _Element | None:
    """The element whose header is at `at`; one of unknown size ends at `unknown_end`."""
    id_length = 9 - data[at].bit_length() if at < len(data) else 9
    size_at = at + id_length
    size_length = 9 - data[size_at].bit_length() if size_at < len(data) else 9
    body = size_at + size_length
    if id_length > 4 or size_length > 8 or body > len(data):
        return None
    identifier = int.from_bytes(data[at:size_at], "big")
    all_ones = (1 << 7 * size_length) - 1
    size = int.from_bytes(data[size_at:body], "big") & all_ones
    return _Element(identifier, body, unknown_end if size == all_ones else body + size)
