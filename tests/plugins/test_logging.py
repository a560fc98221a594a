"""The logging plugin: what is written, at which level, and what never is."""

from __future__ import annotations

import base64
import logging
from typing import Any

import pytest

from openrouter_stt import APIStatusError, Client, HookSpecs, Transcription, hookimpl
from tests.support.clock import Clock
from tests.support.server import Answer, Server
from tests.support.sounds import WAV

KEY, WORDS, COMPLAINT = "sk-or-v1-0123456789", "said in confidence", "the server quotes you"
SAID = Answer.of(200, {"text": WORDS, "usage": {"seconds": 1.5, "cost": 0.25}})
REFUSED = Answer.of(400, {"error": {"code": 400, "message": COMPLAINT}}, x_request_id="req-7")


class Backup(HookSpecs):
    """Answers by itself where the server does not."""

    @hookimpl
    def fallback(self, failure: Any) -> Any:
        return failure.call.replace(model="backup")

    @hookimpl
    def answer(self, call: Any) -> Any:
        return Transcription(text=WORDS, model="backup") if call.model == "backup" else None


class Mishap(HookSpecs):
    @hookimpl
    def finish(self, call: Any, transcription: Any) -> Any:
        raise LookupError(WORDS)


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG, "openrouter_stt")
    return caplog


def run(server: Server, *plugins: object) -> None:
    with Client(KEY, base_url=server.url, plugins=plugins, autoload=False) as client:
        client.transcribe(WAV, model="m")


def test_success(server: Server, log: pytest.LogCaptureFixture) -> None:
    """An answer is a matter of information, the way to it one of debugging."""
    server.will(SAID)
    run(server)
    assert [(record.levelname, record.stt_event) for record in log.records] == [  # type: ignore[attr-defined]
        ("DEBUG", "CallStarted"),
        ("DEBUG", "AttemptStarted"),
        ("INFO", "CallFinished"),
    ]


def test_trouble(server: Server, clock: Clock, log: pytest.LogCaptureFixture) -> None:
    """Retries, fallbacks and failures are warnings."""
    server.will(Answer(503), REFUSED, Answer(402))
    run(server, Backup())
    with pytest.raises(APIStatusError):
        run(server)
    warnings = [record.stt_event for record in log.records if record.levelno == logging.WARNING]  # type: ignore[attr-defined]
    assert warnings == ["RetryScheduled", "FallbackChosen", "CallFailed"]


def test_facts_of_an_answer(server: Server, clock: Clock, log: pytest.LogCaptureFixture) -> None:
    """A record carries its facts as attributes, for formatters that write structured logs."""
    server.will(SAID)
    run(server)
    facts = {name: value for name, value in vars(log.records[-1]).items() if name.startswith("stt_")}
    assert len(facts.pop("stt_call_id")) == 32
    assert facts == {
        "stt_event": "CallFinished",
        "stt_model": "m",
        "stt_source": "network",
        "stt_attempts": 1,
        "stt_characters": len(WORDS),
        "stt_seconds": 0.0,
        "stt_cost": 0.25,
    }


def test_facts_of_an_error(server: Server, log: pytest.LogCaptureFixture) -> None:
    """An error's record holds what a program can decide on, and its line the same."""
    server.will(REFUSED)
    with pytest.raises(APIStatusError):
        run(server)
    record: Any = log.records[-1]
    facts = (record.stt_error, record.stt_status, record.stt_kind, record.stt_maybe_billed, record.stt_request_id)
    assert facts == ("BadRequestError", 400, None, False, "req-7")
    assert "error=BadRequestError status=400 maybe_billed=False request_id=req-7" in record.getMessage()


def test_error_of_another_kind(server: Server, log: pytest.LogCaptureFixture) -> None:
    """Of an error that is not the library's own the type alone is written."""
    with pytest.raises(LookupError):
        run(server, Mishap())
    record: Any = log.records[-1]
    assert (record.stt_error, hasattr(record, "stt_status")) == ("LookupError", False)


def test_answer_without_usage(server: Server, log: pytest.LogCaptureFixture) -> None:
    """Where the server does not say what a call cost, its line does not either."""
    run(server)
    record: Any = log.records[-1]
    assert record.stt_cost is None
    assert "cost" not in record.getMessage()


def test_nothing_confidential(server: Server, clock: Clock, log: pytest.LogCaptureFixture) -> None:
    """No record holds audio, text, the key or the server's words, not even for debugging."""
    server.will(SAID, Answer(503, REFUSED.body), REFUSED, SAID)
    run(server)
    run(server, Backup())
    with pytest.raises(LookupError):
        run(server, Mishap())
    written = log.text + str([vars(record) for record in log.records])
    secrets = (KEY, WORDS, COMPLAINT, repr(WAV[:20]), base64.b64encode(WAV[:30]).decode())
    assert not [secret for secret in secrets if secret in written]


def test_silent_where_nobody_listens(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    """Below the logger's level nothing is written."""
    caplog.set_level(logging.WARNING, "openrouter_stt")
    run(server)
    assert caplog.records == []
