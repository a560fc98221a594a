"""Calls that are given up from outside."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from inspect import getattr_static
from typing import Any, Final

import anyio
import attrs

from .._answers import Answer
from .._case import Case, Outcome
from .._clients import run
from .._steps import Stepped
from ._neighbours import failing

MOST_WAITS: Final = 200
_PASS: Final = "catch Exception, not BaseException, and raise again what was caught"  # noqa: S105  no password


class InterruptError(BaseException):
    """What Ctrl-C raises is no Exception."""


def cancellation(case: Case, world: str) -> Iterator[str]:
    """A call that is cancelled where it waits ends there; an interrupted one of the sync client, too."""
    if world == "sync":
        yield from _interrupted(case)
        return
    for answers in ([Answer.error(503)], [Answer.error(400)] * 2):
        tried = (run(world, _cancelled, case, world, answers, step) for step in range(1, MOST_WAITS))
        last = next((each for each in tried if each.swallowed or not each.reached), None)
        if last is not None and last.swallowed:
            yield f"cancelled {last.place} a call goes on, to {last.outcome}; {_PASS}"
            return


def _interrupted(case: Case) -> Iterator[str]:
    for hook in ("around_call", "around_attempt"):
        stray, asked = failing(hook, InterruptError())
        with case.client("sync", after=[stray]) as driver:
            try:
                outcome = case.outcome(driver)
            except InterruptError:
                continue
        if asked:
            yield f"a call that is interrupted (Ctrl-C) inside {hook} goes on, to {outcome}; {_PASS}"


@attrs.frozen
class _Cancelled:
    """How a call ended that was cancelled; `reached` tells whether it waited that often."""

    reached: bool
    swallowed: bool
    place: str
    outcome: Outcome | None


async def _cancelled(case: Case, world: str, answers: list[Answer], step: int) -> _Cancelled:
    client, outcome, scope = case.async_client(case.transport(*answers)), None, anyio.CancelScope()
    task = asyncio.current_task() if world == "asyncio" else None
    act = scope.cancel if task is None else task.cancel  # asyncio's own comes but once: swallowed, it is gone
    stepped = Stepped(client.transcribe(**case.arguments()), step, act)
    try:
        with scope:
            try:
                outcome = Outcome(await stepped, None)
            except Exception as error:
                outcome = Outcome(None, error)
    except asyncio.CancelledError:
        pass
    if task is not None:
        task.uncancel()
    await client.close()
    return _Cancelled(
        reached=stepped.waited >= step,
        swallowed=stepped.stopped and outcome is not None,
        place=_place(case, stepped),
        outcome=outcome,
    )


def _place(case: Case, stepped: Stepped[Any]) -> str:
    """Name the plugin's function that waited, the innermost one."""
    target = case.target()
    own = {getattr(getattr_static(target, name), "__code__", None) for name in dir(target)}
    names = [code.co_name for code in stepped.place if code in own]
    return f"where {names[-1]} waits" if names else f"at its wait {stepped.waited}"
