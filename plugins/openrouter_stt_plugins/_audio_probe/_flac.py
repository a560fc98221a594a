"""FLAC, alone or inside Ogg (RFC 9639)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openrouter_stt_plugins._audio_probe._info import AudioInfo, seconds

if TYPE_CHECKING:
    from openrouter_stt_plugins._audio_probe._source import Source

_STREAMINFO_SIZE = 34


def read_flac(source: Source, start: int) -> AudioInfo:
    """Describe the native FLAC stream whose marker is at `start`."""
    block = source.read(start + 4, 4 + _STREAMINFO_SIZE)
    rate, channels, samples = streaminfo(block[4:])
    # A total of 0 is "unknown" (section 8.2): an encoder that could not seek back.
    duration = seconds(samples, rate) if samples else None
    return AudioInfo("flac", duration, rate or None, channels or None, "flac")


def streaminfo(block: bytes) -> tuple[int, int, int]:
    """Sample rate, channels and total samples of a STREAMINFO block (section 8.2); zeros if it is cut off."""
    if len(block) < _STREAMINFO_SIZE:
        return 0, 0, 0
    packed = int.from_bytes(block[10:18], "big")
    return packed >> 44, (packed >> 41 & 7) + 1, packed & (1 << 36) - 1
