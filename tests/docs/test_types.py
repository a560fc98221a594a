"""The Python on the pages is clean to mypy --strict and pyright, since it is there to be copied."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.pages import NAMES, blocks

CHECKERS = {
    "mypy": ["mypy", "--strict"],
    "pyright": ["pyright", "--pythonpath", sys.executable],
}


@pytest.mark.parametrize("checker", CHECKERS)
def test_pages(tmp_path: Path, checker: str) -> None:
    """Each block by itself, but those of the tutorial, which makes a distribution and checks it itself."""
    for page in {*NAMES} - {"tutorial"}:
        for number, block in enumerate(blocks(page)):
            if block.language == "python":
                (tmp_path / f"{page.replace('-', '_')}_{number}.py").write_text(block.text)
    command = [sys.executable, "-m", *CHECKERS[checker], "."]
    checked = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
