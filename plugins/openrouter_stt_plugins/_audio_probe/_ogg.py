"""Ogg with Opus, Vorbis, FLAC or Speex inside (RFC 3533, RFC 7845, Vorbis I section 4.2.2)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from openrouter_stt_plugins._audio_probe._flac import streaminfo
from openrouter_stt_plugins._audio_probe._info import AudioInfo, seconds

if TYPE_CHECKING:
    from openrouter_stt_plugins._audio_probe._source import Source

_FIRST_PAGE = 2
_NO_PACKET_ENDS_HERE = -1
# Two pages of the largest size, 65,307 bytes, so that a page with a position on it is among them.
_TAIL = 128 << 10


class _Stream(NamedTuple):
    codec: str
    rate: int
    channels: int
    skipped: int = 0


def read_ogg(source: Source) -> AudioInfo:
    """Describe an Ogg file by the first audio stream in it."""
    streams = _streams(source)
    serial, stream = next(((key, value) for key, value in streams.items() if value), (0, None))
    if stream is None:
        return AudioInfo("ogg")
    last = _last_position(source, serial, frozenset(streams))
    duration = None if last is None else seconds(max(0, last - stream.skipped), stream.rate)
    return AudioInfo("ogg", duration, stream.rate or None, stream.channels or None, stream.codec)


def _streams(source: Source) -> dict[int, _Stream | None]:
    """Serial numbers of the streams that begin the file, with what is known of each."""
    streams: dict[int, _Stream | None] = {}
    offset = 0
    while True:
        page = source.read(offset, 27 + 255)
        if len(page) < 27 or page[:4] != b"OggS" or not page[5] & _FIRST_PAGE:
            return streams
        lengths = page[27 : 27 + page[26]]
        body = offset + 27 + page[26]
        serial = int.from_bytes(page[14:18], "little")
        streams[serial] = _identify(source.read(body, 64))
        offset = body + sum(lengths)


def _identify(packet: bytes) -> _Stream | None:
    if packet.startswith(b"OpusHead") and len(packet) >= 19:
        # Positions count at 48 kHz whatever the input's rate was (RFC 7845, section 4).
        return _Stream("opus", 48000, packet[9], int.from_bytes(packet[10:12], "little"))
    if packet.startswith(b"\x01vorbis") and len(packet) >= 30:
        return _Stream("vorbis", int.from_bytes(packet[12:16], "little"), packet[11])
    if packet.startswith(b"\x7fFLAC") and len(packet) >= 51:
        rate, channels, _ = streaminfo(packet[17:])
        return _Stream("flac", rate, channels)
    if packet.startswith(b"Speex   ") and len(packet) >= 52:
        rate, _, _, channels = struct.unpack_from("<4I", packet, 36)
        return _Stream("speex", rate, channels)
    return None


def _last_position(source: Source, serial: int, known: frozenset[int]) -> int | None:
    """Position in samples at the end of the stream, or None when another chain of streams ends the file."""
    tail = source.read(max(0, source.size - _TAIL), _TAIL)
    at = len(tail)
    while (at := tail.rfind(b"OggS\0", 0, at)) >= 0:
        if at + 18 > len(tail):
            continue
        position, owner = struct.unpack_from("<qI", tail, at + 6)
        if owner not in known:
            return None
        if owner == serial and position != _NO_PACKET_ENDS_HERE:
            return int(position)
    return None
