"""Recordings made on the spot."""

from __future__ import annotations

import io
import math
import struct
import wave


def tone(frequency: float = 440.0, *, seconds: float = 0.2, sample_rate: int = 16_000) -> bytes:
    """Return a WAV file of a sine tone: mono, 16 bits; `frequency` and `sample_rate` in hertz."""
    step = 2 * math.pi * frequency / sample_rate
    samples = (int(16_000 * math.sin(step * index)) for index in range(int(seconds * sample_rate)))
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(sample_rate)
        written.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return file.getvalue()
