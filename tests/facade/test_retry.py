"""Who is sent again, how often, after how long, and what never is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import httpx
import pytest

from openrouter_stt import APIConnectionError, APIStatusError
from openrouter_stt_plugins.retry import Retry
from tests.support.clock import Clock
from tests.support.server import Answer, Cut, Server, unused_port
from tests.support.sounds import WAV, wav
from tests.support.worlds import Driver, World

BUSY = Answer(503)
LONG = wav(bytes(16 * 1024 * 1024))  # more than the buffers between two sockets hold


def test_a_refused_call_succeeds_at_its_third_send(clock: Clock, server: Server, client: Driver) -> None:
    """The result counts the requests that it took."""
    server.will(BUSY, Answer(429))
    result = client.transcribe(WAV)
    assert (result.text, result.attempts, len(clock.waits)) == ("hello", 3, 2)


def test_every_send_is_the_same_to_the_byte(clock: Clock, server: Server, client: Driver) -> None:
    """The body is made anew and its length is stated."""
    server.will(BUSY, BUSY)
    client.transcribe(wav(bytes(range(256)) * 3000), language="en")
    first, *others = server.requests
    assert len(others) == len(clock.waits) == 2
    assert all((other.body, other.headers) == (first.body, first.headers) for other in others)
    assert first.header("content-length") == str(len(first.body))


@pytest.mark.parametrize(
    ("stated", "least", "most"),
    [
        ("7", 7, 7),
        ("0", 0, 0),
        ("1.5", 1.5, 1.5),
        ("120", 120, 120),
        ("-5", 0, 0.5),
        ("soon", 0, 0.5),
        ("", 0, 0.5),
        ("nan", 0, 0.5),
        ("inf", 0, 0.5),
        ("1_0", 0, 0.5),
        ("Mon, 99 Foo 2026 00:00:00 GMT", 0, 0.5),
        ("Mon, 01 Jan 0001 00:00:00 +2359", 0, 0.5),
    ],
)
def test_the_server_says_how_long_to_wait(
    clock: Clock, server: Server, client: Driver, stated: str, least: float, most: float
) -> None:
    """What is no time to wait counts as not said: the first wait then is at most half a second."""
    server.will(Answer(429, headers={"Retry-After": stated}))
    assert client.transcribe(WAV).attempts == 2
    assert least <= clock.waits[0] <= most


@pytest.mark.parametrize(
    ("seconds", "least", "most"), [(100, 90, 100), (-100, 0, 0.5), (0, 0, 0.5)], ids=["future", "past", "now"]
)
@pytest.mark.parametrize("zone", [UTC, None], ids=["GMT", "-0000"])
def test_the_server_says_when_to_come_back(
    clock: Clock, server: Server, client: Driver, seconds: float, least: float, most: float, zone: timezone | None
) -> None:
    """A date without a zone is UTC (RFC 5322, 3.3)."""
    date = datetime.now(UTC) + timedelta(seconds=seconds)
    server.will(Answer(429, headers={"Retry-After": format_datetime(date.replace(tzinfo=zone))}))
    assert client.transcribe(WAV).attempts == 2
    assert least <= clock.waits[0] <= most


@pytest.mark.parametrize("stated", ["121", "86400", "9" * 5000, "1e400", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_wait_above_two_minutes_is_left_to_the_caller(
    clock: Clock, server: Server, client: Driver, stated: str
) -> None:
    """The error is raised at once and says how long the server asked to wait."""
    server.will(Answer(429, headers={"Retry-After": stated}))
    with pytest.raises(APIStatusError) as caught:
        client.transcribe(WAV)
    assert caught.value.retry_after is not None
    assert caught.value.retry_after > 120
    assert (clock.waits, len(server.requests)) == ([], 1)


@pytest.mark.parametrize(("timeout", "sends"), [(30, 1), (31, 2), (60, 2), (61, 3)])
def test_no_wait_reaches_past_the_deadline(
    clock: Clock, server: Server, client: Driver, timeout: int, sends: int
) -> None:
    """The deadline covers the whole call, and a wait that would use it up is not begun."""
    server.will(*[Answer(503, headers={"Retry-After": "30"})] * 3)
    with pytest.raises(APIStatusError) as caught:
        client.transcribe(WAV, timeout=timeout)
    assert caught.value.attempts == len(server.requests) == sends
    assert sum(clock.waits) < timeout


@pytest.mark.parametrize(("sends", "bounds"), [(3, [0.5, 1]), (8, [0.5, 1, 2, 4, 8, 8, 8])])
def test_back_off_doubles_up_to_eight_seconds(
    clock: Clock, server: Server, world: World, monkeypatch: pytest.MonkeyPatch, sends: int, bounds: list[float]
) -> None:
    """Each wait is drawn between nothing and its bound (full jitter)."""
    drawn: list[tuple[float, float]] = []

    def middle(low: float, high: float) -> float:
        drawn.append((low, high))
        return (low + high) / 2

    monkeypatch.setattr("random.uniform", middle)
    server.will(*[BUSY] * sends)
    with pytest.raises(APIStatusError):
        world.client(base_url=server.url, plugins=[Retry(sends=sends)]).transcribe(WAV)
    assert drawn == [(0, bound) for bound in bounds]
    assert clock.waits == [bound / 2 for bound in bounds]


def test_a_client_without_the_plugin_sends_once(server: Server, world: World) -> None:
    server.will(BUSY)
    with pytest.raises(APIStatusError) as caught:
        world.client(base_url=server.url, disable=["retry"]).transcribe(WAV)
    assert caught.value.attempts == len(server.requests) == 1


def test_a_refused_connection_is_tried_three_times(clock: Clock, world: World) -> None:
    """Nothing was sent, so nothing can be billed twice."""
    client = world.client(base_url=f"http://127.0.0.1:{unused_port()}")
    with pytest.raises(APIConnectionError, match="nothing was sent") as caught:
        client.transcribe(WAV)
    assert (caught.value.kind, caught.value.attempts, caught.value.maybe_billed) == ("refused", 3, False)
    assert len(clock.waits) == 2


def test_an_unknown_host_is_told_apart(clock: Clock, world: World) -> None:
    """The name is one that no resolver may know (RFC 6761)."""
    client = world.client(base_url="https://api.invalid/v1")
    with pytest.raises(APIConnectionError, match="looked up") as caught:
        client.transcribe(WAV)
    assert (caught.value.kind, caught.value.attempts) == ("dns", 3)
    assert len(clock.waits) == 2


def test_a_server_without_tls_is_not_asked_again(clock: Clock, server: Server, world: World) -> None:
    """What fails in the handshake fails each time."""
    client = world.client(base_url=server.url.replace("http://", "https://"))
    with pytest.raises(APIConnectionError) as caught:
        client.transcribe(WAV)
    assert (caught.value.kind, caught.value.attempts, clock.waits) == ("tls", 1, [])


def test_a_connection_cut_before_the_body_was_sent_is_made_again(clock: Clock, server: Server, client: Driver) -> None:
    """The server never had the whole request, so it cannot have done the work."""
    server.will(Answer(cut="before the body"))
    assert client.transcribe(LONG).attempts == 2
    assert [request.complete for request in server.requests] == [False, True]
    assert len(clock.waits) == 1


CUTS: list[Cut] = ["after the body", "inside the answer"]


@pytest.mark.parametrize("cut", CUTS)
def test_a_connection_cut_later_may_have_been_billed(clock: Clock, server: Server, client: Driver, cut: Cut) -> None:
    """The outcome is unknown: the error says so, and nothing is sent again."""
    server.will(Answer(cut=cut))
    with pytest.raises(APIConnectionError, match="cut after the request was sent; it may have been billed") as caught:
        client.transcribe(WAV)
    assert (caught.value.kind, caught.value.maybe_billed, caught.value.attempts) == ("reset", True, 1)
    assert (clock.waits, len(server.requests)) == ([], 1)


@pytest.mark.parametrize("lost", [Answer(cut="after the body"), Answer(524), Answer(504), Answer(200, b"<html>")])
def test_an_unknown_outcome_is_sent_again_by_those_who_ask(
    clock: Clock, server: Server, world: World, lost: Answer
) -> None:
    server.will(lost)
    client = world.client(base_url=server.url, plugins=[Retry(resend_unknown=True)])
    assert client.transcribe(WAV).attempts == 2
    assert len(clock.waits) == 1


def test_an_answer_that_is_not_http_is_not_asked_for_again(clock: Clock, server: Server, client: Driver) -> None:
    server.will(Answer(headers={"Bad header\x00": "x"}))
    with pytest.raises(APIConnectionError, match="does not speak HTTP") as caught:
        client.transcribe(WAV)
    assert (caught.value.kind, caught.value.maybe_billed, clock.waits) == ("protocol", True, [])


@pytest.mark.parametrize(
    ("broken", "kind", "sends", "billed"),
    [
        (httpx.ConnectTimeout("slow"), "timeout", 3, False),
        (httpx.PoolTimeout("busy"), "timeout", 3, False),
        (httpx.ProxyError("407"), "proxy", 1, False),
        (httpx.ReadError("reset"), "reset", 1, True),
    ],
    ids=repr,
)
def test_a_transport_may_break_in_its_own_way(
    clock: Clock, world: World, broken: httpx.HTTPError, kind: str, sends: int, billed: bool
) -> None:
    """What was never sent is sent again, whatever transport is used."""

    def fail(request: httpx.Request) -> httpx.Response:
        raise broken

    with pytest.raises(APIConnectionError) as caught:
        world.client(transport=httpx.MockTransport(fail)).transcribe(WAV)
    assert (caught.value.kind, caught.value.attempts, caught.value.maybe_billed) == (kind, sends, billed)
    assert len(clock.waits) == sends - 1


def test_a_connection_that_the_server_closed_meanwhile_is_replaced(server: Server, client: Driver) -> None:
    """Connections are kept between calls, and one that has gone costs no attempt."""
    server.will(Answer(headers={"Connection": "close"}))
    assert [client.transcribe(WAV).attempts for _ in range(3)] == [1, 1, 1]
    assert server.connections == 2
