"""A plugin for openrouter-stt that delays and refuses requests by chance, for staging."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

from openrouter_stt import (
    APIError,
    APITimeoutError,
    Attempt,
    ConfigurationError,
    HookSpecs,
    ProceedAttempt,
    ServiceUnavailableError,
    Transcription,
    hookimpl,
)


def busy() -> APIError:
    """Return the error of a busy server."""
    return ServiceUnavailableError("made up by the plugin chaos; nothing was sent", status=503)


class Chaos(HookSpecs):
    """Delays attempts, or raises in their place, each with a probability; the same `seed` does the same again.

    Without arguments it does nothing, since an installed plugin is in every client.
    """

    name = "chaos"

    def __init__(
        self,
        *,
        errors: float = 0.0,
        error: Callable[[], APIError] = busy,
        delays: float = 0.0,
        delay: float = 1.0,
        seed: int | str = 0,
    ) -> None:
        for name, probability in (("errors", errors), ("delays", delays)):
            if not 0 <= probability <= 1:
                raise ConfigurationError(f"{name} is {probability}; give a probability from 0 to 1")
        if not 0 <= delay < float("inf"):
            raise ConfigurationError(f"delay is {delay}; give seconds from 0")
        self.errors = errors
        self.error = error
        self.delays = delays
        self.delay = delay
        self._random = random.Random(seed)
        self._lock = threading.Lock()

    @hookimpl
    async def around_attempt(self, attempt: Attempt, proceed: ProceedAttempt) -> Transcription:
        """Do harm before the request is sent, and never behind it, where it is paid."""
        late, fails = self._drawn()
        if late:
            await self._wait(attempt)
        if fails:
            raise self.error()
        return await proceed(attempt)

    async def _wait(self, attempt: Attempt) -> None:
        if self.delay >= attempt.call.remaining:
            raise APITimeoutError("a delay made up by the plugin chaos passes the deadline; nothing was sent")
        await attempt.call.sleep(self.delay)

    def _drawn(self) -> tuple[bool, bool]:
        """Draw two numbers for each attempt, so that a change of one setting leaves the fate by the other."""
        with self._lock:
            return self._random.random() < self.delays, self._random.random() < self.errors
