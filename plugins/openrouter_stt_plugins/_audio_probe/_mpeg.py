"""MP3 (and layer II) and ADTS AAC files: tags, frames, and a duration that is told or measured.

Sources: id3.org "ID3 tag version 2.4.0 - Main Structure" section 3.1, gabriel.mp3-tech.org "Mp3 Info Tag
rev 1" (the Xing and LAME header), Fraunhofer's VBRI header.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from openrouter_stt_plugins._audio_probe._frames import Frame, find_frames, span_of_frames
from openrouter_stt_plugins._audio_probe._info import AudioInfo, seconds

if TYPE_CHECKING:
    from openrouter_stt_plugins._audio_probe._source import Source

# Padding and remains of a cut are skipped up to here; then three frames of up to 8,191 bytes must fit.
_SEARCHED = 16 << 10
_WINDOW = _SEARCHED + (24 << 10)
_SAMPLED = 256 << 10
_SAMPLES = 32
_ID3V1_SIZE = 128
_HAS_FRAMES, _HAS_BYTES, _HAS_TABLE, _HAS_QUALITY = 1, 2, 4, 8


def after_id3(source: Source) -> int:
    """Offset of what follows the ID3v2 tags at the start of the file."""
    offset = 0
    while len(header := source.read(offset, 10)) == 10 and header[:3] == b"ID3":
        has_footer = header[5] & 0x10
        size = 0
        for seven_bits in header[6:10]:
            size = size << 7 | seven_bits & 0x7F
        offset += 10 + size + (10 if has_footer else 0)
    return offset


def read_mpeg(source: Source, start: int) -> AudioInfo | None:
    """Describe the MPEG audio or AAC frames that begin at or soon after `start`; None when there are none."""
    data = source.read(start, _WINDOW)
    found = find_frames(data, within=_SEARCHED, is_whole=start + len(data) >= source.size)
    if found is None:
        return None
    at, frame = found
    codec = frame.kind[0]
    duration = _told_duration(data[at : at + frame.length], frame) if codec == "mp3" else None
    if duration is None:
        duration = _measured_duration(source, start + at, frame)
    return AudioInfo("aac" if codec == "aac" else "mp3", duration, frame.rate, frame.channels, codec)


def _told_duration(body: bytes, frame: Frame) -> float | None:
    """Duration by the Xing, Info or VBRI header that an encoder hides in a first, silent frame."""
    if body[36:40] == b"VBRI":
        return seconds(int.from_bytes(body[50:54], "big") * frame.samples, frame.rate) or None
    is_mono, is_half_rate = frame.channels == 1, frame.samples == 576
    at = 4 + (9 if is_mono and is_half_rate else 17 if is_mono or is_half_rate else 32)
    if body[at : at + 4] not in (b"Xing", b"Info"):
        return None
    flags = int.from_bytes(body[at + 4 : at + 8], "big")
    frames = int.from_bytes(body[at + 8 : at + 12], "big")
    if not flags & _HAS_FRAMES or not frames:
        return None
    fields = ((_HAS_FRAMES, 4), (_HAS_BYTES, 4), (_HAS_TABLE, 100), (_HAS_QUALITY, 4))
    lame = at + 8 + sum(size for flag, size in fields if flags & flag)
    # Two 12-bit counts of the samples that the encoder put in front and behind; other encoders leave zeros.
    added = int.from_bytes(body[lame + 21 : lame + 24], "big")
    return seconds(max(0, frames * frame.samples - (added >> 12) - (added & 0xFFF)), frame.rate)


def _measured_duration(source: Source, start: int, first: Frame) -> float | None:
    """Duration by frame lengths: of every frame in a small file, of evenly spread samples in a large one."""
    end = source.size
    if source.read(end - _ID3V1_SIZE, 3) == b"TAG":
        end -= _ID3V1_SIZE
    pieces = 1 if end - start <= _SAMPLED else _SAMPLES
    samples = length = 0
    for piece in range(pieces):
        offset = start + (end - start) * piece // pieces
        data = source.read(offset, min(_SAMPLED // pieces, end - offset))
        found = (0, first) if piece == 0 else find_frames(data, within=_SEARCHED, is_whole=False)
        if found:
            more_samples, more_length = span_of_frames(data, found[0], first)
            samples += more_samples
            length += more_length
    return seconds(samples * (end - start), length * first.rate)
