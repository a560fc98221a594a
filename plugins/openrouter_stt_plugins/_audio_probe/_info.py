"""What the probe found out."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """What a file's headers say about its audio; None where they do not tell.

    `format` is the name the API knows the container by, `duration` is in seconds, `sample_rate` in hertz, and
    `codec` a lower-case name such as "opus". A recognised container with `codec` None holds no audio that
    could be found: an MP4 cut off before its index, or a video without sound.
    """

    format: str
    duration: float | None = None
    sample_rate: int | None = None
    channels: int | None = None
    codec: str | None = None


def seconds(count: float, per_second: float) -> float | None:
    """Duration of `count` units, or None when the headers cannot mean it (no rate, negative, not finite)."""
    if not (math.isfinite(count) and count >= 0 and per_second > 0):
        return None
    return count / per_second
