"""A call that is awaited step by step, so that something can happen just where it waits."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from functools import partial
from types import CodeType
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Stepped(Generic[T]):
    """Awaits a coroutine and does `act` when it waits for the `at`-th time.

    `waited` counts the waits, `place` are the functions in which it waited then, the innermost one last, and `stopped`
    tells whether anything was thrown into the coroutine after that.
    """

    def __init__(self, coroutine: Coroutine[Any, Any, T], at: int, act: Callable[[], object]) -> None:
        self.waited = 0
        self.stopped = False
        self.place: list[CodeType] = []
        self._coroutine, self._at, self._act = coroutine, at, act

    def __await__(self) -> Generator[Any, Any, T]:
        resume: Callable[[], Any] = partial(self._coroutine.send, None)
        while True:
            try:
                awaited = resume()
            except StopIteration as finished:
                result: T = finished.value
                return result
            self.waited += 1
            if self.waited == self._at:
                self.place = list(_within(self._coroutine))
                self._act()
            try:
                resume = partial(self._coroutine.send, (yield awaited))
            except BaseException as error:
                self.stopped |= self.waited >= self._at  # before that it is a scope's inside, which goes on by design
                resume = partial(self._coroutine.throw, error)


def _within(coroutine: Any) -> Generator[CodeType]:
    """Walk down the coroutines that wait for each other."""
    while hasattr(coroutine, "cr_await"):
        yield coroutine.cr_code
        coroutine = coroutine.cr_await
