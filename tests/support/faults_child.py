"""Commit a staged tree again and again in forked children, with a fault at another operation each time.

Run as ``python faults_child.py FOLDER FAULT``; prints a JSON row for each operation that the fault hit: the
state that the project was in afterwards, and after the next run of the generator had looked at it.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from generator.project import Project
from generator.staging import commit, recover, staging

_OPERATIONS = {"ctypes.dlsym", "open", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "shutil.rmtree"}


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def _full() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "somewhere")


def _read_only() -> None:
    raise OSError(errno.EROFS, os.strerror(errno.EROFS), "somewhere")


FAULTS: dict[str, Callable[[], None]] = {
    "kill": _kill,
    "interrupt": _interrupt,
    "full disk": _full,
    "read only": _read_only,
}


def fill(root: Path, content: str) -> None:
    """Write a small generated tree with its lock, a document and a fragment."""
    for name in ("generated/package/a.py", "generated/package/b.py", "generated/lock.json", "openapi.yaml"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def state(root: Path) -> str:
    """Return "old" or "new" where every file is, else what is there."""
    found = {path: path.read_text() for path in sorted(root.rglob("*")) if path.is_file() and ".sync" not in str(path)}
    contents = set(found.values())
    return contents.pop() if len(contents) == 1 else ", ".join(f"{path.name}: {text}" for path, text in found.items())


def _commit_with_a_fault(project: Project, number: int, fault: Callable[[], None]) -> None:
    left = number

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal left
        if event in _OPERATIONS:
            left -= 1
            if left == -1:
                fault()

    try:
        with staging(project) as staged:
            fill(staged.root, "new")
            sys.addaudithook(hook)
            commit(staged, project)
        os._exit(0 if left < 0 else 7)
    except OSError:
        os._exit(3)
    except KeyboardInterrupt:
        os._exit(130)


def main(folder: Path, fault: str) -> None:
    """Print the rows."""
    for number in range(1000):
        root = folder / str(number)
        root.mkdir()
        fill(root, "old")
        child = os.fork()
        if not child:
            _commit_with_a_fault(Project(root), number, FAULTS[fault])
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status == 7:
            break
        generated = state(root / "generated")
        recover(Project(root))
        row = {"exit": status, "generated": generated, "after": state(root)}
        sys.stdout.write(json.dumps({**row, "left": (root / ".sync").exists()}) + "\n")
        shutil.rmtree(root)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
