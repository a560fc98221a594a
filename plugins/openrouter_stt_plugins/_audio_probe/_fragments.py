"""How much sound the fragments of an MP4 file hold (ISO/IEC 14496-12, section 8.8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from openrouter_stt_plugins._audio_probe._boxes import Box, boxes, find

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openrouter_stt_plugins._audio_probe._source import Source

_HAS_BASE_OFFSET, _HAS_DESCRIPTION, _HAS_DEFAULT_DURATION = 0x01, 0x02, 0x08
_HAS_DATA_OFFSET, _HAS_FIRST_FLAGS, _HAS_DURATIONS = 0x001, 0x004, 0x100


class _Span(NamedTuple):
    start: int
    end: int


def fragmented_length(
    source: Source, index: Box, fragments: Sequence[Box], track_id: int, *, is_continued: bool
) -> int:
    """Length of a track to the end of its last fragment in the track's units; 0 if fragments do not tell it.

    It is counted from the start of the first fragment, as a piece of a broadcast does not begin at zero,
    unless the fragments continue sound that the index itself describes (`is_continued`).
    """
    default = _default_duration(source, index, track_id) if fragments else 0
    first = _first_span(source, fragments, track_id, default)
    last = _first_span(source, fragments[::-1], track_id, default)
    if first is None or last is None:
        return 0
    return max(0, last.end - (0 if is_continued else first.start))


def _default_duration(source: Source, index: Box, track_id: int) -> int:
    """Duration of each sample as the index's `trex` box has it for the track."""
    extends = find(source, index, b"mvex")
    for box in boxes(source, extends.body, extends.end) if extends else ():
        fields = source.read(box.body, 16)
        if box.type == b"trex" and int.from_bytes(fields[4:8], "big") == track_id:
            return int.from_bytes(fields[12:16], "big")
    return 0


def _first_span(source: Source, fragments: Sequence[Box], track_id: int, default: int) -> _Span | None:
    """Span of the first of the fragments that has samples of the track."""
    for fragment in fragments:
        for box in boxes(source, fragment.body, fragment.end):
            if box.type == b"traf" and (span := _span(source, box, track_id, default)):
                return span
    return None


def _span(source: Source, fragment: Box, track_id: int, default: int) -> _Span | None:
    """Start and end of a track fragment (`traf`); None for another track's, or one that tells no time."""
    header, time = find(source, fragment, b"tfhd"), find(source, fragment, b"tfdt")
    fields = source.read(header.body, 24) if header else b""
    if time is None or len(fields) < 8 or int.from_bytes(fields[4:8], "big") != track_id:
        return None
    flags = int.from_bytes(fields[1:4], "big")
    if flags & _HAS_DEFAULT_DURATION:
        at = 8 + (8 if flags & _HAS_BASE_OFFSET else 0) + (4 if flags & _HAS_DESCRIPTION else 0)
        default = int.from_bytes(fields[at : at + 4], "big")
    is_long = source.read(time.body, 1) == b"\1"
    start = int.from_bytes(source.read(time.body + 4, 8 if is_long else 4), "big")
    runs = (run for run in boxes(source, fragment.body, fragment.end) if run.type == b"trun")
    return _Span(start, start + sum(_run_length(source, run, default) for run in runs))


def _run_length(source: Source, run: Box, default: int) -> int:
    """Sum of the sample durations in a track run (`trun`)."""
    header = source.read(run.body, 8)
    flags, samples = int.from_bytes(header[1:4], "big"), int.from_bytes(header[4:8], "big")
    if not flags & _HAS_DURATIONS:
        return samples * default
    # Four optional fields of four bytes each, the duration first, make up the entry of a sample.
    entry = 4 * (flags >> 8 & 0xF).bit_count()
    table = run.body + 8 + (4 if flags & _HAS_DATA_OFFSET else 0) + (4 if flags & _HAS_FIRST_FLAGS else 0)
    raw = source.read(table, min(samples * entry, run.end - table))
    return sum(int.from_bytes(raw[at : at + 4], "big") for at in range(0, len(raw), entry))
