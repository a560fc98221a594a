"""httpx without its command line: where click and rich are installed, it loads both, for most of its import."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any, Final

_COMMAND_LINE: Final = "httpx._main"


def import_httpx() -> None:
    """Import httpx, unless that was done, and leave its command line to the first call of `httpx.main`."""
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
