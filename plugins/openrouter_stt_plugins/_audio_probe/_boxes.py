"""Boxes of the ISO base media file format (ISO/IEC 14496-12, section 4.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openrouter_stt_plugins._audio_probe._source import Source


class Box(NamedTuple):
    """A box: its four-character type, and where in the file its content begins and ends."""

    type: bytes
    body: int
    end: int


def boxes(source: Source, start: int, end: int) -> Iterator[Box]:
    """Boxes one after the other between two offsets, up to the first that cannot be one."""
    while start + 8 <= end and len(header := source.read(start, 16)) >= 8:
        size, body = int.from_bytes(header[:4], "big"), start + 8
        if size == 1:
            size, body = int.from_bytes(header[8:16], "big"), start + 16
        elif size == 0:
            size = end - start
        if start + size < body:
            return
        yield Box(header[4:8], body, min(start + size, end))
        start += size


def find(source: Source, parent: Box, *path: bytes) -> Box | None:
    """The first box at the path of types below `parent`, or None."""
    found: Box | None = parent
    for step in path:
        if found is not None:
            found = next((box for box in boxes(source, found.body, found.end) if box.type == step), None)
    return found
