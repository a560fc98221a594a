"""The commands, run on copies of the project."""

from __future__ import annotations

import json
import runpy
import shutil
from pathlib import Path

import pytest

from generator.cli import main
from generator.document import parse
from generator.normalise import normalise
from generator.project import ROOT, Project
from generator.tree import files

SLUG = "a/new-one"


@pytest.fixture
def synced(project: Project, page: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    """The small project after its first sync."""
    assert main(["sync", str(page)], root=project.root) == 0, capsys.readouterr().err
    capsys.readouterr()
    return project


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_committed_code_follows_from_the_document(capsys: pytest.CaptureFixture[str]) -> None:
    """This is the gate: `check` on the repository itself."""
    assert main(["check"]) == 0, capsys.readouterr().out


def test_check_names_every_file_that_differs(committed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Edited, missing and added files are told apart; compiled modules do not count."""
    package = committed / "generated" / "openrouter_stt_api"
    (package / "types.py").write_text("edited", encoding="utf-8")
    (package / "client.py").unlink()
    (package / "models" / "more.py").touch()
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "types.pyc").touch()
    assert main(["check"], root=committed) == 1
    lines = capsys.readouterr().out.replace("openrouter_stt_api/", "").splitlines()
    assert lines == ["client.py: is missing", "models/more.py: is extra", "types.py: differs"]


def test_a_changed_overlay_shows_in_the_lock(committed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Even one that changes nothing in the code: what it was made of is another."""
    _edit(committed / "generator" / "overlays" / "usage.yaml", "version: 1.0.0", "version: 1.0.1")
    assert main(["check"], root=committed) == 1
    assert capsys.readouterr().out == "lock.json: differs\n"


def test_the_first_sync_writes_everything(synced: Project) -> None:
    """Document, package and lock, which follow from each other; there is nothing yet to compare with."""
    assert synced.document.exists()
    assert synced.package.exists()
    assert list(synced.fragments.iterdir()) == []
    assert main(["check"], root=synced.root) == 0


def test_a_report_that_cannot_be_printed_is_no_refusal(
    synced: Project, page: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was written stays written."""
    _edit(page, '"529":', '"530":')
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr("sys.stdout", full)
        assert main(["sync"], root=synced.root) == 74
        with pytest.raises(OSError, match="space"):
            full.close()
    assert capsys.readouterr().err == "Error: all done, but the report cannot be printed: No space left on device\n"
    assert "530" in synced.document.read_text(encoding="utf-8")


def test_without_a_source_that_of_the_lock_is_read(
    synced: Project, page: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And what it changed is told, as text, as JSON and as a fragment of the changelog."""
    _edit(page, '"529":', '"530":')
    assert main(["sync", "--json"], root=synced.root) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["bump"] == "major"
    assert "errors.py" in report["files"]
    fragments = {path.name for path in synced.fragments.iterdir()}
    assert {f"+{change['id']}" for change in report["changes"]} == {name.split(".")[0] for name in fragments}


def test_nothing_new_is_said_as_well(synced: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """The second sync from the same page changes no byte."""
    before = files(synced.root)
    assert main(["sync"], root=synced.root) == 0
    assert capsys.readouterr().out == "# The API is as it was\n\ngenerated/ is as it was.\n"
    assert files(synced.root) == before


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        ("Bad Request - try again", "Bad Request - try again", 0),
        ("language:", "tongue: {type: string}\n        language:", 1),
        ("language:", "tongue:", 2),
    ],
)
def test_diff_writes_nothing_and_tells_by_its_status(
    synced: Project, page: Path, old: str, new: str, status: int
) -> None:
    """Nothing, something compatible, something breaking."""
    _edit(page, old, new)
    before = files(synced.root)
    assert main(["diff", str(page)], root=synced.root) == status
    assert files(synced.root) == before


def test_a_copy_can_stand_for_its_source(synced: Project, page: Path) -> None:
    """The lock names the address of the page, not of the copy; a path is kept relative to the project."""
    assert json.loads(synced.lock.read_text())["source"] == "page.md"
    assert main(["sync", str(page), "--record", "https://docs.test/page.md"], root=synced.root) == 0
    assert json.loads(synced.lock.read_text())["source"] == "https://docs.test/page.md"


def test_all_operations_can_be_generated(synced: Project, page: Path) -> None:
    """The lock remembers it, so that `check` does the same; the next sync goes back to the configured ones."""
    assert main(["sync", str(page), "--operations", "all"], root=synced.root) == 0
    assert (synced.package / "api" / "default" / "other.py").exists()
    assert main(["check"], root=synced.root) == 0
    assert main(["sync"], root=synced.root) == 0
    assert not (synced.package / "api" / "default").exists()


def test_another_way_of_writing_changes_nothing(committed: Path, tmp_path: Path) -> None:
    """Every `nullable` as a type array is a large change of the document and none of the client."""
    before = files(committed / "generated" / "openrouter_stt_api")
    document = parse((committed / "openapi.yaml").read_text(encoding="utf-8"), "openapi.yaml")
    source = tmp_path / "rewritten.json"
    source.write_text(json.dumps(normalise(document)), encoding="utf-8")
    assert main(["diff", str(source)], root=committed) == 0
    assert main(["sync", str(source)], root=committed) == 0
    assert files(committed / "generated" / "openrouter_stt_api") == before


def test_a_new_provider_is_one_line(committed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The most frequent change of the API asks for a patch release and touches one line."""
    spec = committed / "openapi.yaml"
    source = committed / "new.yaml"
    shutil.copy(spec, source)
    entry = "          additionalProperties:\n            nullable: true\n          type: object\n"
    _edit(source, "        01ai:\n", f"        {SLUG}:\n{entry}        01ai:\n")
    assert main(["sync", str(source), "--json"], root=committed) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["bump"], len(report["changes"])) == ("patch", 1)
    assert SLUG in report["changes"][0]["words"]
    assert report["files"] == {"providers.py": {"what": "changed", "added": 1, "removed": 0}}


def test_the_module_is_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`python -m generator --help` explains the source and the exit status."""
    monkeypatch.setattr("sys.argv", ["generator", "--help"])
    with pytest.raises(SystemExit, match="0"):
        runpy.run_module("generator", run_name="__main__")
    words = capsys.readouterr().out.split()
    assert {"SOURCE", "status:", "sync", "diff", "check", "explain", "replay"} <= set(words)


def test_wrong_usage_is_no_answer(capsys: pytest.CaptureFixture[str]) -> None:
    """Its status is none of those that a diff has."""
    assert main(["diff", "--absent"]) == 64
    assert "No such option" in capsys.readouterr().err


def test_an_interrupt_is_said_in_one_line(
    synced: Project, page: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The old tree stays, and the status is the shell's for an interrupt."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("generator.sync.compare", interrupt)
    before = files(synced.root)
    assert main(["sync", str(page)], root=synced.root) == 130
    assert capsys.readouterr().err.splitlines()[-1] == (
        "interrupted; the old files are in place, or the new ones if they were ready"
    )
    assert files(synced.root) == before


def test_a_disk_that_cannot_be_written_is_said_in_one_line(
    synced: Project, page: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the place and the system's reason."""
    (synced.root / ".sync").touch()
    assert main(["sync", str(page)], root=synced.root) == 3
    assert capsys.readouterr().err == f"refused: {synced.root / '.sync'}: File exists\n"


def test_the_repository_remembers_where_the_api_is_published() -> None:
    """An address, since a path would be one of this machine."""
    assert json.loads(Project(ROOT).lock.read_text())["source"].startswith("https://openrouter.ai/")
