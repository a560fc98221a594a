"""What `openrouter-stt plugins new` writes is clean to mypy --strict and pyright, its tests included."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from openrouter_stt._cli import main
from openrouter_stt._cli.plugins.new import SKELETONS


@pytest.mark.parametrize("checker", [["mypy"], ["pyright", "--pythonpath", sys.executable]], ids=["mypy", "pyright"])
@pytest.mark.parametrize("hook", SKELETONS)
def test_new_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hook: str, checker: list[str]) -> None:
    """By the settings in its own pyproject.toml."""
    monkeypatch.chdir(tmp_path)
    assert main(["plugins", "new", "mine", "--hook", hook]) == 0
    command = [sys.executable, "-m", *checker]
    checked = subprocess.run(command, cwd="mine", capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
