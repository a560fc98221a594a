"""`openrouter-stt transcribe`: what it prints and what it sends."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.support.server import Answer, Server
from tests.support.sounds import WAV

USAGE = {"cost": 0.002, "seconds": 0.1, "input_tokens": None, "output_tokens": None, "total_tokens": None}


def test_one_file_is_its_text_on_a_line(transcribe: Run, server: Server) -> None:
    """One file: its text, whatever line ends and control characters are in it, on one line and nothing else."""
    server.will(Answer.of(200, {"text": "hello\nthere\x1b[2J you \u2028"}))
    assert transcribe("1.wav") == (0, "hello there [2J you\n", "")


def test_several_files_are_named_in_order(transcribe: Run, server: Server) -> None:
    """Several files: a line each, with the name as it was given."""
    server.will(Answer.of(200, {"text": "first"}), Answer.of(200, {"text": "second"}))
    assert transcribe("2.wav", "./1.wav").out == "2.wav: first\n./1.wav: second\n"


def test_json_is_an_object_a_line(transcribe: Run, server: Server) -> None:
    """`--format json` prints one object a line, readable as it stands."""
    server.will(
        Answer.of(200, {"text": "grüß\ndich", "usage": {"cost": 0.002, "seconds": 0.1}}, X_Generation_Id="gen-1")
    )
    line = transcribe("--format", "json", "1.wav").out
    assert "grüß" in line
    assert json.loads(line) == {
        "file": "1.wav",
        "text": "grüß\ndich",
        "model": "test/model",
        "usage": USAGE,
        "generation_id": "gen-1",
        "attempts": 1,
        "source": "network",
    }


def test_json_without_usage(transcribe: Run) -> None:
    """A server that states no usage leaves a null."""
    assert json.loads(transcribe("--format", "json", "1.wav").out)["usage"] is None


@pytest.mark.parametrize(("output", "wanted"), [("text", "\\U0001f600\n"), ("json", '"\\ud83d\\ude00"')])
def test_ascii_terminals_lose_nothing(
    transcribe: Run, server: Server, monkeypatch: pytest.MonkeyPatch, output: str, wanted: str
) -> None:
    """Where the output cannot show a character it is escaped, in JSON as JSON escapes."""
    server.will(Answer.of(200, {"text": "\N{GRINNING FACE}"}))
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(printed := io.BytesIO(), "ascii"))
    assert transcribe("--format", output, "1.wav").status == 0
    assert wanted in printed.getvalue().decode()


def test_standard_output_may_be_any_text_stream(transcribe: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that embeds this one may have put a stream of its own in place of standard output."""
    monkeypatch.setattr(sys, "stdout", printed := io.StringIO())
    assert transcribe("1.wav").status == 0
    assert printed.getvalue() == "hello\n"


def test_standard_input(transcribe: Run, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dash stands for the bytes on standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(WAV)))
    assert transcribe("-").out == "hello\n"
    assert (server.last.audio, server.last.format) == (WAV, "wav")


def test_options_of_the_api_are_sent(transcribe: Run, server: Server) -> None:
    """Options from the spec reach the server with their types."""
    provider = {"options": {"openai": {"prompt": "names"}}}
    transcribe("--language", "de", "--temperature", "0.5", "--provider", json.dumps(provider), "1.wav")
    sent = server.last.json
    assert (sent["language"], sent["temperature"], sent["provider"]) == ("de", 0.5, provider)


def test_options_not_given_are_not_sent(transcribe: Run, server: Server) -> None:
    """The request holds what was asked for; `--audio-format` is believed."""
    transcribe("--audio-format", "mp3", "1.wav")
    assert server.last.json.keys() == {"model", "input_audio"}
    assert server.last.format == "mp3"


def test_the_cache_answers_the_second_time(transcribe: Run, server: Server) -> None:
    """`--cache DIR` keeps answers in the folder, whatever its name; the same audio is sent once."""
    transcribe("--cache", "memory", "1.wav")
    assert json.loads(transcribe("--cache", "memory", "--format", "json", "1.wav").out)["source"] == "cache"
    assert len(server.requests) == 1


@pytest.mark.parametrize(("flags", "prefix"), [((), "openrouter-stt: warning: "), (("-v",), "WARNING ")])
def test_a_cache_that_cannot_be_used_is_told_once(
    transcribe: Run, server: Server, recordings: Path, flags: tuple[str, ...], prefix: str
) -> None:
    """Its files are paid for again, so nobody needs -v to see it; what went well is not told."""
    (recordings / "elsewhere").mkdir()
    (recordings / "shared").symlink_to("elsewhere")
    ran = transcribe(*flags, "--cache", "shared", "1.wav", "2.wav", "1.wav")
    (warned,) = [line for line in ran.err.splitlines() if "cache" in line]
    assert f"{prefix}plugin 'cache', hook cache_get failed with ConfigurationError (" in warned
    assert "is a symbolic link; give the cache another folder" in warned
    assert len(ran.err.splitlines()) == 1 or flags
    assert len(server.requests) == 3


def test_events_are_told_with_v_alone(transcribe: Run, server: Server) -> None:
    """Without it the line of the error is all that is said of a failure, though it is a warning in the log."""
    server.will(Answer.of(400, {}))
    assert [line.split(": ")[1] for line in transcribe("1.wav").err.splitlines()] == ["1.wav"]


@pytest.mark.parametrize("path", ["", "1.wav"])
def test_a_cache_that_is_no_folder_is_refused(transcribe: Run, server: Server, path: str) -> None:
    """Before anything is sent."""
    ran = transcribe("--cache", path, "1.wav")
    assert (ran.status, ran.out, server.requests) == (2, "", [])


@pytest.mark.parametrize(("flags", "levels"), [([], set()), (["-v"], {"INFO"}), (["-vv"], {"INFO", "DEBUG"})])
def test_verbosity(transcribe: Run, flags: list[str], levels: set[str]) -> None:
    """-v logs information to standard error, -vv all, and neither logs the key or what was said."""
    ran = transcribe(*flags, "1.wav")
    assert {line.split()[1] for line in ran.err.splitlines()} == levels
    assert ran.out == "hello\n"
    assert "hello" not in ran.err
    assert "sk-secret" not in ran.err


@pytest.mark.filterwarnings("always")
def test_warnings_are_one_line_and_told_once(transcribe: Run) -> None:
    """A warning is a line on standard error without a place in the source, and not repeated for each file."""
    ran = transcribe("--provider", '{"options": {"opennai": {}}}', "1.wav", "2.wav")
    assert len(ran.err.splitlines()) == 1
    assert ran.err.startswith("openrouter-stt: warning: the API knows no provider 'opennai'")


@pytest.mark.filterwarnings("always")
def test_warnings_precede_the_error_they_came_with(transcribe: Run, server: Server) -> None:
    """What was warned of before a call failed is told all the same."""
    server.will(Answer.of(400, {}))
    told = transcribe("--provider", '{"options": {"opennai": {}}}', "1.wav").err.splitlines()
    assert [line.split(": ")[1] for line in told] == ["warning", "1.wav"]


def test_the_sample_is_transcribed_offline(run: Run) -> None:
    """The example of the help works without a key."""
    sample = Path(__file__).parents[2] / "samples" / "hello.wav"
    ran = run("transcribe", str(sample), "--model", "local/moonshine-tiny")
    assert (ran.status, ran.err) == (0, "")
    assert "your own computer" in ran.out
