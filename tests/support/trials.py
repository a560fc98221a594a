"""Calls that a deadline on the real clock is to end at a certain point, which they may miss on a busy machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from openrouter_stt import APITimeoutError


def trials(seconds: float) -> Iterator[float]:
    """Give deadlines, each ten times as long as the one before."""
    yield from (seconds, 10 * seconds, 100 * seconds)


def overdue(call: Callable[[float], object], came_far: Callable[[], bool], seconds: float = 0.3) -> APITimeoutError:
    """Return the error of a call whose time was up when it had come as far as it is to come."""
    for timeout in trials(seconds):
        with pytest.raises(APITimeoutError) as caught:
            call(timeout)
        if came_far():
            break
    return caught.value


def least(measured: Callable[[], float], enough: float) -> float:
    """Return the first of three measurements that is low enough, or the least of them."""
    found: list[float] = []
    while len(found) < 3 and not (found and min(found) < enough):
        found.append(measured())
    return min(found)
