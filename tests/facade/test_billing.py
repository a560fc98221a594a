"""What may have been paid for is told, and is not paid for twice."""

from __future__ import annotations

from typing import Any

import pytest

from openrouter_stt import (
    APIConnectionError,
    APIError,
    APIStatusError,
    ConfigurationError,
    Failure,
    STTError,
    TooManyRequestsError,
    Transcription,
)
from openrouter_stt._keeping import count
from openrouter_stt_plugins.retry import Retry
from tests.hooks.small_plugins import Small
from tests.support.clock import Clock
from tests.support.server import Answer, Server
from tests.support.sounds import WAV
from tests.support.worlds import World

LOST = Answer(cut="after the body")


def _other_model(failure: Failure) -> Any:
    return failure.call.replace(model="other")


@pytest.mark.parametrize(
    "refusal",
    [
        lambda: TooManyRequestsError("over my own budget", status=429),
        lambda: APIConnectionError("there is nothing in it", kind="reset"),
    ],
    ids=["status", "connection"],
)
@pytest.mark.parametrize("hooks", [{}, {"retry": lambda failure: 0}], ids=["built-in retry", "a plugin's retry"])
def test_nothing_is_sent_again_after_a_paid_answer(
    clock: Clock, server: Server, world: World, refusal: Any, hooks: dict[str, Any]
) -> None:
    """An error that would be sent again, had the server raised it, is a plugin's here: the server was paid."""

    async def around_attempt(attempt: Any, proceed: Any) -> Any:
        await proceed(attempt)
        raise refusal()

    client = world.client(base_url=server.url, plugins=[Small("guard", around_attempt=around_attempt, **hooks)])
    with pytest.raises(APIError) as caught:
        client.transcribe(WAV)
    assert (len(server.requests), caught.value.attempts, caught.value.maybe_billed) == (1, 1, True)
    assert clock.waits == []


def test_a_doubt_outlives_a_second_send(clock: Clock, server: Server, world: World) -> None:
    """The last error alone would say that nothing was billed."""
    server.will(LOST, Answer(401))
    client = world.client(base_url=server.url, plugins=[Retry(resend_unknown=True)])
    with pytest.raises(APIStatusError) as caught:
        client.transcribe(WAV)
    assert (caught.value.status, caught.value.attempts, caught.value.maybe_billed) == (401, 2, True)


def test_a_doubt_outlives_a_fallback(server: Server, world: World) -> None:
    """The request that may be billed is another one than the one that failed last."""
    server.will(LOST, Answer(401))
    client = world.client(base_url=server.url, plugins=[Small("p", fallback=_other_model)])
    with pytest.raises(APIStatusError) as caught:
        client.transcribe(WAV)
    assert [request.json["model"] for request in server.requests][1:] == ["other"]
    assert (caught.value.status, caught.value.attempts, caught.value.maybe_billed) == (401, 2, True)


def test_a_doubt_outlives_a_fallback_that_cannot_be_sent(server: Server, world: World) -> None:
    """The caller is told of it, whichever kind of error comes last."""
    server.will(LOST)

    def fallback(failure: Failure) -> Any:
        return failure.call.replace(options={"unheard_of": True})

    with pytest.raises(ConfigurationError, match="unheard_of") as caught:
        world.client(base_url=server.url, plugins=[Small("p", fallback=fallback)]).transcribe(WAV)
    assert (len(server.requests), caught.value.attempts, caught.value.maybe_billed) == (1, 1, True)


def test_no_doubt_is_made_up(server: Server, world: World) -> None:
    """Requests that were all refused cost nothing, however many they are."""
    server.will(Answer(400), Answer(401))
    client = world.client(base_url=server.url, plugins=[Small("p", fallback=_other_model)])
    with pytest.raises(APIStatusError) as caught:
        client.transcribe(WAV)
    assert (caught.value.attempts, caught.value.maybe_billed) == (2, False)


def test_falling_back_has_an_end(server: Server, world: World) -> None:
    """A plugin that knows one more model each time is asked for ten in all."""
    server.will(*[Answer(400)] * 20)
    asked: list[Failure] = []

    def fallback(failure: Failure) -> Any:
        asked.append(failure)
        return failure.call.replace(model=f"model {len(asked)}")

    with pytest.raises(APIStatusError) as caught:
        world.client(base_url=server.url, plugins=[Small("p", fallback=fallback)]).transcribe(WAV)
    assert len({request.json["model"] for request in server.requests}) == len(server.requests) == 10
    assert caught.value.attempts == 10


def test_falling_back_to_what_failed_ends_at_once(server: Server, world: World) -> None:
    """Two models that stand in for each other are asked once each."""
    server.will(*[Answer(400)] * 20)
    others = {"one": "two", "two": "one"}

    def fallback(failure: Failure) -> Any:
        return failure.call.replace(model=others[failure.call.model])

    with pytest.raises(APIStatusError):
        world.client(base_url=server.url, plugins=[Small("p", fallback=fallback)]).transcribe(WAV, model="one")
    assert [request.json["model"] for request in server.requests] == ["one", "two"]


@pytest.mark.parametrize("cache", [None, "memory"])
def test_an_answer_that_a_plugin_does_not_let_pass_was_paid_for(
    server: Server, world: World, cache: str | None
) -> None:
    def finish(transcription: Transcription) -> Transcription:
        raise STTError("not for these ears")

    client = world.client(base_url=server.url, plugins=[Small("guard", finish=finish)], cache=cache)
    with pytest.raises(STTError, match="ears") as caught:
        client.transcribe(WAV)
    assert (len(server.requests), caught.value.attempts, caught.value.maybe_billed) == (1, 1, True)


def test_lost_answers_are_counted() -> None:
    """Those that took no request were not paid for; what is no error of ours has no count."""

    def lost(error: BaseException, *attempts: int) -> BaseException:
        count(error, *(Transcription(text="lost", model="m", attempts=each) for each in attempts))
        return error

    error = STTError("x", attempts=2)
    assert vars(lost(error, 0)) == vars(STTError("x", attempts=2))
    assert vars(lost(error, 3, 1)) == vars(STTError("x", attempts=6, maybe_billed=True))
    assert vars(lost(error)) == vars(STTError("x", attempts=6, maybe_billed=True))
    assert vars(lost(STTError("x"), 1)) == vars(STTError("x", attempts=1, maybe_billed=True))
    assert vars(lost(ValueError(), 1)) == {}
