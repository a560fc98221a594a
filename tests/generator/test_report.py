"""What a sync says: to people, to machines and to the changelog."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from generator.changes import Bump, Change
from generator.report import FileChange, Report, file_changes

ADDED = Change("request-property-added", "`transcribe()` gained a new option `x`.", Bump.MINOR, ("/a",))
REMOVED = Change("answer-property-removed", "Answers lost `y`.", Bump.MAJOR, ("/a", "/b", "/c", "/d"))
WORDS = Change("documentation-changed", "Words changed.", Bump.PATCH)


def test_nothing_is_said_in_two_lines() -> None:
    """No table of nothing."""
    assert Report().as_text() == "# The API is as it was\n\ngenerated/ is as it was.\n"


def test_every_change_has_its_line() -> None:
    """With what it asks of the version, where it stands, and its id; the title counts."""
    text = Report(
        changes=(REMOVED, ADDED), files={"a.py": FileChange("changed", 2, 1)}, notes=("By the way.",)
    ).as_text()
    assert text == (
        "# 2 changes, 1 breaking: a major release\n\n"
        f"- **breaking** Answers lost `y`. In `/a`, `/b`, `/c` and 1 more places. [{REMOVED.id}]\n"
        f"- **minor** `transcribe()` gained a new option `x`. In `/a`. [{ADDED.id}]\n\n"
        "generated/: 1 file, 2 lines added, 1 removed.\n\n"
        "- `a.py` changed, +2 -1\n\n"
        "Note: By the way.\n"
    )


def test_words_of_a_document_stay_in_their_line(tmp_path: Path) -> None:
    """A name with a line end or an escape sequence makes no heading, and no terminal obeys it."""
    change = Change("request-property-added", "gained `a\n# b\x1b[2J`.", Bump.MINOR, ("/a\n# b",))
    report = Report(changes=(change,), notes=("one\n# two",))
    report.write_fragments(tmp_path / "fragments")
    [fragment] = (tmp_path / "fragments").iterdir()
    assert fragment.read_text(encoding="utf-8") == "gained `a # b [2J`.\n"
    assert [line for line in report.as_text().splitlines() if line.startswith("#")] == ["# 1 change: a minor release"]


def test_a_machine_reads_the_same() -> None:
    """Bump, changes with ids, files and notes."""
    report = json.loads(Report(changes=(ADDED,), files={"a.py": FileChange("added", 2, 0)}).as_json())
    row = {
        "id": ADDED.id,
        "rule": ADDED.rule,
        "words": ADDED.words,
        "bump": "minor",
        "places": ["/a"],
        "breaking": False,
    }
    files = {"a.py": {"what": "added", "added": 2, "removed": 0}}
    assert report == {"bump": "minor", "changes": [row], "files": files, "notes": []}


@pytest.mark.parametrize(
    ("changes", "bump"),
    [((), Bump.NONE), ((WORDS,), Bump.PATCH), ((WORDS, ADDED), Bump.MINOR), ((ADDED, REMOVED, WORDS), Bump.MAJOR)],
)
def test_the_strongest_change_counts(changes: tuple[Change, ...], bump: Bump) -> None:
    """For the version as a whole."""
    assert Report(changes=changes).bump is bump


def test_each_change_is_a_fragment(tmp_path: Path) -> None:
    """Named after the change, so that the same change is the same file; its ending is the section."""
    Report(changes=(ADDED, REMOVED, WORDS)).write_fragments(tmp_path / "changelog.d")
    fragments = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "changelog.d").iterdir()}
    assert fragments == {
        f"+{ADDED.id}.feature.md": f"{ADDED.words}\n",
        f"+{REMOVED.id}.breaking.md": f"{REMOVED.words}\n",
        f"+{WORDS.id}.patch.md": f"{WORDS.words}\n",
    }


def test_files_are_counted_by_lines(tmp_path: Path) -> None:
    """A line that changed was removed and added."""
    old, new = tmp_path / "old", tmp_path / "new"
    for folder, files in (
        (old, {"a": "1\n2\n", "b": "1\n", "same": "x"}),
        (new, {"a": "1\n3\n4\n", "c": "", "same": "x"}),
    ):
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
    assert file_changes(new, old) == {
        "a": FileChange("changed", 2, 1),
        "b": FileChange("removed", 0, 1),
        "c": FileChange("added", 0, 0),
    }
