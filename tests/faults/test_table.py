"""Every fault of the table, in every world: the class, the status, the sends, and whether it may be billed."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

import pytest

from openrouter_stt import STTError
from tests.faults.hostile import Case, Hostile
from tests.faults.table import FAULTS, KEPT, OTHERWISE_OVER_AIOHTTP, Fault
from tests.support.clock import Clock
from tests.support.sounds import WAV, wav
from tests.support.trials import trials
from tests.support.worlds import Driver, World

KEY = "sk-or-v1-do-not-tell-anybody"
LONG = wav(bytes(16 * 1024 * 1024))


def outcome(fault: Fault, client: Driver) -> dict[str, Any]:
    """Make a call and return what the table says of it."""
    try:
        result = client.transcribe(LONG if fault.large else WAV)
    except STTError as error:
        _check(error)
        facts = {name: getattr(error, name, None) for name in ("status", "kind")}
        return {"error": type(error), "sends": error.attempts, "billed": error.maybe_billed, **facts}
    facts = {"error": None, "status": None, "kind": None, "billed": False}
    return {"text": result.text, "sends": result.attempts, **facts}


def expected(fault: Fault, world: World) -> dict[str, Any]:
    if world.name == "asyncio-aiohttp":
        fault = replace(fault, **OTHERWISE_OVER_AIOHTTP.get(fault.name, {}))
    facts = {name: getattr(fault, name) for name in ("error", "status", "kind", "sends", "billed")}
    return facts if fault.error else {**facts, "text": fault.text}


def _check(error: STTError) -> None:
    """An error is short, printable and plain, survives pickling, and holds nothing of httpx's."""
    message = str(error)
    assert len(message) < 2000
    assert message.isprintable()
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301  our own
    assert (type(copy), str(copy), vars(copy)) == (type(error), message, vars(error))
    assert KEY not in f"{error!r} {vars(error)}"
    assert (error.__cause__, error.__context__) == (None, None)


def sent_alike(case: Case, sends: int) -> bool:
    """Tell whether so many requests came in, the whole ones with one body."""
    bodies = {bytes(request.body) for request in case.requests if request.whole}
    return len(case.requests) == sends and len(bodies) <= 1


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_fault(fault: Fault, hostile: Hostile, world: World, request: pytest.FixtureRequest) -> None:
    """Back-off is jumped over, but for faults that only a deadline ends."""
    if fault.timeout is None:
        request.getfixturevalue("clock")
    for timeout in [None] if fault.timeout is None else trials(fault.timeout):
        case = hostile.case(fault.behave)
        came_of_it = outcome(fault, world.client(KEY, base_url=case.url, timeout=timeout))
        if any(request.whole or fault.large for request in case.requests):
            break  # else the machine is too busy for so short a deadline
    assert came_of_it == expected(fault, world)
    assert sent_alike(case, fault.sends)


@pytest.mark.parametrize("fault", KEPT, ids=lambda fault: fault.name)
def test_fault_of_a_kept_connection(fault: Fault, hostile: Hostile, world: World, clock: Clock) -> None:
    """What broke before a byte of an answer is sent again once; nothing else of an unknown outcome is."""
    case = hostile.case(fault.behave)
    client = world.client(KEY, base_url=case.url)
    client.transcribe(WAV)
    assert outcome(fault, client) == expected(fault, world)
    assert sent_alike(case, fault.sends + 1)


def test_there_are_more_than_a_hundred_faults() -> None:
    """Each has a name of its own."""
    assert len({fault.name for fault in [*FAULTS, *KEPT]}) == len([*FAULTS, *KEPT]) > 200
