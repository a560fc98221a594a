"""Errors that pass the plugin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from .._answers import Answer
from .._case import Case, Outcome
from .._sounds import tone
from .._transport import FakeTransport, SentRequest
from ._neighbours import failing

UNKNOWN: Final[Mapping[str, Answer]] = {
    "a timeout after the request was sent": Answer.timeout(),
    "a connection that is cut in the answer": Answer.reset(),
    "an answer that is no transcript": Answer.garbled(),
}
KNOWN: Final[Mapping[str, Answer]] = {
    "a server error (500)": Answer.error(500),
    "a refusal (400)": Answer.error(400),
    "a refused connection": Answer.refused(),
}
STAGES: Final[Mapping[str, Answer | None]] = {
    "around_call": None,
    "prepare_request": None,
    "answer": None,
    "prepare_audio": None,
    "encode_audio": None,
    "around_attempt": None,
    "retry": Answer.error(503),
    "fallback": Answer.error(400),
    "finish": None,
}


class StrayError(Exception):
    """An error of another plugin."""


def errors(case: Case, world: str) -> Iterator[str]:
    """An error from inside comes out as it is: the server's, the connection's, another plugin's."""
    failures = {**KNOWN, **UNKNOWN}
    for (what, answer), expected in zip(failures.items(), _bare(case, world, failures.values()), strict=True):
        server = _Failing(answer)
        with case.client(world, transport=server.transport) as driver:
            outcome = case.outcome(driver)
        if server.asked and outcome.kind != expected.kind:
            yield f"{what} comes out as {outcome}, not as {expected}; {_RAISE}"
    for hook, failure in STAGES.items():
        stray, asked = failing(hook, StrayError())
        transport = None if failure is None else FakeTransport(otherwise=failure)
        with case.client(world, transport=transport, after=[stray]) as driver:
            outcome = case.outcome(driver)
        if asked and not isinstance(outcome.error, StrayError):
            yield f"an error of another plugin's {hook} comes out as {outcome}, not as it is; {_RAISE}"


def _bare(case: Case, world: str, answers: Iterable[Answer]) -> list[Outcome]:
    """Tell how calls end without the plugin, which may be what encodes the recordings: a tone needs none."""
    transport, outcomes = case.transport(), []
    with case.client(world, transport=transport, without=True) as driver:
        for transport.otherwise in answers:
            outcomes.append(case.outcome(driver, tone()))
    return outcomes


def billing(case: Case, world: str) -> Iterator[str]:
    """An answer is paid for once, and where the outcome of a request is unknown nothing is sent again."""
    with case.client(world, transport=(answering := case.transport())) as driver:
        outcome = case.outcome(driver)
    if outcome.error is None and len(answering.requests) > 1:
        yield (
            f"a call that is answered at once sends {len(answering.requests)} requests, and each is billed; call "
            "proceed(...) once, or skip this check and say what the others are for"
        )
    for what, answer in UNKNOWN.items():
        server = _Failing(answer)
        with case.client(world, transport=server.transport) as driver:
            case.outcome(driver)
        if len(server.asked) > 1:
            yield (
                f"after {what} {len(server.asked)} requests were sent, and each may be billed; look at "
                "error.maybe_billed before sending again"
            )


_RAISE: Final = "raise what proceed(...) raises, unchanged"


class _Failing:
    """A server that fails each time, and keeps that it was asked."""

    def __init__(self, answer: Answer) -> None:
        self.asked: list[SentRequest] = []
        self.transport = FakeTransport(otherwise=self._answer)
        self._given = answer

    def _answer(self, request: SentRequest) -> Answer:
        self.asked.append(request)
        return self._given
