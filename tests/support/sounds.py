"""Small WAV files, made by hand."""

from __future__ import annotations

import struct


def wav(
    data: bytes = b"\x01\x02" * 800, *, rate: int = 16_000, bits: int = 16, channels: int = 1, tag: int = 1
) -> bytes:
    """Return a WAV file of raw samples: 0.05 s of 16 kHz mono unless told otherwise."""
    frame = channels * bits // 8
    layout = struct.pack("<HHIIHH", tag, channels, rate, rate * frame, frame, bits)
    return (
        struct.pack("<4sI4s4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16)
        + layout
        + struct.pack("<4sI", b"data", len(data))
        + data
    )


WAV = wav()


class Recording(bytearray):
    """Bytes that can be watched."""
