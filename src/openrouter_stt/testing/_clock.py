"""Time in tests: it passes where a client would sleep."""

from __future__ import annotations

import threading

from .._runtime import AsyncRuntime, SyncRuntime


class FakeClock:
    """A clock that jumps where a client would sleep, and keeps for how long.

    `now` is in seconds, `waits` are the seconds of each sleep, in order. Sleeps of concurrent calls come one after the
    other. Safe to share between threads and clients.
    """

    def __init__(self, now: float = 1000.0) -> None:
        self.now: float = now
        self.waits: list[float] = []
        self._lock = threading.Lock()

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        with self._lock:
            self.now += seconds

    def sleep(self, seconds: float) -> None:
        """Let time pass as one that sleeps."""
        self.waits.append(seconds)
        self.advance(seconds)


class ClockedSyncRuntime(SyncRuntime):
    """The sync world on a fake clock."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock

    def now(self) -> float:
        return self._clock.now

    async def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds)


class ClockedAsyncRuntime(AsyncRuntime):
    """The async world on a fake clock; who sleeps gives way to others, and can be cancelled."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock

    def now(self) -> float:
        return self._clock.now

    async def sleep(self, seconds: float) -> None:
        from anyio.lowlevel import checkpoint

        await checkpoint()
        self._clock.sleep(seconds)
