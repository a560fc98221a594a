"""What makes a file take longer, or be heard by another model: told as it happens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from .._events import FallbackChosen, RetryScheduled
from .._markers import hookimpl
from .report import line


class News:
    """A plugin that tells of retries and fallbacks, with the name of the file in work."""

    name: Final = "command-line"

    def __init__(self) -> None:
        self._file = ""
        self._say: Callable[[str], object] = str

    def of(self, file: str, say: Callable[[str], object]) -> None:
        """Tell from now on of `file`, each time in a line that is given to `say`."""
        self._file, self._say = file, say

    @hookimpl(events=(RetryScheduled, FallbackChosen))
    def event(self, event: RetryScheduled | FallbackChosen) -> None:
        what = f"sent again in {event.delay:.1f} s" if isinstance(event, RetryScheduled) else f"now asks {event.model}"
        self._say(line(self._file, what, str(event.error)))
