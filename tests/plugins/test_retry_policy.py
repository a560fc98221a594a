"""What the retry plugin says of one failure: asked directly, each case by itself."""

from __future__ import annotations

import math
from typing import Any

import pytest

from openrouter_stt import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    Audio,
    Call,
    CallFailed,
    CallFinished,
    CallStarted,
    ConfigurationError,
    Failure,
    STTError,
)
from openrouter_stt._runtime import SyncRuntime
from openrouter_stt_plugins.retry import Retry
from tests.support.clock import Clock
from tests.support.sounds import WAV

IN_FLIGHT = {"error": {"metadata": {"limit_source": "openrouter_in_flight_budget"}}}


def failure(error: STTError, attempt: int = 1, remaining: float = 600.0) -> Failure:
    runtime = SyncRuntime()
    call = Call(
        id="1",
        model="m",
        audio=Audio.from_bytes(WAV),
        base_url="https://example.invalid",
        deadline=runtime.now() + remaining,
        runtime=runtime,
    )
    return Failure(call=call, error=error, attempt=attempt)


def refused(status: int = 503, **facts: Any) -> APIStatusError:
    return APIStatusError("no", status=status, **facts)


def broken(kind: Any, **facts: Any) -> APIConnectionError:
    return APIConnectionError("broken", kind=kind, **facts)


@pytest.mark.parametrize("status", [*range(400, 431), *range(451, 452), *range(500, 531), 598, 599])
def test_a_status_decides(status: int) -> None:
    """These come without a result, and no others."""
    again = Retry().retry(failure(refused(status))) is not None
    assert again is (status in {408, 429, 500, 502, 503, 529})


@pytest.mark.parametrize("kind", ["dns", "refused", "tls", "proxy", "reset", "protocol", "timeout"])
def test_what_was_never_sent_is_sent_again(kind: Any) -> None:
    """Where the next connection may fare better."""
    again = Retry().retry(failure(broken(kind))) is not None
    assert again is (kind in {"dns", "refused", "reset", "timeout"})


def test_the_end_of_the_time_is_the_end() -> None:
    assert Retry().retry(failure(APITimeoutError("late"))) is None


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (refused(402, retry_after=2.0, error=IN_FLIGHT), True),
        (refused(402, retry_after=0.0, error=IN_FLIGHT), True),
        (refused(402, error=IN_FLIGHT), False),
        (refused(402, retry_after=2.0), False),
        (refused(402, retry_after=2.0, error={"error": {"metadata": {"limit_source": "openrouter_credits"}}}), False),
        (refused(402, retry_after=2.0, error={"error": "openrouter_in_flight_budget"}), False),
        (refused(403, retry_after=2.0, error=IN_FLIGHT), False),
        (refused(401, retry_after=2.0, error=IN_FLIGHT), False),
    ],
)
def test_a_402_for_what_is_in_flight_is_sent_again(error: APIStatusError, again: bool) -> None:
    """If the server says when."""
    assert (Retry().retry(failure(error)) is not None) is again


@pytest.mark.parametrize(("attempt", "again"), [(1, True), (2, True), (3, False), (4, False)])
def test_three_requests_are_sent_at_most(attempt: int, again: bool) -> None:
    assert (Retry().retry(failure(refused(), attempt)) is not None) is again


@pytest.mark.parametrize(
    ("error", "attempt", "again"),
    [
        (refused(504, maybe_billed=True), 1, False),
        (refused(503, maybe_billed=True), 1, False),
        (broken("reset", maybe_billed=True), 1, False),
        (broken("reset", maybe_billed=True, stale=True), 1, True),
        (broken("reset", maybe_billed=True, stale=True), 2, False),
    ],
)
def test_what_may_be_billed_is_not_sent_again(error: STTError, attempt: int, again: bool) -> None:
    """But once where a kept connection had most likely ended before; and by those who ask for it."""
    assert (Retry().retry(failure(error, attempt)) is not None) is again
    assert Retry(resend_unknown=True).retry(failure(error, attempt)) is not None


@pytest.mark.parametrize(
    ("asked", "remaining", "settings", "wait"),
    [
        (0.0, 600, {}, 0.0),
        (7.0, 600, {}, 7.0),
        (120.0, 600, {}, 120.0),
        (120.001, 600, {}, None),
        (5.0, 600, {"longest_asked": 4}, None),
        (30.0, 20, {}, None),
        (1.0, 1.0, {}, None),
        (1.0, 1.001, {}, 1.0),
        (30.0, 40, {}, 30.0),
    ],
)
def test_the_server_is_waited_for(
    clock: Clock, asked: float, remaining: float, settings: Any, wait: float | None
) -> None:
    """For as long as it asks, up to a bound, and never until the deadline."""
    assert Retry(**settings).retry(failure(refused(429, retry_after=asked), remaining=remaining)) == wait


@pytest.mark.parametrize(
    ("attempt", "settings", "bound"),
    [
        (1, {}, 0.5),
        (2, {}, 1),
        (5, {}, 8),
        (6, {}, 8),
        (1, {"base": 3}, 3),
        (3, {"base": 3}, 8),
        (3, {"longest": 1}, 1),
    ],
)
def test_a_random_wait_has_bounds(
    monkeypatch: pytest.MonkeyPatch, attempt: int, settings: dict[str, float], bound: float
) -> None:
    """From nothing on; the upper one doubles."""
    monkeypatch.setattr("random.uniform", lambda low, high: (low, high)[attempt % 2] + high / 4)
    expected = bound + bound / 4 if attempt % 2 else bound / 4
    assert Retry(sends=9, **settings).retry(failure(refused(), attempt)) == expected


PRICES = [
    (refused(503), 14),
    (broken("refused"), 14),
    (refused(429, retry_after=0.0), 5),
    (refused(402, retry_after=0.0, error=IN_FLIGHT), 5),
]


@pytest.mark.parametrize(("error", "price"), PRICES)
def test_each_retry_has_its_price(error: STTError, price: int) -> None:
    """What was not granted costs nothing, and so does what stands anyway."""
    retry = Retry(budget=2 * price)
    granted = [retry.retry(failure(error)) is not None for _ in range(3)]
    assert granted == [True, True, False]
    assert [Retry(budget=price - 1).retry(failure(error)), Retry().retry(failure(error, 3))] == [None, None]


def test_many_sends_have_a_wait_each() -> None:
    """However often the first wait would be doubled."""
    retry = Retry(sends=5000, longest=0.1)
    wait = retry.retry(failure(refused(503), 4000))
    assert wait is not None
    assert 0 <= wait <= 0.1


WRONG: list[dict[str, Any]] = [
    *({"sends": number} for number in (0, -1, 1.5, "5", None, True)),
    *({"budget": number} for number in (-1, 1.5, None)),
    *({"resend_unknown": value} for value in ("false", 0, None)),
    {"base": math.inf},
    *({name: number} for name in ("base", "longest", "longest_asked") for number in (-0.1, math.nan, "1", None, True)),
]


@pytest.mark.parametrize("settings", WRONG, ids=repr)
def test_numbers_that_cannot_work_are_refused(settings: dict[str, Any]) -> None:
    """When the plugin is made: in the call they would hide why it failed."""
    with pytest.raises(ConfigurationError, match=f"^Retry takes {next(iter(settings))}="):
        Retry(**settings)


@pytest.mark.parametrize(("error", "price"), PRICES)
def test_the_budget_holds_500_at_first(error: STTError, price: int) -> None:
    retry = Retry()
    assert sum(retry.retry(failure(error)) is not None for _ in range(200)) == 500 // price


def test_the_budget_holds_no_more_than_500() -> None:
    """After 34 dear ones there is enough for four cheap ones."""
    retry = Retry()
    assert all(retry.retry(failure(refused())) is not None for _ in range(34))
    assert sum(retry.retry(failure(refused(429, retry_after=0.0))) is not None for _ in range(9)) == 4


def test_settings_have_names() -> None:
    with pytest.raises(TypeError):
        Retry(3)  # type: ignore[misc]


def _finished(attempts: int) -> CallFinished:
    return CallFinished(
        call_id="1", model="m", source="network", attempts=attempts, characters=1, seconds=1.0, usage=None
    )


@pytest.mark.parametrize(
    ("event", "given_back"),
    [
        (_finished(1), 1),
        (_finished(3), 1),
        (_finished(0), 0),
        (CallStarted(call_id="1", model="m", size=1), 0),
        (CallFailed(call_id="1", model="m", error=refused(), seconds=1.0), 0),
    ],
    ids=repr,
)
def test_an_answered_call_gives_one_back(event: Any, given_back: int) -> None:
    """One from a cache does not, and a full budget stays as it is."""
    retry = Retry(budget=14)
    retry.event(event)
    assert [retry.retry(failure(refused())) is None for _ in range(2)] == [False, True]
    for _ in range(13):
        retry.event(event)
    assert retry.retry(failure(refused())) is None
    retry.event(event)
    assert (retry.retry(failure(refused())) is not None) is bool(given_back)
