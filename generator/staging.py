"""Put a new tree in the place of the old one, so that an interruption at any moment leaves one of them whole.

The new files are made in a directory of their own, which mirrors the project. When it is complete it is marked
ready, and from then on there is only one way: generated/ is exchanged in one step of the file system, and the
single files follow by renames. A run that was killed before the mark left nothing; one that was killed after it is
carried to its end by the next run.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

from generator.exchange import exchange
from generator.project import Project
from generator.refusal import Refusal

_FOLDER = ".sync"
_READY = "ready"


@contextlib.contextmanager
def staging(project: Project) -> Iterator[Project]:
    """Give a new directory that mirrors the project, to be filled and then passed to `commit`.

    Raises Refusal where another run is at work, OSError where the project cannot be written.
    """
    folder = project.root / _FOLDER
    with _alone(project):
        _finish(project)
        try:
            folder.mkdir()
            yield Project(folder)
        finally:
            if not (folder / _READY).exists():
                shutil.rmtree(folder, ignore_errors=True)


def commit(staged: Project, project: Project) -> None:
    """Put everything in the staging directory into its place in the project."""
    project.fragments.mkdir(exist_ok=True)
    mark = staged.root / "mark"
    mark.write_text(_hash(staged.lock), encoding="ascii")
    with _uninterrupted():
        mark.rename(staged.root / _READY)
        _finish(project)


def recover(project: Project) -> None:
    """Carry an interrupted run to its end, or clear away what it left."""
    if (project.root / _FOLDER).exists():
        with _alone(project):
            _finish(project)


def _finish(project: Project) -> None:
    staged = Project(project.root / _FOLDER)
    ready = staged.root / _READY
    if ready.exists():
        # After the exchange the staging directory holds the old tree, which must not come back.
        if ready.read_text(encoding="ascii") != _hash(project.lock):
            exchange(staged.generated, project.generated)
        for path in (staged.document, *staged.fragments.glob("*")):
            if path.exists():
                path.replace(project.root / path.relative_to(staged.root))
    shutil.rmtree(staged.root, ignore_errors=True)


def _hash(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest() if lock.exists() else ""


@contextlib.contextmanager
def _alone(project: Project) -> Iterator[None]:
    # The lock is on the directory itself: a file for it would be left in the project.
    directory = os.open(project.root, os.O_RDONLY)
    try:
        _lock(directory)
        yield
    finally:
        os.close(directory)


def _lock(directory: int) -> None:
    try:
        fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Refusal("another run of the generator is writing this project; wait for its end") from None


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let no signal in; what came meanwhile is handled afterwards."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
