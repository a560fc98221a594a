"""The program run in this process against the scripted server."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from openrouter_stt import _plugins
from openrouter_stt._cli import main
from tests.support.server import Server
from tests.support.sounds import WAV


class Ran(NamedTuple):
    status: int
    out: str
    err: str


Run = Callable[..., Ran]
Install = Callable[[str, str], None]


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


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install a distribution `NAME 1.2` with a plugin of its name, as an installer leaves it."""
    monkeypatch.syspath_prepend(tmp_path)
    made: list[str] = []

    def installed(name: str, source: str) -> None:
        folder = tmp_path / f"{name}-1.2.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
        (folder / "entry_points.txt").write_text(f"[{_plugins.GROUP}]\n{name} = {name}_of_a_stranger\n")
        (tmp_path / f"{name}_of_a_stranger.py").write_text(source)
        made.append(f"{name}_of_a_stranger")
        _forget_discovery()

    yield installed
    for name in made:
        sys.modules.pop(name, None)
    _forget_discovery()


def _forget_discovery() -> None:
    """Installed plugins are found once per process, and each of these tests is to be a process of its own."""
    _plugins.installed.cache_clear()
    _plugins.imported.cache_clear()
    _plugins.warn_skipped.cache_clear()
