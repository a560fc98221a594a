"""Audio files become samples: float32, mono, 16 kHz."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from .._media import frames_of, opened, resampled

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

RATE = 16_000
"""Samples per second of everything in this package."""

MAX_HOURS = 4
"""Longest audio accepted; as samples it takes 920 MB of memory."""

_MAX_SAMPLES = MAX_HOURS * 3600 * RATE


def decode(file: BinaryIO, name: str | None = None) -> Samples:
    """Return the samples of an audio file: float32 in -1 to 1, shape ``(n,)``, mono, 16 kHz.

    Reads AAC, AIFF, ASF (WMA), AU, CAF, FLAC, Matroska (WebM), MOV (MP4, M4A), MP3, Ogg, W64 and WAV from a
    file that is open for binary reading and can seek, and leaves it open. Channels are averaged. Of a
    damaged file, what can be decoded is returned. Raw PCM has no header and is refused. ``name`` is what
    errors call the file.

    Raises `ValueError` for a file that is not audio, has no samples, or is longer than `MAX_HOURS`.
    """
    label = name or "the file"
    file.seek(0)
    pcm = _plain_wav(file)
    if pcm is None:
        file.seek(0)
        return _collect(_decoded(file, label), label)
    return _collect(iter([pcm]), label)


def _plain_wav(file: BinaryIO) -> Samples | None:
    """Return the samples of a 16-bit mono 16 kHz WAV file, None for any other: most speech needs no PyAV."""
    import numpy as np

    try:
        with wave.open(file) as reader:
            if reader.getparams()[:3] != (1, 2, RATE):
                return None
            data = reader.readframes(_MAX_SAMPLES + 1)
    except (wave.Error, EOFError, RuntimeError):  # the last for a chunk that ends after the file does
        return None
    whole = np.frombuffer(data, "<i2", count=len(data) // 2)
    return whole.astype(np.float32) / np.float32(32768)


def _collect(blocks: Iterator[Samples], label: str) -> Samples:
    import numpy as np

    pcm = bytearray()
    for block in blocks:
        pcm += block.tobytes()
        if len(pcm) > _MAX_SAMPLES * block.itemsize:
            raise ValueError(f"{label} is longer than {MAX_HOURS} hours; split it into shorter files")
    if not pcm:
        raise ValueError(f"{label} has no sound in it: zero samples; check how it was recorded")
    return np.frombuffer(pcm, np.float32)


def _decoded(file: BinaryIO, label: str) -> Iterator[Samples]:
    with opened(file, label) as container:
        # Packed, since a file may have more channels than PyAV can take in planes.
        for frame in resampled(frames_of(container, label), "flt", RATE):
            yield frame.to_ndarray().reshape(-1, frame.layout.nb_channels).mean(axis=1, dtype="float32")
