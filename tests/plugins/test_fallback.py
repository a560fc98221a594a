"""The fallback: which errors another model helps with, which model that is, and that nothing is paid twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from openrouter_stt import APITimeoutError, ConfigurationError, STTError, Transcription
from openrouter_stt_plugins.budget import Budget
from openrouter_stt_plugins.circuit_breaker import CircuitBreaker
from openrouter_stt_plugins.fallback import Fallback
from openrouter_stt_plugins.rate_limit import RateLimit
from tests.hooks.small_plugins import Small, notes
from tests.support.clock import Clock
from tests.support.server import Answer, Server, unused_port
from tests.support.sounds import WAV
from tests.support.worlds import Driver, World

Make = Callable[..., Driver]


def local(call: Any) -> Transcription | None:
    return Transcription(text="here", model=call.model) if call.model.startswith("local/") else None


@pytest.fixture
def falling(world: World, server: Server, clock: Clock) -> Make:
    """Make a client without retries and with an engine for the models named local/..."""

    def make(*plugins: object, **settings: Any) -> Driver:
        engine = Small("engine", answer=local)
        settings = {"base_url": server.url, "disable": ["retry", "local"], **settings}
        return world.client(plugins=[*plugins, engine], **settings)

    return make


def asked(server: Server) -> list[str]:
    return [request.json["model"] for request in server.requests]


@pytest.mark.parametrize("status", [404, 408, 429, 500, 502, 503, 529])
def test_helps(falling: Make, server: Server, status: int) -> None:
    """Where the model or its provider fails, another one is asked."""
    server.will(Answer(status))
    result = falling(Fallback("b")).transcribe(WAV, model="a")
    assert (result.model, result.attempts, asked(server)) == ("b", 2, ["a", "b"])


def test_the_last_error_tells_what_it_was_asked_for(falling: Make, server: Server) -> None:
    """Each note has a model before, and how that failed."""
    server.will(Answer(503), Answer(502), Answer(400))
    with pytest.raises(STTError, match="400") as caught:
        falling(Fallback("b", "c")).transcribe(WAV, model="a")
    assert notes(caught.value) == [
        "asked in place of a, which failed: status 503: the server sent JSON without a message",
        "asked in place of b, which failed: status 502: the server sent JSON without a message",
    ]


@pytest.mark.parametrize("status", [400, 401, 402, 403, 413])
def test_does_not_help(falling: Make, server: Server, status: int) -> None:
    """What is refused for the request, the key or the credits would be refused again."""
    server.will(Answer(status))
    with pytest.raises(STTError, match=str(status)):
        falling(Fallback("b")).transcribe(WAV, model="a")
    assert asked(server) == ["a"]


def test_without_a_network(falling: Make) -> None:
    """A model on this machine answers where there is no connection."""
    driver = falling(Fallback("local/tiny"), base_url=f"http://127.0.0.1:{unused_port()}")
    assert driver.transcribe(WAV).model == "local/tiny"


UNKNOWN = [Answer(504), Answer(524), Answer(cut="after the body"), Answer(body=b"<html>")]


@pytest.mark.parametrize("answer", UNKNOWN, ids=repr)
def test_nothing_is_paid_twice(falling: Make, server: Server, answer: Answer) -> None:
    """What may be billed is not asked for again by itself."""
    server.will(answer)
    with pytest.raises(STTError) as caught:
        falling(Fallback("b")).transcribe(WAV, model="a")
    assert (caught.value.maybe_billed, asked(server)) == (True, ["a"])


@pytest.mark.parametrize("answer", UNKNOWN, ids=repr)
def test_unless_asked_to(falling: Make, server: Server, answer: Answer) -> None:
    """`resend_unknown` takes the risk, and an error that follows still says so."""
    server.will(answer, Answer(400))
    with pytest.raises(STTError, match="400") as caught:
        falling(Fallback("b", resend_unknown=True)).transcribe(WAV, model="a")
    assert (caught.value.maybe_billed, asked(server)) == (True, ["a", "b"])


def test_one_after_the_other(falling: Make, server: Server) -> None:
    """Models are asked in their order, and the last one's error stands."""
    server.will(Answer(500), Answer(502), Answer(503))
    with pytest.raises(STTError, match="503") as caught:
        falling(Fallback("b", "c")).transcribe(WAV, model="a")
    assert (asked(server), caught.value.attempts) == (["a", "b", "c"], 3)


def test_goes_on_behind(falling: Make, server: Server) -> None:
    """A call that asks for one of the models goes on behind it."""
    server.will(Answer(500))
    assert falling(Fallback("a", "b", "local/tiny")).transcribe(WAV, model="b").model == "local/tiny"
    assert asked(server) == ["b"]


def test_after_retries(falling: Make, server: Server, clock: Clock) -> None:
    """Another model is asked once retries are spent, and has retries of its own."""
    server.will(*[Answer(503)] * 4)
    result = falling(Fallback("b"), disable=[]).transcribe(WAV, model="a")
    assert (result.attempts, asked(server)) == (5, ["a", "a", "a", "b", "b"])


def test_deadline(falling: Make, server: Server, clock: Clock) -> None:
    """The deadline is one for the whole call: after it no other model is asked."""

    async def around_attempt(attempt: Any, proceed: Any) -> Any:
        clock.advance(600)
        raise APITimeoutError("the deadline of the call passed")

    with pytest.raises(APITimeoutError):
        falling(Fallback("b"), Small("slow", around_attempt=around_attempt)).transcribe(WAV)
    assert server.requests == []


@pytest.mark.parametrize(
    ("make", "sent"),
    [(lambda: CircuitBreaker(failures=1), 1), (lambda: RateLimit(requests=1, per=3600), 1), (lambda: Budget(0), 0)],
    ids=["circuit breaker", "rate limit", "budget"],
)
def test_held_back(falling: Make, server: Server, make: Callable[[], object], sent: int) -> None:
    """A request that a plugin holds back goes on to a model on this machine."""
    server.will(Answer(500))
    driver = falling(Fallback("local/tiny"), make())
    assert [driver.transcribe(WAV).model for _ in range(2)] == ["local/tiny"] * 2
    assert len(server.requests) == sent


@pytest.mark.parametrize("models", [(), ("a", "a"), ("",), (None,), (["a"],)], ids=repr)
def test_models_that_are_none(models: Any) -> None:
    with pytest.raises(
        ConfigurationError, match=r"^Fallback takes names of models, each once: Fallback\('a', 'b'\), not"
    ):
        Fallback(*models)


def test_what_may_be_paid_twice_is_yes_or_no() -> None:
    with pytest.raises(ConfigurationError, match=r"^Fallback takes resend_unknown= as True or False, not 'no'"):
        Fallback("a", resend_unknown="no")  # type: ignore[arg-type]
