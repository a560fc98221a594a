"""The server that hears, and the words it should have heard."""

from __future__ import annotations

from collections.abc import Iterator

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
    return jiwer.wer(recording.text, text, reference_transform=_WORDS, hypothesis_transform=_WORDS)
