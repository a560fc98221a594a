"""The program run in this process against the scripted server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from openrouter_stt._cli import main
from tests.support.server import Server
from tests.support.sounds import WAV


class Ran(NamedTuple):
    status: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def server(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The scripted server, and an environment that sends the program there."""
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-secret")
    monkeypatch.setenv("OPENROUTER_BASE_URL", server.url)
    return server


@pytest.fixture
def recordings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder the program runs in, with the recordings 1.wav and 2.wav."""
    for name in ("1.wav", "2.wav"):
        (tmp_path / name).write_bytes(WAV)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the program."""

    def run_program(*args: str) -> Ran:
        status = main(args)
        out, err = capsys.readouterr()
        return Ran(status, out, err)

    return run_program


@pytest.fixture
def transcribe(run: Run, server: Server, recordings: Path) -> Run:
    """Run `transcribe` with a model."""
    return lambda *args: run("transcribe", "-m", "test/model", *args)
