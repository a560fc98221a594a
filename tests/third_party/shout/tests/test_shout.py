from __future__ import annotations

import pytest
from openrouter_stt_shout import Shout

from openrouter_stt import Call, Client, HookSpecs, Transcription, hookimpl
from openrouter_stt.testing import conformance


class Whisper(HookSpecs):
    @hookimpl
    def answer(self, call: Call) -> Transcription:
        return Transcription(text="good morning", model=call.model)


@pytest.mark.parametrize(("marks", "text"), [("0", "GOOD MORNING"), ("3", "GOOD MORNING!!!")])
def test_shouts(monkeypatch: pytest.MonkeyPatch, marks: str, text: str) -> None:
    monkeypatch.setenv("SHOUT_MARKS", marks)
    with Client(plugins=["shout", Whisper()], autoload=False) as client:
        assert client.transcribe(b"audio", model="m").text == text


def test_answers_kept_at_another_volume_are_not_served(monkeypatch: pytest.MonkeyPatch) -> None:
    sources = []
    for marks in ("1", "1", "2"):
        monkeypatch.setenv("SHOUT_MARKS", marks)
        with Client(plugins=["shout", Whisper()], autoload=False, cache=KEPT) as client:
            sources.append(client.transcribe(b"audio", model="m").source)
    assert sources == ["Whisper", "cache", "Whisper"]


class Kept(HookSpecs):
    """A cache that outlives its client."""

    def __init__(self) -> None:
        self.answers: dict[str, Transcription] = {}

    @hookimpl
    def cache_get(self, key: str) -> Transcription | None:
        return self.answers.get(key)

    @hookimpl
    def cache_set(self, key: str, transcription: Transcription) -> None:
        self.answers[key] = transcription


KEPT = Kept()


def test_keeps_what_is_expected_of_a_plugin() -> None:
    conformance(Shout)
