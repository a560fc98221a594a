"""Stop before more dollars are spent than a limit allows."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal

from openrouter_stt import (
    APIError,
    Attempt,
    ConfigurationError,
    HookSpecs,
    ProceedAttempt,
    STTError,
    Transcription,
    hookimpl,
)

from ._numbers import is_number


class BudgetExceededError(APIError):
    """A request was not sent, since with it more than the budget's limit might be spent."""


class Budget(HookSpecs):
    """Reserves what each request may cost before it is sent, and books what it did cost (`usage.cost`) afterwards.

    A request that was refused or never got to the server is released. One that may be billed, was cancelled, or was
    answered without a cost is booked as estimated. Clients, threads and tasks that have this object share the limit.

    Args:
        limit: US dollars.
        estimate: US dollars that a request is taken to cost, or a function that says so of an `Attempt`. By default the
            last cost of the same model, else of the dearest one, by the length of the audio, or by its size where the
            length is unknown; before there is any cost, nothing.

    Raises:
        ConfigurationError: For a limit or an estimate that is no amount.
    """

    name = "budget"

    def __init__(self, limit: float, *, estimate: float | Callable[[Attempt], float] | None = None) -> None:
        self.limit: float = float(_dollars("limit", limit))
        if not (estimate is None or callable(estimate)):
            estimate = float(_dollars("estimate", estimate))
        self.estimate: float | Callable[[Attempt], float] | None = estimate
        self._spent = self._reserved = Decimal()  # floats do not add up: 0.1 + 0.2 > 0.3
        self._rates: dict[str, dict[str, float]] = {}  # dollars by unit and model
        self._lock = threading.Lock()

    @property
    def spent(self) -> float:
        """US dollars that are booked."""
        return float(self._spent)

    @property
    def remaining(self) -> float:
        """US dollars that are neither booked nor reserved, never negative."""
        with self._lock:
            return max(0.0, float(_dollars("limit", self.limit) - self._spent - self._reserved))

    @hookimpl
    async def around_attempt(self, attempt: Attempt, proceed: ProceedAttempt) -> Transcription:
        """Send a request within the limit; raises `BudgetExceededError` for one that may pass it."""
        cost = reserved = self._reserve(attempt)
        try:
            answer = await proceed(attempt)
            cost = self._cost(attempt, answer, reserved)
        except STTError as error:
            cost = reserved if error.maybe_billed else Decimal()
            raise
        finally:  # also of what was cancelled, which may be billed
            with self._lock:
                self._reserved -= reserved
                self._spent += cost
        return answer

    def _reserve(self, attempt: Attempt) -> Decimal:
        estimate = _dollars("estimate", self._estimated(attempt))
        limit = _dollars("limit", self.limit)
        with self._lock:
            taken = self._spent + self._reserved
            if taken + estimate <= limit and taken < limit:
                self._reserved += estimate
                return estimate
            booked = self._spent
        raise BudgetExceededError(
            f"about {estimate:.4f} dollars more may pass the budget of {limit}, of which {booked:.4f} are spent and "
            f"{taken - booked:.4f} reserved; nothing was sent"
        )

    def _estimated(self, attempt: Attempt) -> float:
        if self.estimate is not None:
            return self.estimate(attempt) if callable(self.estimate) else self.estimate
        with self._lock:
            for unit, amount in _measures(attempt):
                if rates := self._rates.get(unit):
                    return amount * rates.get(attempt.call.model, max(rates.values()))
        return 0.0

    def _cost(self, attempt: Attempt, answer: Transcription, reserved: Decimal) -> Decimal:
        cost = answer.usage.cost if answer.usage else None
        if cost is None or cost < 0:
            return reserved
        with self._lock:
            for unit, amount in _measures(attempt):
                self._rates.setdefault(unit, {})[attempt.call.model] = cost / amount
        return _dollars("cost", cost)


def _measures(attempt: Attempt) -> Iterator[tuple[str, float]]:
    """Give what a cost may be in proportion to, in seconds and in bytes, which have another worth in each format."""
    if attempt.duration:
        yield "seconds", attempt.duration
    yield attempt.format, attempt.size


def _dollars(name: str, amount: float) -> Decimal:
    if not (is_number(amount) and 0 <= amount < math.inf):
        raise ConfigurationError(f"the budget's {name} must be US dollars, 0 or more, not {amount!r}")
    return Decimal(repr(float(amount)))
