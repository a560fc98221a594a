"""Stop asking a server that fails, and try it again with one request after a while."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from typing import Final

from openrouter_stt import (
    STOP,
    APIConnectionError,
    APIError,
    APIResponseError,
    APIStatusError,
    APITimeoutError,
    Attempt,
    Call,
    ConfigurationError,
    Failure,
    HookSpecs,
    ProceedAttempt,
    Stop,
    Transcription,
    hookimpl,
)

from ._numbers import is_number

DOWN: Final = frozenset({"refused", "timeout", "reset", "protocol"})  # kinds of broken connections that are its fault


class CircuitOpenError(APIError):
    """A request was not sent, since those before it failed; in `retry_after` seconds one is let through."""


@dataclass
class _Circuit:
    failures: int = 0  # in a row
    opened: float | None = None  # when; None while it is closed
    probing: bool = False  # one request is on its way to find out


class CircuitBreaker(HookSpecs):
    """Opens after failures in a row, and closes again by one request that succeeds (M. Nygard, "Release It!", 2007).

    What counts is that the server fails: a status of 500 or more, a connection that is refused or breaks, a deadline
    that passes, an answer that cannot be used. A status below 500 is an answer of a server that works. Other errors,
    such as those of plugins and of this machine's network, tell nothing. Each model at each base URL has a circuit of
    its own, since OpenRouter asks another provider for another model.

    Args:
        failures: How many failures in a row open a circuit.
        recovery: Seconds from then until one request is let through; when it fails, the time starts anew.

    Raises:
        ConfigurationError: For fewer than one failure, or no time to recover.
    """

    name = "circuit-breaker"

    def __init__(self, *, failures: int = 5, recovery: float = 30.0) -> None:
        if not (is_number(failures) and failures >= 1 and is_number(recovery) and 0 < recovery < math.inf):
            raise ConfigurationError("CircuitBreaker takes failures= of at least 1 and recovery= in seconds above 0")
        self.failures = failures
        self.recovery: float = float(recovery)
        self._circuits: dict[tuple[str, str], _Circuit] = {}
        self._lock = threading.Lock()

    @hookimpl
    async def around_attempt(self, attempt: Attempt, proceed: ProceedAttempt) -> Transcription:
        """Raise `CircuitOpenError` at once where the circuit is open, else watch what becomes of the request."""
        circuit, is_probe = self._entered(attempt.call)
        works: bool | None = None
        try:
            answer = await proceed(attempt)
            works = True
        except APIError as error:
            works = _works(error)
            raise
        finally:  # also of what was cancelled
            self._left(circuit, is_probe, works, _now(attempt.call))
        return answer

    @hookimpl
    def retry(self, failure: Failure) -> Stop | None:
        """Let the error stand where the circuit is open: waiting for another attempt would be in vain."""
        with self._lock:
            return STOP if self._circuit(failure.call).opened is not None else None

    def _circuit(self, call: Call) -> _Circuit:
        return self._circuits.setdefault((call.base_url, call.model), _Circuit())

    def _entered(self, call: Call) -> tuple[_Circuit, bool]:
        with self._lock:
            circuit = self._circuit(call)
            if circuit.opened is None:
                return circuit, False
            wait = circuit.opened + self.recovery - _now(call)
            if wait <= 0 and not circuit.probing:
                circuit.probing = True
                return circuit, True
        wait = wait if wait > 0 else self.recovery  # the probe may fail
        raise CircuitOpenError(
            f"{call.model} failed {circuit.failures} times in a row; nothing was sent, try again in {wait:.1f} s",
            retry_after=wait,
        )

    def _left(self, circuit: _Circuit, is_probe: bool, works: bool | None, now: float) -> None:
        with self._lock:
            if is_probe:
                circuit.probing = False
            elif circuit.opened is not None:
                return  # it began before the circuit opened, and the probe alone decides
            if works:
                circuit.failures, circuit.opened = 0, None
            elif works is False:
                circuit.failures += 1
                if is_probe or circuit.failures >= self.failures:
                    circuit.opened = now


def _now(call: Call) -> float:
    return call.deadline - call.remaining


def _works(error: APIError) -> bool | None:
    """Tell from an error whether the server works; None where it says nothing of that."""
    if isinstance(error, APIStatusError):
        return error.status < 500
    if isinstance(error, APIConnectionError):
        return False if error.kind in DOWN else None
    return False if isinstance(error, APITimeoutError | APIResponseError) else None
