"""httpx without its command line: where click and rich are installed, it loads both, for most of its import."""

from __future__ import annotations

import sys
import threading
from importlib import import_module
from types import ModuleType
from typing import Any, Final

_COMMAND_LINE: Final = "httpx._main"
_turn: Final = threading.Lock()  # of threads whose first clients are made at once


def import_httpx() -> None:
    """Import httpx, unless that was done, and leave its command line to the first call of `httpx.main`."""
    with _turn:
        if "httpx" in sys.modules:
            return
        stand_in: Any = ModuleType(_COMMAND_LINE)
        stand_in.main = _main
        sys.modules[_COMMAND_LINE] = stand_in
        try:
            import_module("httpx")
        finally:
            del sys.modules[_COMMAND_LINE]


def _main(*args: Any, **options: Any) -> Any:
    return import_module(_COMMAND_LINE).main(*args, **options)
