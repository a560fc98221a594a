"""WAV and AIFF: files made of chunks, each an identifier and a length.

Sources: IBM and Microsoft "Multimedia Programming Interface and Data Specifications 1.0", Microsoft "Multiple
Channel Audio Data and WAVE Files", EBU Tech 3306 (RF64), ITU-R BS.2088 (BW64), Apple "Audio Interchange File
Format AIFF-C".
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Literal

from openrouter_stt_plugins._audio_probe._info import AudioInfo, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openrouter_stt_plugins._audio_probe._source import Source

_EXTENSIBLE = 0xFFFE
_WAV_CODECS = {
    0x01: "pcm",
    0x02: "adpcm",
    0x03: "float",
    0x06: "alaw",
    0x07: "mulaw",
    0x11: "adpcm",
    0x31: "gsm",
    0x55: "mp3",
}
_UNCOMPRESSED = frozenset({"pcm", "float"})


def read_wav(source: Source) -> AudioInfo:
    """Describe a RIFF, RF64 or BW64 file of form type WAVE."""
    layout = b""
    samples = long_size = 0
    for name, offset, size in _chunks(source, "little"):
        if name == b"fmt ":
            layout = source.read(offset, min(size, 40))
        elif name == b"ds64":
            long_size = int.from_bytes(source.read(offset + 8, 8), "little")
        elif name == b"fact":
            samples = int.from_bytes(source.read(offset, 4), "little")
        elif name == b"data":
            available = source.size - offset
            declared = long_size or size
            # A recorder that cannot seek back leaves 0 or the largest number: the file's end is the truth.
            honest = 0 < declared <= available
            return _wav_info(layout, declared if honest else available, samples if honest else 0)
    return _wav_info(layout, None, 0)


def _wav_info(layout: bytes, data_size: int | None, samples: int) -> AudioInfo:
    if len(layout) < 16:
        return AudioInfo("wav")
    tag, channels, rate, byte_rate, frame_size = struct.unpack_from("<HHIIH", layout)
    if tag == _EXTENSIBLE:
        tag = int.from_bytes(layout[24:26], "little")
    codec = _WAV_CODECS.get(tag)
    if data_size is None:
        duration = None
    elif codec in _UNCOMPRESSED:
        duration = seconds(data_size, frame_size * rate)
    elif samples:
        duration = seconds(samples, rate)
    else:
        duration = seconds(data_size, byte_rate)
    return AudioInfo("wav", duration, rate or None, channels or None, codec or f"wav-{tag:#06x}")


def read_aiff(source: Source) -> AudioInfo:
    """Describe a FORM file of type AIFF or AIFC."""
    for name, offset, size in _chunks(source, "big"):
        common = source.read(offset, min(size, 22)) if name == b"COMM" else b""
        if len(common) >= 18:
            channels, frames = struct.unpack_from(">HI", common)
            rate = _extended(common[8:18])
            codec = common[18:22].decode("latin-1").strip().lower() or "pcm"
            return AudioInfo("aiff", seconds(frames, rate), round(rate) or None, channels or None, codec)
    return AudioInfo("aiff")


def _extended(raw: bytes) -> float:
    """Value of a positive 80-bit IEEE 754 extended number, or 0.0 for what no sample rate can be."""
    exponent = int.from_bytes(raw[:2], "big") - 16383
    if not 0 <= exponent < 64:
        return 0.0
    return float(int.from_bytes(raw[2:], "big") >> (63 - exponent))


def _chunks(source: Source, order: Literal["little", "big"]) -> Iterator[tuple[bytes, int, int]]:
    """Identifier, offset of the content and its declared length, of one chunk after the other."""
    offset = 12
    while len(header := source.read(offset, 8)) == 8:
        size = int.from_bytes(header[4:], order)
        yield header[:4], offset + 8, size
        offset += 8 + size + (size & 1)
