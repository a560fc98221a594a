"""A clock that jumps where a client would sleep, and remembers for how long."""

from __future__ import annotations

import pytest

from openrouter_stt import _runtime


class Clock:
    """The time of every client of a test."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.waits: list[float] = []
        self.stands = False  # where many wait at once, none of them is to move the others' time

    def advance(self, seconds: float) -> None:
        self.time += seconds

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Take the place of the real clock in both kinds of client."""

        def now(_: object) -> float:
            return self.time

        async def sleep(_: object, seconds: float) -> None:
            self.waits.append(seconds)
            self.time += 0 if self.stands else seconds

        for runtime in (_runtime.SyncRuntime, _runtime.AsyncRuntime):
            monkeypatch.setattr(runtime, "now", now)
            monkeypatch.setattr(runtime, "sleep", sleep)
