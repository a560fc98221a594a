"""The fake server: what it answers, and what it keeps of what it was sent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any

import anyio
import pytest

from openrouter_stt import APIConnectionError, APIError, APIResponseError, APITimeoutError, AsyncClient, Client, Usage
from openrouter_stt.testing import WORLDS, Answer, FakeClock, FakeTransport, SentRequest, client, tone


@pytest.mark.parametrize("world", WORLDS)
def test_an_empty_script_says_hello(world: str) -> None:
    """To any number of requests."""
    with client(world) as driver:
        assert [driver.transcribe().text for _ in range(2)] == ["hello", "hello"]


@pytest.mark.parametrize("world", WORLDS)
def test_what_was_sent_is_kept(world: str) -> None:
    """Whole, with the audio decoded and without the key."""
    with client(world, headers={"X-Title": "mine"}, base_url="https://here/v1") as driver:
        driver.transcribe(tone(300.0, seconds=2.0), model="m", language="en", temperature=0.5)
        sent = driver.transport.last
    assert (sent.url, sent.model, sent.format) == ("https://here/v1/audio/transcriptions", "m", "wav")
    assert sha256(sent.audio).digest() == sha256(tone(300.0, seconds=2.0)).digest()
    assert sent.options == {"language": "en", "temperature": 0.5}
    assert sent.headers["x-title"] == "mine"
    assert "sk-" not in f"{sent!r} {sent.headers!r}"


def test_reprs_hide_audio_and_text() -> None:
    """A failing assertion shows neither."""
    with client() as driver:
        driver.transcribe()
    assert "RIFF" not in repr(driver.transport.last)
    assert "secret" not in repr(Answer.text("a secret"))


@pytest.mark.parametrize("world", WORLDS)
def test_a_script_is_followed(world: str) -> None:
    """Answers come in order, those put behind it too; then what is otherwise answered."""
    transport = FakeTransport(Answer.text("one"), otherwise=Answer.text("and so on"))
    transport.will(Answer.text("two"))
    with client(world, transport=transport) as driver:
        assert [driver.transcribe().text for _ in range(4)] == ["one", "two", "and so on", "and so on"]


def test_what_is_no_answer_is_refused_at_once() -> None:
    """In the script, behind it, and otherwise; the message shows how to make one, and not what was given."""
    text: Any = "a secret"
    given = [lambda: FakeTransport(text), lambda: FakeTransport().will(text), lambda: FakeTransport(otherwise=text)]
    for give in given:
        with pytest.raises(TypeError, match=r"Answer\.text\('Good morning\.'\).* not str$"):
            give()
    kind: Any = Answer
    with pytest.raises(TypeError, match=r"not the class Answer$"):
        FakeTransport(kind)


@pytest.mark.parametrize("world", WORLDS)
def test_what_is_no_answer_fails_when_it_is_due(world: str) -> None:
    """Where only the call can tell: a function made it, or it was put in place of the last answer."""
    made: Any = lambda request: "a secret"  # noqa: E731
    transport = FakeTransport(made)
    transport.otherwise = made("")
    with client(world, transport=transport) as driver:
        for _ in range(2):
            with pytest.raises(TypeError, match=r"must be an Answer.* not str$"):
                driver.transcribe()


def test_an_answer_may_be_made_of_the_request() -> None:
    """In the script, and otherwise."""

    def says_model(request: SentRequest) -> Answer:
        return Answer.text(request.model)

    with client(transport=FakeTransport(says_model, otherwise=says_model)) as driver:
        assert [driver.transcribe(model=model).text for model in ("a", "b")] == ["a", "b"]


def test_all_there_is_to_an_answer() -> None:
    """Usage and generation are on the result."""
    answer = Answer.text("hi", usage={"cost": 0.5, "seconds": 2}, generation_id="gen-1")
    with client(transport=FakeTransport(answer)) as driver:
        result = driver.transcribe()
    assert (result.text, result.usage, result.generation_id) == ("hi", Usage(cost=0.5, seconds=2.0), "gen-1")


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(
    ("answer", "error", "kind", "billed", "requests"),
    [
        (Answer.refused(), APIConnectionError, "refused", False, 0),
        (Answer.timeout(), APITimeoutError, None, True, 1),
        (Answer.reset(), APIConnectionError, "reset", True, 1),
        (Answer.garbled(), APIResponseError, None, True, 1),
    ],
)
def test_faults(
    world: str, answer: Answer, error: type[APIError], kind: str | None, billed: bool, requests: int
) -> None:
    """Each fault is the error it is in earnest, and says whether the request may be billed."""
    with client(world, transport=FakeTransport(answer), disable=["retry"]) as driver:
        with pytest.raises(error) as caught:
            driver.transcribe()
        assert (getattr(caught.value, "kind", None), caught.value.maybe_billed) == (kind, billed)
        assert len(driver.transport.requests) == requests


@pytest.mark.parametrize("world", WORLDS)
def test_errors_of_the_server(world: str) -> None:
    """A status comes with its message and the time to wait."""
    with client(world, transport=FakeTransport(Answer.error(429, "slow down", retry_after=130))) as driver:
        with pytest.raises(APIError, match="status 429: slow down") as caught:
            driver.transcribe()
        assert caught.value.retry_after == 130


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(("delay", "in_time"), [(9.0, True), (10.0, False)])
def test_delays(world: str, delay: float, in_time: bool) -> None:
    """A late answer takes its time on the clock; what the call has not got is a timeout at its deadline."""
    clock = FakeClock(0.0)
    with client(world, transport=FakeTransport(Answer.text("late", delay=delay), clock=clock)) as driver:
        try:
            text: Any = driver.transcribe(timeout=10).text
        except APITimeoutError:
            text = None
    assert (text, clock.now) == ("late" if in_time else None, delay)


def test_threads_share_a_script() -> None:
    """Each answer is given once."""
    transport = FakeTransport(*[Answer.text(str(number)) for number in range(64)])
    with client(transport=transport) as driver, ThreadPoolExecutor(8) as pool:
        texts = [future.result().text for future in [pool.submit(driver.transcribe) for _ in range(64)]]
    assert sorted(texts, key=int) == [str(number) for number in range(64)]
    assert len(transport.requests) == 64


def test_any_client_takes_it() -> None:
    """One transport serves clients of both kinds that are made without the kit."""
    transport = FakeTransport(Answer.text("sync"), Answer.text("async"))

    async def main() -> str:
        async with AsyncClient("k", transport=transport, autoload=False) as other:
            return (await other.transcribe(tone(), model="m")).text

    with Client("k", transport=transport, autoload=False) as one:
        assert [one.transcribe(tone(), model="m").text, anyio.run(main)] == ["sync", "async"]
