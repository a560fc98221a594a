"""What the program promises of any version of the API: an option for each of its options, a status for each failure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from openrouter_stt._cli import main
from openrouter_stt._cli.options import SpecOption
from openrouter_stt._cli.transcribe import transcribe_command
from openrouter_stt._wire import OPTIONS, Option
from openrouter_stt_api.errors import ERRORS
from tests.contract.conftest import example_of, examples, on_the_wire
from tests.support.server import Answer, Server
from tests.support.sounds import WAV

FLAGS = {param.field: param.opts[0] for param in transcribe_command(OPTIONS).params if isinstance(param, SpecOption)}


@pytest.fixture
def recording(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A file, and an environment that sends it to the server."""
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-test")
    monkeypatch.setenv("OPENROUTER_BASE_URL", server.url)
    path = tmp_path / "hello.wav"
    path.write_bytes(WAV)
    return str(path)


def arguments(option: Option, value: Any) -> list[str]:
    """The option as it is given on the command line."""
    flag = FLAGS[option.name]
    if option.kind == "boolean":
        return [flag]
    return [flag, json.dumps(value) if option.kind == "json" else str(value)]


def test_every_option_can_be_given(server: Server, recording: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each by its flag, and sent as it was given."""
    given = [word for option in OPTIONS for word in arguments(option, example_of(option))]
    assert main(["transcribe", recording, "--model", "some/model", *given]) == 0
    assert capsys.readouterr().out == "hello\n"
    assert server.last.json.items() >= on_the_wire(examples()).items()


def test_the_help_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    """Under its flag."""
    assert main(["transcribe", "--help"]) == 0
    words = capsys.readouterr().out.split()
    assert {flag for flag in FLAGS.values() if not any(word.startswith(flag) for word in words)} == set()


@pytest.mark.parametrize("status", sorted(ERRORS))
def test_each_failure_ends_the_program(
    server: Server, recording: str, capsys: pytest.CaptureFixture[str], status: int
) -> None:
    """With a status that is no success, and the server's words."""
    server.will(Answer.of(status, {"error": {"code": status, "message": "said why"}}))
    assert main(["transcribe", recording, "--model", "some/model", "--no-plugin", "retry"]) > 0
    out, err = capsys.readouterr()
    assert out == ""
    assert f"status {status}: said why" in err
