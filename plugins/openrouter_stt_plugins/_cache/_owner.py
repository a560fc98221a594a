"""Who holds a claim, and whether that process still is."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from secrets import token_hex
from typing import Final

_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
_PROCESSES: Final = Path("/proc/self/ns/pid")


def new_owner() -> str:
    """Name a new claimant of this process: where its number is known, the number, and something of its own."""
    return f"{_place()}/{os.getpid()}/{token_hex(8)}"


def is_gone(owner: str) -> bool:
    """Tell whether the process has ended; of one in another container nothing is known."""
    place, process, _ = owner.split("/")
    if not place or place != _place():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:  # it is another user's
        return False
    return False


@cache
def _place() -> str:
    """Name the place where a process number means what it means here; empty where it cannot be named."""
    try:
        return f"{_BOOT.read_text().strip()} {_PROCESSES.readlink()}"
    except OSError:
        return ""
