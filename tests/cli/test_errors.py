"""What goes wrong: one line on standard error, and an exit status that scripts can use."""

from __future__ import annotations

from pathlib import Path

import pytest

from openrouter_stt import APIConnectionError, APIResponseError, APITimeoutError, STTError
from openrouter_stt._cli.report import status_of, tell_error
from tests.cli.conftest import Run
from tests.support.clock import Clock
from tests.support.distributions import Install
from tests.support.server import Answer, Server

BREAKING = """
from openrouter_stt import hookimpl

@hookimpl
def finish(transcription):
    raise KeyError("missing")
"""


def refusal(status: int, **headers: str) -> Answer:
    return Answer.of(status, {"error": {"code": status, "message": "no\nway"}}, **headers)


def test_one_bad_file_does_not_stop_the_others(transcribe: Run, server: Server, recordings: Path) -> None:
    """A file that fails is a line on standard error; the status is that of the first one that failed."""
    (recordings / "notes.wav").write_text("nothing to hear")
    server.will(Answer(), refusal(400))
    ran = transcribe("1.wav", "notes.wav", "2.wav", "missing.wav", "1.wav")
    assert (ran.status, ran.out) == (3, "1.wav: hello\n1.wav: hello\n")
    lines = ran.err.splitlines()
    assert lines[0].startswith("openrouter-stt: notes.wav is text; known here are wav, ")
    assert lines[1:] == ["openrouter-stt: 2.wav: status 400: no way", "openrouter-stt: missing.wav: no such file"]


@pytest.mark.parametrize("name", ["no", "file", "1"])
def test_a_short_name_is_told(transcribe: Run, name: str) -> None:
    """Though it is part of the words of the message."""
    assert transcribe(name).err == f"openrouter-stt: {name}: no such file\n"


@pytest.mark.parametrize(
    ("answer", "status"),
    [(Answer(), 0), *((refusal(code), 4) for code in (400, 401, 402, 403, 404, 413, 418, 504, 524))]
    + [(refusal(code), 5) for code in (408, 429, 500, 502, 503, 529)]
    + [(Answer.of(200, {"error": {"code": 429, "message": "slow"}}), 5), (Answer.of(200, {}), 4)]
    + [(Answer(cut="after the body"), 4)],
)
def test_exit_statuses_of_answers(transcribe: Run, server: Server, answer: Answer, status: int) -> None:
    """4 is for good or maybe billed, 5 is worth trying later."""
    server.will(answer)
    assert transcribe("--no-plugin", "retry", "1.wav").status == status


@pytest.mark.parametrize(
    ("failure", "status"),
    [(APIConnectionError("x", kind=kind), 5) for kind in ("dns", "refused", "timeout", "reset")]
    + [(APIConnectionError("x", kind=kind), 4) for kind in ("tls", "proxy", "protocol")]
    + [(APIConnectionError("x", kind="reset", maybe_billed=True), 4)]
    + [(APITimeoutError("x"), 5), (APITimeoutError("x", maybe_billed=True), 4), (APIResponseError("x"), 4)],
)
def test_exit_statuses_of_broken_exchanges(failure: Exception, status: int) -> None:
    """Nothing billed and likely to pass is 5; the rest is 4."""
    assert status_of(failure) == status


@pytest.mark.parametrize(
    "args",
    [
        ["--bogus"],
        ["--temperature", "warm"],
        ["--timeout", "-1"],
        ["--base-url", "ftp://x"],
        ["--plugin", "nobody"],
        ["--no-plugin", "nobody"],
        ["--provider", "[1]"],
    ],
)
def test_usage_and_configuration_are_2(transcribe: Run, server: Server, args: list[str]) -> None:
    """What cannot work is status 2, and nothing is sent."""
    ran = transcribe(*args, "1.wav")
    assert (ran.status, ran.out, server.requests) == (2, "", [])


def test_an_error_is_one_line_with_its_facts(transcribe: Run, server: Server) -> None:
    """A line says which file, what, and what is known of the request."""
    server.will(refusal(429, Retry_After="300", X_Request_Id="req-1"))
    told = transcribe("1.wav").err
    assert told == "openrouter-stt: 1.wav: status 429: no way; try again in 300 s (request id req-1)\n"


@pytest.mark.parametrize(
    ("message", "seconds", "told"),
    [
        ("too many wait", 2.5, "too many wait (retry after 2.5 s)"),
        ("down, try again in 2.5 s", 2.5, "down, try again in 2.5 s"),
        ("too many wait", 0, "too many wait"),
    ],
)
def test_a_wait_is_told_once(capsys: pytest.CaptureFixture[str], message: str, seconds: float, told: str) -> None:
    """A plugin's error may not say it in its words."""
    tell_error(STTError(message, retry_after=seconds), debug=False)
    assert capsys.readouterr().err == f"openrouter-stt: {told}\n"


def test_attempts_and_billing_are_told(transcribe: Run, server: Server) -> None:
    """Several attempts are counted, and what may have been billed is said."""
    server.will(refusal(503, Retry_After="0"), refusal(524))
    assert transcribe("1.wav").err.endswith("status 524: no way (attempts 2, maybe billed)\n")


def test_a_retry_is_told_before_its_wait(transcribe: Run, server: Server, clock: Clock) -> None:
    """Each in a line, with the file, a log or not."""
    server.will(refusal(503, Retry_After="7"), Answer(), refusal(503, Retry_After="7"))
    ran = transcribe("1.wav")
    assert (ran.out, clock.waits) == ("hello\n", [7.0])
    told = "openrouter-stt: 1.wav: sent again in 7.0 s: status 503: no way; try again in 7 s\n"
    assert ran.err == told
    logged = transcribe("-v", "1.wav").err
    assert told in logged
    assert "RetryScheduled" in logged


FALLS_BACK = """
from openrouter_stt import hookimpl
@hookimpl
def fallback(failure):
    return failure.call.replace(model="test/other")
"""


def test_a_fallback_is_told(transcribe: Run, server: Server, install: Install) -> None:
    """Another model answers than the one that was named."""
    install("fallback", FALLS_BACK)
    server.will(refusal(400))
    ran = transcribe("1.wav")
    assert (ran.out, ran.err) == ("hello\n", "openrouter-stt: 1.wav: now asks test/other: status 400: no way\n")


@pytest.mark.usefixtures("recordings")
def test_no_key_says_what_to_do_and_ends_the_run(run: Run) -> None:
    """Without a key every file would fail alike: one line, in words of the command line."""
    ran = run("transcribe", "-m", "test/model", "1.wav", "2.wav")
    assert (ran.status, ran.out, len(ran.err.splitlines())) == (2, "", 1)
    assert ran.err.startswith("openrouter-stt: no API key: set OPENROUTER_API_KEY; ")
    assert "--model local/moonshine-tiny" in ran.err


@pytest.mark.parametrize("status", [401, 402])
def test_what_no_file_is_answered_with_ends_the_run(transcribe: Run, server: Server, status: int) -> None:
    """A key that is not taken, an account that is empty: nothing is sent of the other files."""
    server.will(refusal(status))
    ran = transcribe("1.wav", "2.wav")
    assert (ran.out, len(ran.err.splitlines()), len(server.requests)) == ("", 1, 1)
    assert ran.err.startswith(f"openrouter-stt: status {status}: no way")


def test_a_url_is_explained(transcribe: Run) -> None:
    """A URL is not a missing file: the message says to download it."""
    ran = transcribe("https://example.com/talk.mp3")
    assert ran.status == 3
    assert "download it first" in ran.err


def test_a_plugin_is_blamed_in_the_same_line(transcribe: Run, install: Install) -> None:
    """An error nobody expected is status 1, with its type and the note that names the plugin."""
    install("breaking", BREAKING)
    status, out, err = transcribe("1.wav")
    assert (status, out) == (1, "")
    blame = "raised in plugin 'breaking' (breaking 1.2), hook finish"
    assert err == f"openrouter-stt: 1.wav: KeyError: 'missing' ({blame})\n"


def test_nothing_secret_is_told_of_a_failure(transcribe: Run, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither key nor text, however much one asks to be told, and though the server repeats them."""
    monkeypatch.setenv("OPENROUTER_STT_TRACE", "1")
    server.will(
        Answer.of(401, {"error": {"message": "sk-secret is wrong"}, "text": "what was said"}, X_Key="sk-secret")
    )
    told = transcribe("-vv", "--debug", "1.wav").err
    assert "Traceback" in told
    assert "openrouter-stt trace" in told
    assert "is wrong" in told
    assert "sk-secret" not in told
    assert "what was said" not in told


def test_debug_shows_the_traceback(transcribe: Run, install: Install) -> None:
    """`--debug` prints the traceback before the line, without the key."""
    install("breaking", BREAKING)
    told = transcribe("--debug", "1.wav").err
    assert told.startswith("Traceback (most recent call last):")
    assert told.splitlines()[-1].startswith("openrouter-stt: 1.wav: KeyError")
    assert "sk-secret" not in told
