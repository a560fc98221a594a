"""The server that hears, and the words it should have heard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import jiwer
import pytest

from tests.plugins.speech_data import Recording
from tests.support.speech_server import SpeechServer, transcribing

_WORDS = jiwer.Compose(
    [
        jiwer.ToLowerCase(),
        jiwer.SubstituteRegexes({"[-\u2013\u2014]": " "}),
        jiwer.RemovePunctuation(),  # type: ignore[no-untyped-call]
        jiwer.RemoveMultipleSpaces(),
        jiwer.Strip(),
        jiwer.ReduceToListOfListOfWords(),
    ]
)


@pytest.fixture(scope="session")
def speech_server() -> Iterator[SpeechServer]:
    with transcribing() as server:
        yield server


def word_errors(recording: Recording, text: str) -> float:
    """Return the word error rate of a text, without regard to case and punctuation."""
    return pooled_word_errors([recording], [text])


def pooled_word_errors(recordings: Sequence[Recording], texts: Sequence[str]) -> float:
    """Return the word error rate over all recordings: the errors of all over the words of all."""
    said = [recording.text for recording in recordings]
    return jiwer.wer(said, list(texts), reference_transform=_WORDS, hypothesis_transform=_WORDS)
