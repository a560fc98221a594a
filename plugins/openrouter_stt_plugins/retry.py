"""Send again what the server refused or never got, and nothing that may already have been paid for."""

from __future__ import annotations

import math
import random
import threading
from typing import Final

from openrouter_stt import (
    APIConnectionError,
    APIStatusError,
    CallFinished,
    ConfigurationError,
    Event,
    Failure,
    HookSpecs,
    STTError,
    hookimpl,
)

from ._numbers import is_number

REFUSED: Final = frozenset({408, 429, 500, 502, 503, 529})  # statuses that come without a result
NEVER_SENT: Final = frozenset({"dns", "refused", "timeout", "reset"})  # kinds of broken connections
# What a retry takes from the budget, as in botocore's standard mode; a server that asks for less is not broken.
COST: Final = 14
COST_OF_THROTTLE: Final = 5
DOUBLINGS: Final = 60  # of the first wait, at most: no float holds many more than a thousand


class Retry(HookSpecs):
    """Retries with back-off and full jitter (M. Brooker, "Exponential Backoff And Jitter", AWS 2015).

    A budget keeps many calls from multiplying the load of a server that fails: each retry takes 14 from it, one after
    429 or a 402 that asks to wait 5, and each call that is answered gives 1 back. The calls of one client share it, in
    threads and tasks alike; so do clients that are given one object. Nothing else fills it.

    Args:
        sends: How many requests a call may take, the first included.
        base: Seconds, the upper end of the first random wait; it doubles with each further one.
        longest: Seconds, the most it doubles to.
        longest_asked: Seconds a server may ask to wait by Retry-After; above, the error is raised at once.
        resend_unknown: Whether to send again after an outcome that is unknown and may be billed twice.
        budget: How much the budget holds, at first and at most.

    Raises:
        ConfigurationError: For a number that is none, or too small.
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
        budget: int = 500,
    ) -> None:
        _check_whole("sends", sends, least=1)
        _check_whole("budget", budget, least=0)
        _check_seconds("base", base, below=math.inf)
        _check_seconds("longest", longest)
        _check_seconds("longest_asked", longest_asked)
        if not isinstance(resend_unknown, bool):
            raise ConfigurationError(f"Retry takes resend_unknown= as True or False, not {resend_unknown!r}")
        self.sends = sends
        self.base = base
        self.longest = longest
        self.longest_asked = longest_asked
        self.resend_unknown = resend_unknown
        self.budget = budget
        self._left = budget
        self._lock = threading.Lock()

    @hookimpl
    def retry(self, failure: Failure) -> float | None:
        """Give the seconds to wait, or None where the error stands."""
        if failure.attempt >= self.sends or not self._may_be_sent_again(failure):
            return None
        delay = self._delay(failure)
        if delay > self.longest_asked or delay >= failure.call.remaining:
            return None
        return delay if self._taken(COST_OF_THROTTLE if _throttled(failure.error) else COST) else None

    def _wants(self, kind: type[Event]) -> bool:
        return kind is CallFinished and self._left < self.budget

    @hookimpl(events=_wants)
    def event(self, event: Event) -> None:
        if isinstance(event, CallFinished) and event.attempts:
            with self._lock:
                self._left = min(self._left + 1, self.budget)

    def _may_be_sent_again(self, failure: Failure) -> bool:
        error = failure.error
        if error.maybe_billed:
            return self.resend_unknown or (failure.attempt == 1 and _stale(error))
        return _refused(error)

    def _delay(self, failure: Failure) -> float:
        asked = failure.error.retry_after
        if asked is not None:
            return asked
        return random.uniform(0, min(self.longest, self.base * 2 ** min(failure.attempt - 1, DOUBLINGS)))  # noqa: S311  jitter

    def _taken(self, cost: int) -> bool:
        with self._lock:
            if self._left < cost:
                return False
            self._left -= cost
            return True


def _check_whole(name: str, number: int, *, least: int) -> None:
    if isinstance(number, bool) or not isinstance(number, int) or number < least:
        raise ConfigurationError(f"Retry takes {name}= as a whole number from {least}, not {number!r}")


def _check_seconds(name: str, seconds: float, *, below: float | None = None) -> None:
    if not (is_number(seconds) and seconds >= 0 and seconds != below):
        raise ConfigurationError(f"Retry takes {name}= in seconds, 0 or more, not {seconds!r}")


def _refused(error: STTError) -> bool:
    if isinstance(error, APIStatusError):
        return error.status in REFUSED or _throttled(error)
    return isinstance(error, APIConnectionError) and error.kind in NEVER_SENT


def _stale(error: STTError) -> bool:
    """Tell whether a kept connection ended as a request came: most likely the server had closed it before."""
    return isinstance(error, APIConnectionError) and error.stale


def _throttled(error: STTError) -> bool:
    """Tell whether the server asks for fewer requests: by 429, or by a 402 for what is under way at once."""
    if not isinstance(error, APIStatusError):
        return False
    return error.status == 429 or (
        error.status == 402 and error.retry_after is not None and _limit_source(error) == "openrouter_in_flight_budget"
    )


def _limit_source(error: APIStatusError) -> object:
    """Read which limit was hit (https://openrouter.ai/docs/api-reference/limits, "In-flight spending budget")."""
    value: object = error.error
    for name in ("error", "metadata", "limit_source"):
        value = value.get(name) if isinstance(value, dict) else None
    return value


plugin = Retry
