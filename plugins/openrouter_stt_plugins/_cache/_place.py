"""The place of a cache: a folder for its owner alone, and in it files that are its owner's and lead nowhere else."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from openrouter_stt import ConfigurationError

DATABASE: Final = "answers.sqlite3"
FILES: Final = (DATABASE, *(DATABASE + suffix for suffix in ("-wal", "-shm", "-journal")))


def made_ready(folder: Path) -> Path:
    """Make the folder where there is none, check it, and return the path of the database.

    A folder that others can enter is closed to them if there is nothing else in it. Raises `ConfigurationError` for
    a place where others might read answers or put theirs.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.lstat()
    _check(folder, status, is_right=stat.S_ISDIR(status.st_mode), wanted="a folder")
    if _is_open(status):
        others = sorted({path.name for path in folder.iterdir()} - {*FILES})
        if others:
            raise ConfigurationError(
                f"the cache {folder} is open to others, and {others[0]!r} in it is not the cache's; give the cache a "
                f"folder of its own, or close this one: chmod 700 {folder}"
            )
        folder.chmod(0o700)
    for path in files(folder):
        status = path.lstat()
        _check(path, status, is_right=stat.S_ISREG(status.st_mode), wanted="a regular file")
    return folder / DATABASE


def files(folder: Path) -> list[Path]:
    """List the files of a cache that are there."""
    return [path for name in FILES if os.path.lexists(path := folder / name)]


def close_to_others(folder: Path) -> None:
    """Keep others from the files, by their paths: closing a descriptor of a database gives up SQLite's locks on it."""
    for path in files(folder):
        if _is_open(path.lstat()):
            path.chmod(0o600)


def identity(path: Path) -> tuple[int, int] | None:
    """Tell a file from one that took its place."""
    try:
        status = path.lstat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _check(path: Path, status: os.stat_result, *, is_right: bool, wanted: str) -> None:
    if not is_right:
        kind = "a symbolic link" if stat.S_ISLNK(status.st_mode) else "something else"
        raise ConfigurationError(f"{path} must be {wanted} for a cache, and is {kind}; give the cache another folder")
    user = getattr(os, "geteuid", int)()  # on Windows everything is user 0's
    if status.st_uid != user:
        raise ConfigurationError(
            f"{path} belongs to user {status.st_uid}, not to {user}, who runs this; give the cache a folder of its own"
        )


def _is_open(status: os.stat_result) -> bool:
    return os.name == "posix" and stat.S_IMODE(status.st_mode) & 0o077 != 0
