"""Send again what the server refused or never got, and nothing that may already have been paid for."""

from __future__ import annotations

import random
from typing import Final

from openrouter_stt import APIConnectionError, APIStatusError, Failure, HookSpecs, STTError, hookimpl

REFUSED: Final = frozenset({408, 429, 500, 502, 503, 529})  # statuses that come without a result
NEVER_SENT: Final = frozenset({"dns", "refused", "timeout", "reset"})  # kinds of broken connections


class Retry(HookSpecs):
    """Retries with back-off and full jitter (M. Brooker, "Exponential Backoff And Jitter", AWS 2015).

    Args:
        sends: How many requests a call may take, the first included.
        base: Seconds, the upper end of the first random wait; it doubles with each further one.
        longest: Seconds, the most it doubles to.
        longest_asked: Seconds a server may ask to wait by Retry-After; above, the error is raised at once.
        resend_unknown: Whether to send again after an outcome that is unknown and may be billed twice.
    """

    name = "retry"

    def __init__(
        self,
        *,
        sends: int = 3,
        base: float = 0.5,
        longest: float = 8.0,
        longest_asked: float = 120.0,
        resend_unknown: bool = False,
    ) -> None:
        self.sends = sends
        self.base = base
        self.longest = longest
        self.longest_asked = longest_asked
        self.resend_unknown = resend_unknown

    @hookimpl
    def retry(self, failure: Failure) -> float | None:
        """Give the seconds to wait, or None where the error stands."""
        error = failure.error
        if failure.attempt >= self.sends or not (_refused(error) or (self.resend_unknown and error.maybe_billed)):
            return None
        if error.retry_after is not None:
            return error.retry_after if error.retry_after <= self.longest_asked else None
        return random.uniform(0, min(self.longest, self.base * 2 ** (failure.attempt - 1)))  # noqa: S311  jitter


def _refused(error: STTError) -> bool:
    if error.maybe_billed:
        return False
    if isinstance(error, APIStatusError):
        return error.status in REFUSED
    return isinstance(error, APIConnectionError) and error.kind in NEVER_SENT


plugin = Retry
