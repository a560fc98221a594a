"""Find the Python on which generated code is tried."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import Final

OLDEST: Final = (3, 11)


def interpreter(oldest: tuple[int, int]) -> tuple[str, tuple[str, ...]]:
    """Return the interpreter of version ``oldest`` that has attrs and httpx, and no note.

    Where there is none, return the running one with a note that says so.
    """
    if sys.version_info[:2] == oldest:
        return sys.executable, ()
    wanted = ".".join(map(str, oldest))
    found = shutil.which(f"python{wanted}")
    if found and _has_dependencies(found):
        return found, ()
    running = ".".join(map(str, sys.version_info[:2]))
    words = f"tried on Python {running}: no python{wanted} with attrs and httpx is on PATH"
    return sys.executable, (words,)


def _has_dependencies(python: str) -> bool:
    # A shim of pyenv is on PATH and fails: being there is not enough.
    command = [python, "-I", "-c", "import attrs, httpx"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0  # noqa: S603  # from PATH
