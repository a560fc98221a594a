"""The budget: what is spent stays within the limit, whoever shares it and however a request ends."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import anyio
import pytest
from anyio import from_thread
from anyio.lowlevel import current_token

from openrouter_stt import APIConnectionError, AsyncClient, Attempt, Audio, ConfigurationError, STTError
from openrouter_stt_plugins.budget import Budget, BudgetExceededError
from tests.hooks.small_plugins import Small, answering
from tests.support.clock import Clock
from tests.support.crowd import together
from tests.support.server import Answer, Server, unused_port
from tests.support.sounds import WAV, wav
from tests.support.worlds import Driver, World

Make = Callable[..., Driver]
TEN_TIMES = wav(b"\x01\x02" * 8000)


def costing(cost: object) -> Answer:
    return Answer.of(200, {"text": "hello", "usage": {"cost": cost}})


@pytest.fixture
def spending(world: World, server: Server, clock: Clock) -> Make:
    def make(budget: Budget, *plugins: object, **settings: Any) -> Driver:
        return world.client(**{"base_url": server.url, **settings}, plugins=[*plugins, budget])

    return make


def test_books_what_it_cost(spending: Make, server: Server) -> None:
    """What the server says a request cost is spent, whatever it was taken to cost."""
    server.will(costing(0.25), costing(0))
    budget = Budget(1, estimate=0.5)
    driver = spending(budget)
    driver.transcribe(WAV)
    driver.transcribe(WAV)
    assert (budget.spent, budget.remaining) == (0.25, 0.75)


def test_stops_before_the_limit(spending: Make, server: Server) -> None:
    """A request that may pass the limit is not sent, and the error says what is left."""
    server.will(costing(0.7))
    driver = spending(Budget(1, estimate=0.4))
    driver.transcribe(WAV)
    with pytest.raises(
        BudgetExceededError, match=r"about 0\.4000 dollars more may pass the budget of 1\.0, of which 0\.7"
    ):
        driver.transcribe(WAV)
    assert len(server.requests) == 1


def test_many_at_once(spending: Make, server: Server) -> None:
    """Of 32 callers at once as many are sent as the limit allows, to the last cent."""
    server.will(*[costing(0.1)] * 32)
    budget = Budget(0.7, estimate=0.1)
    driver = spending(budget)
    outcomes = together(32, lambda: driver.transcribe(WAV))
    assert [type(each) for each in outcomes].count(BudgetExceededError) == 25
    assert (len(server.requests), budget.spent, budget.remaining) == (7, 0.7, 0)


def test_reserves_what_is_under_way(spending: Make, server: Server) -> None:
    """What requests under way may cost is not there for others."""
    budget = Budget(1, estimate=0.6)
    driver = spending(budget)
    seen: list[Any] = []

    def meanwhile() -> None:
        seen.append((budget.spent, budget.remaining))
        seen.extend(together(1, lambda: driver.transcribe(WAV)))

    server.will(replace(costing(0.6), meanwhile=meanwhile))
    driver.transcribe(WAV)
    assert seen[0] == (0, 0.4)
    assert "0.0000 are spent and 0.6000 reserved; nothing was sent" in str(seen[1])


def test_estimate_too_low(spending: Make, server: Server) -> None:
    """Where requests cost more than estimated, the limit is passed by what the last ones cost more, and no further."""
    server.will(*[costing(0.1)] * 9)
    budget = Budget(0.25, estimate=0.01)
    driver = spending(budget)
    for _ in range(3):
        driver.transcribe(WAV)
    with pytest.raises(BudgetExceededError):
        driver.transcribe(WAV)
    assert (budget.spent, budget.remaining) == (0.3, 0)


def test_learns_by_length(spending: Make, server: Server) -> None:
    """Without an estimate a request is taken to cost what the model's last one did, by the second of audio."""
    server.will(costing(0.1), costing(1))
    driver = spending(Budget(1))
    driver.transcribe(WAV)
    with pytest.raises(BudgetExceededError, match=r"about 1\.0000 dollars"):
        driver.transcribe(TEN_TIMES)


def test_unknown_model(spending: Make, server: Server) -> None:
    """A model without a cost so far is taken to cost what the dearest one did, and after that its own."""
    server.will(costing(0.1), costing(0.4), costing(0.1))
    driver = spending(Budget(1))
    for model in ("cheap", "dear", "new"):
        driver.transcribe(WAV, model=model)
    with pytest.raises(BudgetExceededError, match=r"about 4\.0000 dollars"):
        driver.transcribe(TEN_TIMES, model="unheard of")
    with pytest.raises(BudgetExceededError, match=r"about 1\.0000 dollars"):
        driver.transcribe(TEN_TIMES, model="new")


def test_learns_by_size(spending: Make, server: Server) -> None:
    """Where the length is unknown the size stands for it, in the same format."""
    server.will(costing(0.1), costing(0.1))
    plain = Small("plain", encode_audio=lambda audio: Audio.from_bytes(audio.read(), format=audio.name))
    driver = spending(Budget(1), plain)
    driver.transcribe(Audio.from_bytes(b"x" * 100, name="mp3"))
    with pytest.raises(BudgetExceededError, match=r"about 1\.0000 dollars"):
        driver.transcribe(Audio.from_bytes(b"x" * 1000, name="mp3"))
    assert driver.transcribe(Audio.from_bytes(b"x" * 1000, name="wav")).text == "hello"


def test_estimate_by_a_function(spending: Make, server: Server) -> None:
    """A function may say what a request will cost."""

    def estimate(attempt: Attempt) -> float:
        return (attempt.duration or 60.0) * 2

    driver = spending(Budget(0.5, estimate=estimate))
    driver.transcribe(WAV)
    with pytest.raises(BudgetExceededError, match=r"about 1\.0000 dollars"):
        driver.transcribe(TEN_TIMES)


def test_function_without_an_amount(spending: Make, server: Server) -> None:
    """A function that gives no amount ends the call before it is sent."""
    driver = spending(Budget(1, estimate=lambda attempt: float("nan")))
    with pytest.raises(ConfigurationError, match="the budget's estimate must be US dollars, 0 or more, not nan"):
        driver.transcribe(WAV)
    assert server.requests == []


@pytest.mark.parametrize(
    ("answer", "spent"),
    [
        (Answer(400), 0),
        (Answer(402), 0),
        (Answer(504), 0.3),
        (Answer(cut="after the body"), 0.3),
        (Answer(body=b"<html>"), 0.3),
    ],
    ids=repr,
)
def test_failures(spending: Make, server: Server, answer: Answer, spent: float) -> None:
    """What was refused is released; what may be billed is booked as estimated."""
    server.will(answer)
    budget = Budget(1, estimate=0.3)
    with pytest.raises(STTError):
        spending(budget, disable=["retry"]).transcribe(WAV)
    assert (budget.spent, budget.remaining) == (spent, 1 - spent)


def test_never_sent(spending: Make) -> None:
    """A request that did not get to the server costs nothing."""
    budget = Budget(1, estimate=0.3)
    with pytest.raises(APIConnectionError):
        spending(budget, base_url=f"http://127.0.0.1:{unused_port()}", disable=["retry"]).transcribe(WAV)
    assert (budget.spent, budget.remaining) == (0, 1)


@pytest.mark.parametrize("cost", [None, -1], ids=repr)
def test_cost_unknown(spending: Make, server: Server, cost: object) -> None:
    """An answer that does not say what it cost is booked as estimated."""
    server.will(costing(cost))
    budget = Budget(1, estimate=0.3)
    spending(budget).transcribe(WAV)
    assert budget.spent == 0.3


def test_no_usage(spending: Make) -> None:
    budget = Budget(1, estimate=0.3)
    spending(budget).transcribe(WAV)
    assert budget.spent == 0.3


def test_broken_plugin_inside(world: World, server: Server) -> None:
    """Where nobody knows whether a request was sent, it is booked as estimated."""

    async def around_attempt(attempt: Any, proceed: Any) -> Any:
        raise ValueError("broken")

    budget = Budget(1, estimate=0.3)
    driver = world.client(base_url=server.url, plugins=[budget, Small("broken", around_attempt=around_attempt)])
    with pytest.raises(ValueError, match="broken"):
        driver.transcribe(WAV)
    assert (budget.spent, budget.remaining) == (0.3, 0.7)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_cancelled(server: Server, backend: str) -> None:
    """A call that is cancelled may be billed."""
    budget, done = Budget(1, estimate=0.3), threading.Event()

    async def run() -> None:
        token = current_token()
        async with AsyncClient("key", base_url=server.url, plugins=[budget], autoload=False) as client:
            with anyio.CancelScope() as scope:
                cancel = partial(from_thread.run_sync, scope.cancel, token=token)
                server.will(Answer(meanwhile=lambda: (cancel(), done.wait(30))))
                await client.transcribe(WAV, model="m")
            done.set()

    anyio.run(run, backend=backend)
    assert (budget.spent, budget.remaining) == (0.3, 0.7)


def test_retries(spending: Make, server: Server) -> None:
    """Each attempt is reserved anew, and one that was refused costs nothing."""
    server.will(Answer(503), Answer(503), costing(0.2))
    budget = Budget(0.3, estimate=0.3)
    spending(budget).transcribe(WAV)
    assert (budget.spent, budget.remaining) == (0.2, pytest.approx(0.1))


def test_free_answers(spending: Make, server: Server) -> None:
    """Answers from a cache or from this machine cost nothing, also where nothing is left."""
    server.will(costing(1))
    budget = Budget(1)
    driver = spending(budget, cache="memory")
    assert [driver.transcribe(WAV).source for _ in range(2)] == ["network", "cache"]
    assert spending(budget, answering()).transcribe(TEN_TIMES).source == "engine"
    assert budget.spent == 1


def test_clients_share_the_object(spending: Make, server: Server) -> None:
    server.will(costing(1))
    budget = Budget(1)
    spending(budget).transcribe(WAV)
    with pytest.raises(BudgetExceededError):
        spending(budget).transcribe(WAV)


def test_limit_can_be_raised(spending: Make, server: Server) -> None:
    """The limit may be changed at any time."""
    server.will(costing(1), costing(0.5))
    budget = Budget(1, estimate=1)
    driver = spending(budget)
    driver.transcribe(WAV)
    budget.limit += 1
    driver.transcribe(WAV)
    assert budget.remaining == 0.5


@pytest.mark.parametrize("amount", [-1, float("nan"), float("inf"), "5", True, None], ids=repr)
def test_amounts_that_are_none(amount: Any) -> None:
    with pytest.raises(ConfigurationError, match="the budget's limit must be US dollars, 0 or more, not"):
        Budget(amount)


def test_error_survives_pickle() -> None:
    copy = pickle.loads(pickle.dumps(BudgetExceededError("spent")))  # noqa: S301  made here
    assert (type(copy), str(copy), copy.maybe_billed) == (BudgetExceededError, "spent", False)
