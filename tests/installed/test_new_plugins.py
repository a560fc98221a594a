"""What the installed program writes: the templates are in the wheel, and the tests of a new plugin pass as written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = [sys.executable, "-m", "openrouter_stt", "plugins", "new", "mine", "--hook"]


@pytest.mark.parametrize("hook", ["finish", "around_attempt", "encode_audio", "cache"])
def test_its_own_tests_pass(tmp_path: Path, hook: str) -> None:
    """In a folder of its own, with nothing of this repository."""
    subprocess.run([*PROGRAM, hook], cwd=tmp_path, check=True)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
    tested = subprocess.run(command, cwd=tmp_path / "mine", capture_output=True, text=True, check=False)
    assert tested.returncode == 0, tested.stdout
