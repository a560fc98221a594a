"""A new tree takes the place of the old one at once, whatever happens meanwhile."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from generator.exchange import _by_renames, exchange  # the way of systems that cannot exchange names
from generator.project import ROOT, Project
from generator.refusal import Refusal
from generator.staging import commit, recover, staging
from tests.support.faults_child import FAULTS, fill, state


def _rows(folder: Path, fault: str) -> list[dict[str, Any]]:
    program = [sys.executable, "-m", "tests.support.faults_child", str(folder), fault]
    done = subprocess.run(program, cwd=ROOT, check=True, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_operation_leaves_the_old_tree_or_the_new_one(tmp_path: Path, fault: str) -> None:
    """generated/ is whole at once; the files beside it are after the next run, and nothing is left over."""
    rows = _rows(tmp_path, fault)
    assert len(rows) > 10
    assert {row["generated"] for row in rows} <= {"old", "new"}
    assert {row["after"] for row in rows} <= {"old", "new"}
    assert all(row["after"] == "new" for row in rows if row["generated"] == "new")
    assert not any(row["left"] for row in rows)


def test_a_killed_run_is_told_from_a_finished_one(tmp_path: Path) -> None:
    """Before the mark the old tree stays; after it the new one comes; both happen in the rows."""
    rows = _rows(tmp_path, "kill")
    assert {row["exit"] for row in rows} == {-signal.SIGKILL}
    assert [row["after"] for row in rows] == sorted((row["after"] for row in rows), reverse=True)
    assert {row["after"] for row in rows} == {"old", "new"}


def test_an_interrupt_waits_for_the_exchange(tmp_path: Path) -> None:
    """A key pressed in the middle ends the run, and never between two of the steps."""
    rows = _rows(tmp_path, "interrupt")
    assert {row["exit"] for row in rows} == {130}
    assert all(row["generated"] == row["after"] for row in rows)
    assert {row["after"] for row in rows} == {"old", "new"}


@pytest.mark.parametrize("present", [True, False])
def test_everything_staged_takes_its_place(tmp_path: Path, present: bool) -> None:
    """The first time there is no tree to be exchanged."""
    if present:
        fill(tmp_path, "old")
    project = Project(tmp_path)
    with staging(project) as staged:
        fill(staged.root, "new")
        staged.fragments.mkdir()
        (staged.fragments / "one.md").write_text("new", encoding="utf-8")
        commit(staged, project)
    assert state(tmp_path) == "new"
    assert (project.fragments / "one.md").exists()


def test_what_is_not_committed_is_gone(tmp_path: Path) -> None:
    """An error while the tree is made leaves the project as it was."""
    fill(tmp_path, "old")
    with contextlib.suppress(ValueError), staging(Project(tmp_path)) as staged:
        fill(staged.root, "new")
        raise ValueError("unwell")
    assert state(tmp_path) == "old"
    assert not (tmp_path / ".sync").exists()


def test_two_runs_do_not_write_at_once(tmp_path: Path) -> None:
    """The second is refused, also one that would only clear away what it takes for left over."""
    with staging(Project(tmp_path)):
        with pytest.raises(Refusal, match="another run"), staging(Project(tmp_path)):
            pytest.fail("was let in")
        with pytest.raises(Refusal, match="another run"):
            recover(Project(tmp_path))


class MacOS:
    """A system that has another function for it, and nothing else."""

    renamex_np: Any = staticmethod(lambda new, old, _: _by_renames(Path(os.fsdecode(new)), Path(os.fsdecode(old))) or 0)


def _as_on(system: object) -> Any:
    def way(new: Path, old: Path) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("ctypes.CDLL", lambda _: system)
            exchange(new, old)

    return way


@pytest.mark.parametrize("way", [exchange, _as_on(MacOS()), _as_on(object())], ids=["Linux", "macOS", "elsewhere"])
def test_two_directories_exchange_their_names(tmp_path: Path, way: Any) -> None:
    """Where the system cannot do it at once, three renames do."""
    for name in ("one", "two"):
        fill(tmp_path / name, name)
    way(tmp_path / "one", tmp_path / "two")
    assert (state(tmp_path / "one"), state(tmp_path / "two")) == ("two", "one")


def test_a_run_that_failed_in_the_middle_is_carried_to_its_end(tmp_path: Path) -> None:
    """Once everything is ready the staging directory stays until it is in place."""
    fill(tmp_path, "old")
    project = Project(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("generator.staging.exchange", _full)
        with pytest.raises(OSError, match="full"):
            _committed(project)
    assert state(tmp_path) == "old"
    recover(project)
    assert state(tmp_path) == "new"


def _full(*_: object) -> None:
    raise OSError("the disk is full")


def _committed(project: Project) -> None:
    with staging(project) as staged:
        fill(staged.root, "new")
        commit(staged, project)
