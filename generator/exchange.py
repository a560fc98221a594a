"""Exchange two directories in one step, where the system has it; elsewhere by two renames."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

_CURRENT_DIRECTORY = -100  # AT_FDCWD
_LINUX_EXCHANGE = 2  # RENAME_EXCHANGE of renameat2(2)
_MACOS_SWAP = 2  # RENAME_SWAP of renamex_np(2)


def exchange(new: Path, old: Path) -> None:
    """Give each directory the other's name; ``old`` may be absent, then ``new`` is renamed.

    Both are on one file system. At every moment ``old`` is one of the two, whole, if the system can exchange names.
    """
    if not old.exists():
        new.rename(old)
    elif not _at_once(new, old):
        _by_renames(new, old)


def _at_once(new: Path, old: Path) -> bool:
    system = ctypes.CDLL(None)
    if rename := getattr(system, "renameat2", None):
        done = rename(_CURRENT_DIRECTORY, os.fsencode(new), _CURRENT_DIRECTORY, os.fsencode(old), _LINUX_EXCHANGE)
    elif rename := getattr(system, "renamex_np", None):
        done = rename(os.fsencode(new), os.fsencode(old), _MACOS_SWAP)
    else:
        return False
    return int(done) == 0


def _by_renames(new: Path, old: Path) -> None:
    aside = new.with_name(f"{new.name}.old")
    old.rename(aside)
    new.rename(old)
    aside.rename(new)
