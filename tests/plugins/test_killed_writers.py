"""Processes that are killed while they write leave a cache that others go on using."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.spec import ROOT

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="POSIX alone forks")


def test_killed_writers(tmp_path: Path) -> None:
    """Of six processes and 40 kills at random moments nobody sees a wrong answer or an error."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.killed_child", tmp_path / "kept", "40", "7"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    row = json.loads(done.stdout)
    assert (row["wrong"], done.stderr) == (0, "")
    assert row["calls"] - 1000 > row["hits"] > 1000
    with closing(sqlite3.connect(tmp_path / "kept" / "answers.sqlite3")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
