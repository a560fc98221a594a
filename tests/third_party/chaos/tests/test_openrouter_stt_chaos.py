"""What the fault injector promises."""

from __future__ import annotations

import pytest
from openrouter_stt_chaos import Chaos, busy

from openrouter_stt import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    ConfigurationError,
    InternalServerError,
    RetryScheduled,
    ServiceUnavailableError,
)
from openrouter_stt.testing import Answer, FakeClock, FakeTransport, MakeClient, Recorder, conformance


def fates(make: MakeClient, plugin: Chaos, calls: int = 40) -> str:
    """Return how each of several calls went: "a" for an answer, "x" for an error, in capitals after a delay."""
    driver = make(plugin, disable=["retry"])
    letters: list[str] = []
    for _ in range(calls):
        waits = len(driver.clock.waits)
        try:
            driver.transcribe()
        except ServiceUnavailableError:
            letter = "x"
        else:
            letter = "a"
        letters.append(letter.upper() if len(driver.clock.waits) > waits else letter)
    return "".join(letters)


def test_contract() -> None:
    """It keeps the contract of plugins, and does nothing by itself."""
    conformance(Chaos)


def test_contract_with_delays() -> None:
    """It keeps the contract where it delays each attempt."""
    conformance(lambda: Chaos(delays=1.0, delay=0.5))


def test_without_settings_nothing_happens(stt_client: MakeClient) -> None:
    """An installed plugin is in every client, where it is to do no harm."""
    assert fates(stt_client, Chaos()) == "a" * 40


def test_an_error_is_raised_in_place_of_sending(stt_client: MakeClient, stt_transport: FakeTransport) -> None:
    """It is what a busy server answers, and nothing was paid."""
    with pytest.raises(ServiceUnavailableError, match="chaos") as caught:
        stt_client(Chaos(errors=1.0)).transcribe()
    assert stt_transport.requests == []
    assert (caught.value.status, caught.value.attempts, caught.value.maybe_billed) == (503, 0, False)


def test_an_error_is_tried_again(stt_client: MakeClient, stt_events: Recorder) -> None:
    """The retries of the application under test get their work."""
    result = stt_client(Chaos(errors=0.3, seed=7)).transcribe()
    assert result.text == "hello"
    assert len(stt_events.of(RetryScheduled)) == 2


def test_the_error_can_be_chosen(stt_client: MakeClient) -> None:
    """Any that a server or a connection has."""

    def refused() -> APIError:
        return APIConnectionError("made up", kind="refused")

    with pytest.raises(APIConnectionError, match="made up"):
        stt_client(Chaos(errors=1.0, error=refused)).transcribe()


def test_each_error_is_a_fresh_one() -> None:
    """What is noted on one is not on the next."""
    assert busy() is not busy()


def test_an_attempt_is_delayed_and_sent(
    stt_client: MakeClient, stt_clock: FakeClock, stt_transport: FakeTransport
) -> None:
    """The delay is by the call's own clock."""
    assert stt_client(Chaos(delays=1.0, delay=30.0)).transcribe().text == "hello"
    assert stt_clock.waits == [30.0]
    assert len(stt_transport.requests) == 1


def test_a_delay_past_the_deadline_is_not_waited_for(
    stt_client: MakeClient, stt_clock: FakeClock, stt_transport: FakeTransport
) -> None:
    """It is the error that the call would end in."""
    with pytest.raises(APITimeoutError, match="chaos") as caught:
        stt_client(Chaos(delays=1.0, delay=30.0)).transcribe(timeout=30.0)
    assert not caught.value.maybe_billed
    assert stt_clock.waits == []
    assert stt_transport.requests == []


def test_the_same_seed_does_the_same(stt_client: MakeClient) -> None:
    """And another one does not."""
    first, again, other = (fates(stt_client, Chaos(errors=0.3, delays=0.3, seed=seed)) for seed in ("a", "a", "b"))
    assert first == again != other
    assert set(first) == {"a", "x", "A", "X"}


def test_seeds_hold_for_versions_to_come(stt_client: MakeClient) -> None:
    """So that a failure in staging can be told by its seed."""
    assert fates(stt_client, Chaos(errors=0.3, delays=0.3, seed=7), calls=10) == "xxaAAXaXaa"


def test_delays_do_not_move_errors(stt_client: MakeClient) -> None:
    """Each setting has its own fate, whatever the other one is."""
    calm = fates(stt_client, Chaos(errors=0.3, seed=7))
    late = fates(stt_client, Chaos(errors=0.3, delays=0.6, seed=7))
    assert late != calm
    assert late.lower() == calm


def test_what_was_paid_comes_through(stt_client: MakeClient, stt_transport: FakeTransport) -> None:
    """Each answer that the server gave is returned, with what it cost."""
    stt_transport.otherwise = Answer.text("paid", usage={"cost": 0.25})
    driver = stt_client(Chaos(errors=0.5, delays=0.5, seed=7), disable=["retry"])
    paid = 0
    for _ in range(40):
        try:
            usage = driver.transcribe().usage
        except ServiceUnavailableError:
            continue
        assert usage is not None
        assert usage.cost == 0.25
        paid += 1
    assert paid == len(stt_transport.requests)


def test_errors_of_the_server_come_through(stt_client: MakeClient, stt_transport: FakeTransport) -> None:
    """What was sent is the server's own affair."""
    stt_transport.otherwise = Answer.error(500)
    with pytest.raises(InternalServerError):
        stt_client(Chaos(delays=1.0)).transcribe()


@pytest.mark.parametrize("probability", [-0.1, 1.1, float("nan")])
@pytest.mark.parametrize("setting", ["errors", "delays"])
def test_a_probability_is_from_0_to_1(setting: str, probability: float) -> None:
    """Anything else is refused at once."""
    with pytest.raises(ConfigurationError, match=setting):
        Chaos(**{setting: probability})  # type: ignore[arg-type]


@pytest.mark.parametrize("delay", [-1.0, float("inf"), float("nan")])
def test_a_delay_has_an_end(delay: float) -> None:
    """Anything else is refused at once."""
    with pytest.raises(ConfigurationError, match="delay"):
        Chaos(delay=delay)


def test_it_is_found_by_its_name(stt_client: MakeClient) -> None:
    """Where it is installed a client may ask for it."""
    assert "chaos" in stt_client("chaos").plugins
