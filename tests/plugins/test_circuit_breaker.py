"""The circuit breaker: a server that fails is left alone, and one request finds out when it works again."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable
from typing import Any

import pytest

from openrouter_stt import APIConnectionError, APIError, APITimeoutError, ConfigurationError, STTError, Transcription
from openrouter_stt_plugins.budget import Budget
from openrouter_stt_plugins.circuit_breaker import CircuitBreaker, CircuitOpenError
from openrouter_stt_plugins.rate_limit import RateLimit
from openrouter_stt_plugins.retry import Retry
from tests.hooks.small_plugins import Small
from tests.support.clock import Clock
from tests.support.crowd import together
from tests.support.server import Answer, Server, unused_port
from tests.support.sounds import WAV
from tests.support.worlds import Driver, World

Make = Callable[..., Driver]


@pytest.fixture
def guarded(world: World, server: Server, clock: Clock) -> Make:
    """Make a client with a circuit breaker for three failures, and no retries unless they are asked for."""

    def make(*plugins: object, disable: tuple[str, ...] = ("retry",), **settings: Any) -> Driver:
        breaker = CircuitBreaker(failures=3, recovery=30)
        return world.client(**{"base_url": server.url, **settings}, plugins=[breaker, *plugins], disable=[*disable])

    return make


def fail(driver: Driver, times: int = 1, **options: Any) -> list[STTError]:
    """Make calls that fail, and return their errors."""
    errors = []
    for _ in range(times):
        with pytest.raises(STTError) as caught:
            driver.transcribe(WAV, **options)
        errors.append(caught.value)
    return errors


def raising(error: Exception, times: int = 100) -> Small:
    """Make a plugin that raises an error in place of so many attempts."""
    left = [error] * times

    async def around_attempt(attempt: Any, proceed: Any) -> Any:
        if left:
            raise left.pop()
        return await proceed(attempt)

    return Small("broken", around_attempt=around_attempt)


def test_opens(guarded: Make, clock: Clock, server: Server) -> None:
    """After three failures in a row calls fail at once, are not sent, and say when the next one may be."""
    server.will(*[Answer(503)] * 3)
    driver = guarded()
    fail(driver, 3)
    clock.advance(10)
    (error,) = fail(driver, model="openai/whisper-1")
    assert str(error) == "openai/whisper-1 failed 3 times in a row; nothing was sent, try again in 20.0 s"
    assert (type(error), error.retry_after, error.attempts, error.maybe_billed) == (CircuitOpenError, 20, 0, False)
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    "answer",
    [
        *(Answer(status) for status in (500, 502, 503, 504, 524, 529)),
        Answer(cut="after the body"),
        Answer(body=b'{"error": {"code": 502}}'),
        Answer(body=b"<html>down</html>"),
    ],
    ids=repr,
)
def test_failures_of_the_server(guarded: Make, server: Server, answer: Answer) -> None:
    """What counts: a status of 500 or more, also inside a success, a cut connection, an answer that is none."""
    server.will(*[answer] * 3)
    driver = guarded()
    assert [type(error) for error in fail(driver, 4)][3] is CircuitOpenError
    assert len(server.requests) == 3


def test_nobody_listens(guarded: Make) -> None:
    """A connection that is refused counts."""
    driver = guarded(base_url=f"http://127.0.0.1:{unused_port()}")
    *errors, last = fail(driver, 4)
    assert [getattr(error, "kind", None) for error in errors] == ["refused"] * 3
    assert isinstance(last, CircuitOpenError)


def test_deadline(guarded: Make, server: Server) -> None:
    """A deadline that passes without an answer counts."""
    driver = guarded(raising(APITimeoutError("the deadline of the call passed")))
    assert isinstance(fail(driver, 4)[3], CircuitOpenError)


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 408, 413, 429])
def test_refusals_do_not_count(guarded: Make, server: Server, status: int) -> None:
    """A server that refuses a request works, and what went before is forgotten."""
    server.will(Answer(503), Answer(503), Answer(status), Answer(503), Answer(503))
    driver = guarded()
    fail(driver, 5)
    assert driver.transcribe(WAV).text == "hello"


@pytest.mark.parametrize(
    "error",
    [
        APIConnectionError("no network", kind="dns"),
        APIConnectionError("no proxy", kind="proxy"),
        APIError("not sent: a plugin's limit"),
        STTError("broken"),
        ValueError("broken"),
    ],
    ids=repr,
)
def test_other_errors_tell_nothing(guarded: Make, server: Server, error: Exception) -> None:
    """Errors of plugins and of this machine's network neither count nor make forget what went before."""
    server.will(*[Answer(503)] * 3)
    driver = guarded(raising(error, 5))
    for _ in range(5):
        with pytest.raises(type(error)):
            driver.transcribe(WAV)
    assert isinstance(fail(driver, 4)[3], CircuitOpenError)


def test_an_answer_resets(guarded: Make, server: Server) -> None:
    """Failures count in a row."""
    server.will(Answer(503), Answer(503), Answer(), Answer(503), Answer(503))
    driver = guarded()
    fail(driver, 2)
    driver.transcribe(WAV)
    fail(driver, 2)
    assert driver.transcribe(WAV).text == "hello"


def test_one_probe(guarded: Make, clock: Clock, server: Server) -> None:
    """Of 32 callers after the recovery time one is sent, while the others are refused; it closes the circuit."""
    others = threading.Semaphore(0)
    server.will(*[Answer(503)] * 3, Answer(meanwhile=lambda: [others.acquire(timeout=30) for _ in range(31)]))
    driver = guarded()
    fail(driver, 3)
    clock.advance(30)

    def call() -> Transcription | float | None:
        try:
            return driver.transcribe(WAV)
        except CircuitOpenError as error:
            others.release()
            return error.retry_after

    outcomes = together(32, call)
    assert [each for each in outcomes if not isinstance(each, Transcription)] == [30] * 31  # the probe may fail
    assert len(server.requests) == 4
    assert all(isinstance(each, Transcription) for each in together(32, lambda: driver.transcribe(WAV)))


def test_failing_probe(guarded: Make, clock: Clock, server: Server) -> None:
    """A probe that fails opens the circuit for as long again."""
    server.will(*[Answer(503)] * 4)
    driver = guarded()
    fail(driver, 3)
    clock.advance(30)
    fail(driver)
    clock.advance(29)
    assert fail(driver)[0].retry_after == 1
    clock.advance(1)
    assert driver.transcribe(WAV).text == "hello"


def test_refused_probe(guarded: Make, clock: Clock, server: Server) -> None:
    """A server that refuses the probe works."""
    server.will(*[Answer(503)] * 3, Answer(401))
    driver = guarded()
    fail(driver, 3)
    clock.advance(30)
    fail(driver)
    assert driver.transcribe(WAV).text == "hello"


def test_probe_that_tells_nothing(guarded: Make, clock: Clock, server: Server) -> None:
    """Where the probe did not get to the server, the next call is one."""
    server.will(*[Answer(503)] * 3)
    flaky: list[str] = []

    async def around_attempt(attempt: Any, proceed: Any) -> Any:
        if flaky:
            raise ValueError(flaky.pop())
        return await proceed(attempt)

    driver = guarded(Small("flaky", around_attempt=around_attempt))
    fail(driver, 3)
    clock.advance(30)
    flaky.append("broken")
    with pytest.raises(ValueError, match="broken"):
        driver.transcribe(WAV)
    assert driver.transcribe(WAV).text == "hello"


@pytest.mark.parametrize("status", [200, 503])
def test_late_outcomes(guarded: Make, clock: Clock, server: Server, status: int) -> None:
    """How a request ends that began before the circuit opened says nothing of the time after."""
    server.will(Answer(status, meanwhile=lambda: (fail(driver, 3), clock.advance(10))), *[Answer(503)] * 3)
    driver = guarded()
    together(1, lambda: driver.transcribe(WAV))
    (error,) = fail(driver)
    assert (type(error), error.retry_after) == (CircuitOpenError, 20)


def test_each_model_has_its_own(guarded: Make, server: Server) -> None:
    """One provider that fails does not hold up another's model."""
    server.will(*[Answer(503)] * 3)
    driver = guarded()
    fail(driver, 3, model="a")
    assert driver.transcribe(WAV, model="b").text == "hello"
    assert isinstance(fail(driver, model="a")[0], CircuitOpenError)


def test_retries_end(guarded: Make, clock: Clock, server: Server) -> None:
    """The retry after which the circuit opens is the last one, and the error is the server's."""
    server.will(*[Answer(503)] * 9)
    driver = guarded(Retry(sends=9), disable=())
    (error,) = fail(driver)
    assert (getattr(error, "status", None), error.attempts, len(clock.waits)) == (503, 3, 2)
    assert isinstance(fail(driver)[0], CircuitOpenError)
    assert len(server.requests) == 3


def test_retry_in_front(world: World, clock: Clock, server: Server) -> None:
    """A retry plugin that is asked first sends nothing to an open circuit either."""
    server.will(*[Answer(503)] * 9)
    plugins = [Retry(sends=9), CircuitBreaker(failures=3)]
    (error,) = fail(world.client(base_url=server.url, plugins=plugins))
    assert (type(error), error.attempts, len(server.requests)) == (CircuitOpenError, 3, 3)


def test_in_front(guarded: Make, server: Server, clock: Clock) -> None:
    """Listed first, it spares the rate limit a place and the budget a reservation for what is not sent."""
    server.will(*[Answer(504)] * 3)
    budget = Budget(1, estimate=0.1)
    driver = guarded(RateLimit(requests=3, per=60), budget)
    assert isinstance(fail(driver, 9)[8], CircuitOpenError)
    assert (clock.waits, budget.spent, len(server.requests)) == ([], 0.3, 3)


@pytest.mark.parametrize(
    "settings",
    [{"failures": 0}, {"failures": "3"}, {"recovery": 0}, {"recovery": "30 s"}, {"recovery": float("inf")}],
    ids=repr,
)
def test_settings_that_cannot_work(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="CircuitBreaker takes failures= of at least 1 and recovery="):
        CircuitBreaker(**settings)


def test_error_survives_pickle() -> None:
    copy = pickle.loads(pickle.dumps(CircuitOpenError("open", retry_after=2.5)))  # noqa: S301  made here
    assert (type(copy), str(copy), copy.retry_after) == (CircuitOpenError, "open", 2.5)
