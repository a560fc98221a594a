"""Past versions of the document are synced one after the other, in a copy of the project."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from generator.cli import main
from generator.project import ROOT
from generator.refusal import Refusal
from generator.replay import Row, documents, table
from generator.tree import files

SLUG = "        a/new-one:\n          additionalProperties:\n            nullable: true\n          type: object\n"
FIRST = "        01ai:\n"


@pytest.fixture
def versions(tmp_path: Path) -> Path:
    """Three versions: today's document, one with another provider, one that is cut off."""
    folder = tmp_path / "versions"
    folder.mkdir()
    text = (ROOT / "openapi.yaml").read_text(encoding="utf-8")
    assert FIRST in text
    (folder / "1.yaml").write_text(text, encoding="utf-8")
    (folder / "2.yaml").write_text(text.replace(FIRST, SLUG + FIRST), encoding="utf-8")
    (folder / "3.yaml").write_text(text[:-100], encoding="utf-8")
    (folder / "notes.txt").touch()
    return folder


@pytest.mark.usefixtures("unmeasured")
def test_versions_are_synced_in_order(committed: Path, versions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each row tells what changed and whether the facade still works; a refusal is a row, and the status."""
    for name in ("src", "plugins", "tests"):
        shutil.copytree(ROOT / name, committed / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", committed)
    before = files(committed)
    assert main(["replay", str(versions)], root=committed) == 1
    first, second, third = capsys.readouterr().out.splitlines()[2:]
    assert first.startswith("| 1 | 20 | +")
    assert first.endswith(" ms | pass |")
    assert second.startswith("| 2 | 1 | +1 -0 | 1 | 0 | patch | ")
    assert second.endswith(" ms | pass |")
    assert "| refused: " in third
    assert files(committed) == before


@pytest.mark.usefixtures("unmeasured")
def test_a_broken_facade_is_told(committed: Path, versions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A copy without the facade cannot pass its contract tests."""
    for name in ("2.yaml", "3.yaml"):
        (versions / name).unlink()
    (committed / "tests" / "contract").mkdir(parents=True)
    (committed / "tests" / "contract" / "test_it.py").write_text("def test_it():\n    raise ValueError('a | b')\n")
    assert main(["replay", str(versions)], root=committed) == 1
    assert "FAILED tests/contract/test_it.py::test_it" in capsys.readouterr().out


def test_a_directory_without_documents_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And one that is a file, in a line."""
    assert main(["replay", str(tmp_path)]) == 3
    assert "holds no document" in capsys.readouterr().err
    assert main(["replay", str(tmp_path / "absent")]) == 64
    with pytest.raises(Refusal, match="cannot be read"):
        documents(tmp_path / "absent")


def test_a_table_is_not_broken_by_words() -> None:
    """Bars and line ends of a message stay in their cell."""
    row = Row(version="1", broken="FAILED a\nb | c")
    assert table([row]).splitlines()[2] == "| 1 | 0 | +0 -0 | 0 | 0 | none | 0.0 ms | FAILED a b \\| c |"


def test_tools_that_are_missing_are_named(
    committed: Path, versions: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before the first version is synced."""
    monkeypatch.setattr("generator.replay.find_spec", lambda _: None)
    assert main(["replay", str(versions)], root=committed) == 3
    assert "pip install -e . --group test" in capsys.readouterr().err
