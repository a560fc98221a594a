"""Headers of MPEG audio and AAC frames, the two streams that have no container.

Sources: ISO/IEC 11172-3 section 2.4.1.3 and 13818-3 section 2.4.2.3 (layers II and III; "MPEG 2.5" is the
common extension to low rates), ISO/IEC 13818-7 section 6.2 (ADTS).
"""

from __future__ import annotations

import re
from typing import NamedTuple

_SYNC = re.compile(rb"\xff[\xe0-\xff]")
_FRAMES_IN_A_ROW = 3
_MPEG_1, _RESERVED_VERSION = 3, 1
_ADTS, _LAYER_III, _LAYER_II = 0, 1, 2
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_KBITS_1 = {
    _LAYER_III: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    _LAYER_II: (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
}
_KBITS_2 = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_ADTS_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
_ADTS_CHANNELS = (None, 1, 2, 3, 4, 5, 6, 8)


class Frame(NamedTuple):
    """One frame: its length in bytes, its samples per channel, and `kind`, which all of a stream's share."""

    length: int
    samples: int
    rate: int
    channels: int | None
    kind: tuple[str, int, int]


def frame_at(data: bytes, at: int) -> Frame | None:
    """Return the frame whose header is at `at`, or None when there is none."""
    if at + 7 > len(data) or data[at] != 0xFF or data[at + 1] < 0xE0:
        return None
    layer = data[at + 1] >> 1 & 3
    if layer == _ADTS:
        return _adts_frame(data, at)
    if layer in (_LAYER_II, _LAYER_III):
        return _mpeg_frame(data, at, layer)
    return None


def _mpeg_frame(data: bytes, at: int, layer: int) -> Frame | None:
    version = data[at + 1] >> 3 & 3
    bitrate = (data[at + 2] >> 4) - 1
    rate_index = data[at + 2] >> 2 & 3
    emphasis = data[at + 3] & 3
    if version == _RESERVED_VERSION or not 0 <= bitrate < 14 or rate_index == 3 or emphasis == 2:
        return None
    rate = _RATES[version][rate_index]
    kbits = (_KBITS_1[layer] if version == _MPEG_1 else _KBITS_2)[bitrate]
    samples = 576 if layer == _LAYER_III and version != _MPEG_1 else 1152
    length = samples * kbits * 125 // rate + (data[at + 2] >> 1 & 1)
    codec = "mp3" if layer == _LAYER_III else "mp2"
    return Frame(length, samples, rate, 1 if data[at + 3] >> 6 == 3 else 2, (codec, version, rate))


def _adts_frame(data: bytes, at: int) -> Frame | None:
    rate_index = data[at + 2] >> 2 & 15
    length = (data[at + 3] & 3) << 11 | data[at + 4] << 3 | data[at + 5] >> 5
    has_checksum = not data[at + 1] & 1
    if data[at + 1] < 0xF0 or rate_index >= len(_ADTS_RATES) or length <= (9 if has_checksum else 7):
        return None
    rate = _ADTS_RATES[rate_index]
    channels = _ADTS_CHANNELS[(data[at + 2] & 1) << 2 | data[at + 3] >> 6]
    return Frame(length, 1024 * ((data[at + 6] & 3) + 1), rate, channels, ("aac", data[at + 2] >> 6, rate))


def find_frames(data: bytes, *, within: int, is_whole: bool) -> tuple[int, Frame] | None:
    """Return the offset and header of the first frame in `data[:within]` that two more of its kind follow.

    One frame's sync pattern turns up every few hundred bytes of noise; three in a row, each where the last
    one ends, do not. Fewer count if they fill `data` and that is the rest of the file (`is_whole`).
    """
    for match in _SYNC.finditer(data, 0, within):
        at = match.start()
        if (first := frame_at(data, at)) and _chain_holds(data, at, first, may_end=is_whole and at == 0):
            return at, first
    return None


def _chain_holds(data: bytes, at: int, first: Frame, *, may_end: bool) -> bool:
    frame: Frame | None = first
    for _ in range(_FRAMES_IN_A_ROW):
        if frame is None or frame.kind != first.kind:
            return False
        at += frame.length
        if may_end and at == len(data):
            return True
        frame = frame_at(data, at)
    return True


def span_of_frames(data: bytes, at: int, first: Frame) -> tuple[int, int]:
    """Samples in the unbroken run of frames that begins at `at`, and its length in bytes."""
    samples, start = 0, at
    while (frame := frame_at(data, at)) and frame.kind == first.kind:
        samples += frame.samples
        at += frame.length
    return samples, at - start
