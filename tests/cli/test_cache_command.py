"""`openrouter-stt cache`: what is in the folder of a cache, and how it is emptied."""

from __future__ import annotations

import io
import json
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from openrouter_stt_plugins._cache import _answers
from openrouter_stt_plugins.cache import DiskCache
from tests.cli.conftest import Run
from tests.support.caches import FULL, size_of


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache with two answers, kept 2024-02-29 12:00:00 and a second later."""
    now = iter((1709208000.0, 1709208001.0))
    monkeypatch.setattr(_answers, "time", lambda: next(now))
    cache = DiskCache(tmp_path / "kept")
    for key in ("one", "two"):
        cache.cache_set(key, FULL)
    cache.close()
    return tmp_path / "kept"


def test_info(run: Run, folder: Path) -> None:
    """Sizes are as people read them, times are UTC."""
    status, out, err = run("cache", "info", str(folder))
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        "entries  2",
        f"size     {2 * size_of(FULL)} bytes, files {(folder / 'answers.sqlite3').stat().st_size / 1000:.1f} kB",
        "oldest   2024-02-29T12:00:00+00:00",
        "newest   2024-02-29T12:00:01+00:00",
        "schema   1",
    ]


def test_info_as_json(run: Run, folder: Path) -> None:
    info = json.loads(run("cache", "info", "--json", str(folder)).out)
    assert info == {
        "entries": 2,
        "bytes": 2 * size_of(FULL),
        "file_bytes": (folder / "answers.sqlite3").stat().st_size,
        "oldest": "2024-02-29T12:00:00+00:00",
        "newest": "2024-02-29T12:00:01+00:00",
        "schema": 1,
    }


def test_info_of_an_empty_cache(run: Run, folder: Path) -> None:
    run("cache", "clear", "--yes", str(folder))
    assert run("cache", "info", str(folder)).out.splitlines()[2:4] == ["oldest   -", "newest   -"]


def test_clear(run: Run, folder: Path) -> None:
    """Nothing of the answers is left in the files, and what else is in the folder stays."""
    (folder / "thesis.txt").write_text("mine")
    assert run("cache", "clear", "--yes", str(folder)) == (0, "forgot 2 answers\n", "")
    assert {path.name for path in folder.iterdir()} == {"answers.sqlite3", "thesis.txt"}
    assert FULL.generation_id is not None
    assert FULL.generation_id.encode() not in (folder / "answers.sqlite3").read_bytes()


@pytest.mark.parametrize(("said", "status", "left"), [("y\n", 0, 0), ("n\n", 1, 2), ("", 2, 2)])
def test_clear_asks(run: Run, folder: Path, said: str, status: int, left: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --yes; whoever says nothing does not agree."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(said))
    ran = run("cache", "clear", str(folder))
    assert (ran.status, f"Forget 2 answers in {folder}?" in ran.err) == (status, True)
    assert json.loads(run("cache", "info", "--json", str(folder)).out)["entries"] == left


@pytest.mark.parametrize("stdin", [io.StringIO(), None], ids=["empty", "closed"])
def test_clear_without_a_terminal(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, stdin: io.StringIO | None
) -> None:
    """Where nobody can be asked, it says what to do."""
    monkeypatch.setattr(sys, "stdin", stdin)
    assert run("cache", "clear", str(folder)).err.splitlines()[-1] == "Error: no terminal to ask; use --yes"


def test_clear_interrupted(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever answers on a terminal with Ctrl-C or Ctrl-D ends the program."""
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", terminal)
    ran = run("cache", "clear", str(folder))
    assert (ran.status, ran.err.endswith("openrouter-stt: interrupted\n")) == (130, True)


def _another_s(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "answers.sqlite3")) as database:
        database.execute("CREATE TABLE answers (something TEXT)")


def _no_database(folder: Path) -> None:
    (folder / "answers.sqlite3").write_bytes(b"mine" * 500)


@pytest.mark.parametrize(
    ("fill", "message"),
    [
        (lambda _: None, "Error: there is no cache in "),
        (_another_s, "is not a cache of openrouter-stt; give the cache another folder"),
        (_no_database, "is not a cache of openrouter-stt; give the cache another folder"),
    ],
)
@pytest.mark.parametrize("command", [["info"], ["clear", "--yes"]])
def test_what_is_no_cache_is_left_as_it_is(
    run: Run, tmp_path: Path, command: list[str], fill: Callable[[Path], None], message: str
) -> None:
    """The message says why."""
    fill(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    ran = run("cache", *command, str(tmp_path))
    assert (ran.status, ran.out) == (2, "")
    assert message in ran.err
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_damaged_cache_is_told(run: Run, folder: Path) -> None:
    file = folder / "answers.sqlite3"
    file.write_bytes(file.read_bytes()[:100].ljust(4096 * 8, b"\xff"))
    ran = run("cache", "info", str(folder))
    assert (ran.status, ran.out) == (1, "")
    assert f"the cache in {folder} cannot be used: database disk image is malformed" in ran.err
