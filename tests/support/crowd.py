"""Many callers at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def together(count: int, function: Callable[[], T]) -> list[T | Exception]:
    """Call a function in so many threads that start at the same moment; return what each returned or raised."""
    barrier = threading.Barrier(count)

    def one() -> T | Exception:
        barrier.wait()
        try:
            return function()
        except Exception as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return [each.result() for each in [pool.submit(one) for _ in range(count)]]
