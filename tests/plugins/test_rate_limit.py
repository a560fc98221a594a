"""The rate limit: in any span of time no more requests and bytes than allowed, in this process and across others."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import redis

from openrouter_stt import ConfigurationError, PluginError, Transcription
from openrouter_stt_plugins.rate_limit import RateLimit, RateLimitExceededError
from tests.support.clock import Clock
from tests.support.crowd import together
from tests.support.server import Answer, Server, unused_port
from tests.support.sounds import WAV, wav
from tests.support.worlds import Driver, World

Make = Callable[..., Driver]
LARGE = wav(bytes(8000))


@pytest.fixture(params=["in this process", "in Redis"])
def limited(
    request: pytest.FixtureRequest, world: World, server: Server, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Make:
    """Make a client with a rate limit, kept here or in Redis, whose clock is the test's."""
    where = {}
    if request.param == "in Redis":
        where = {"redis": request.getfixturevalue("redis_url")}
        redis.Redis.from_url(where["redis"]).flushdb()
        monkeypatch.setattr(redis.Redis, "time", lambda _: divmod(round(clock.time * 1e6), 1_000_000))

    def make(timeout: float = 600, **limits: Any) -> Driver:
        return world.client(base_url=server.url, timeout=timeout, plugins=[RateLimit(**limits, **where)])

    return make


def waits(clock: Clock) -> list[float]:
    return [round(wait, 3) for wait in clock.waits]


def test_requests(limited: Make, clock: Clock) -> None:
    """Of three requests where two a minute are allowed, the third starts a minute after the first."""
    driver = limited(requests=2, per=60)
    driver.transcribe(WAV)
    clock.advance(20)
    driver.transcribe(WAV)
    driver.transcribe(WAV)
    assert waits(clock) == [40]


def test_window_moves(limited: Make, clock: Clock) -> None:
    """What was let through stops counting after just the stated time."""
    driver = limited(requests=1, per=60)
    driver.transcribe(WAV)
    clock.advance(60)
    driver.transcribe(WAV)
    assert waits(clock) == []


def test_bytes(limited: Make, clock: Clock) -> None:
    """Bytes of audio count as the file on the wire has them."""
    driver = limited(bytes=2 * len(WAV), per=10)
    for _ in range(4):
        driver.transcribe(WAV)
    assert waits(clock) == [10]


def test_both(limited: Make, clock: Clock) -> None:
    """With both limits the one that asks for more time decides."""
    clock.stands = True
    driver = limited(requests=2, bytes=len(LARGE), per=10)
    for audio in (WAV, WAV, WAV, LARGE, WAV):
        driver.transcribe(audio)
    assert waits(clock) == [10, 20, 30]


def test_first_come_first_served(limited: Make, clock: Clock) -> None:
    """A small request does not overtake a large one that waits."""
    clock.stands = True
    driver = limited(bytes=len(LARGE), per=10)
    for audio in (WAV, LARGE, WAV):
        driver.transcribe(audio)
    assert waits(clock) == [10, 20]


def test_many_at_once(limited: Make, clock: Clock, server: Server) -> None:
    """Of 32 callers at once, eight start in each span, however they are scheduled."""
    clock.stands = True
    driver = limited(requests=8, per=60)
    assert all(isinstance(each, Transcription) for each in together(32, lambda: driver.transcribe(WAV)))
    assert sorted(waits(clock)) == [60] * 8 + [120] * 8 + [180] * 8
    assert len(server.requests) == 32


def test_retries_count(limited: Make, clock: Clock, server: Server) -> None:
    """A retry is a request like any other."""
    server.will(Answer(503))
    begun = clock.time
    limited(requests=1, per=60).transcribe(WAV)
    assert clock.time - begun == pytest.approx(60)


def test_deadline(limited: Make, clock: Clock, server: Server) -> None:
    """Where the wait would pass the call's deadline, the error comes at once, and says how long it would have been."""
    driver = limited(requests=1, per=60, timeout=30)
    driver.transcribe(WAV)
    clock.advance(10)
    with pytest.raises(RateLimitExceededError, match=r"asks to wait 50\.0 s, beyond .*; nothing was sent") as caught:
        driver.transcribe(WAV)
    error = caught.value
    assert (error.retry_after, error.attempts, error.maybe_billed) == (pytest.approx(50), 0, False)
    assert (clock.waits, len(server.requests)) == ([], 1)


def test_refused_takes_no_place(limited: Make, clock: Clock) -> None:
    """A call that is not let through does not make others wait for it."""
    driver = limited(requests=1, per=60, timeout=30)
    driver.transcribe(WAV)
    assert [type(each) for each in together(8, lambda: driver.transcribe(WAV))] == [RateLimitExceededError] * 8
    clock.advance(60)
    driver.transcribe(WAV)
    assert clock.waits == []


def test_never_fits(limited: Make, server: Server) -> None:
    """Audio larger than the limit cannot be sent at any time."""
    with pytest.raises(RateLimitExceededError, match=rf"{len(WAV)} bytes of audio never fit a limit of 100;") as caught:
        limited(bytes=100, per=1).transcribe(WAV)
    assert (caught.value.retry_after, server.requests) == (None, [])


def test_cached_answers_are_free(world: World, server: Server, clock: Clock) -> None:
    """What is not sent does not count."""
    driver = world.client(base_url=server.url, cache="memory", plugins=[RateLimit(requests=1, per=60)])
    assert [driver.transcribe(WAV).source for _ in range(3)] == ["network", "cache", "cache"]
    assert clock.waits == []


def test_clients_share_the_object(world: World, server: Server, clock: Clock) -> None:
    """Two clients with the same object have one limit together."""
    limit = RateLimit(requests=1, per=60)
    for _ in range(2):
        world.client(base_url=server.url, plugins=[limit]).transcribe(WAV)
    assert clock.waits == [60]


def test_processes(server: Server, redis_url: str) -> None:
    """Four processes that begin at the same moment get ten requests through together, not one more."""
    redis.Redis.from_url(redis_url).flushdb()
    command = [sys.executable, "-m", "tests.support.limited_child", server.url, redis_url]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    children = [subprocess.Popen(command, **pipes) for _ in range(4)]
    for child in children:
        assert child.stdout.readline() == "ready\n"
    for child in children:
        child.stdin.write("\n")
        child.stdin.flush()
    passed = [int(child.communicate(timeout=60)[0]) for child in children]
    assert (sum(passed), len(server.requests)) == (10, 10)


@pytest.mark.parametrize("limited", ["in Redis"], indirect=True)
def test_what_redis_keeps_ends(limited: Make, clock: Clock, redis_url: str) -> None:
    """In Redis stand the entries that count and no others, and they expire by themselves."""
    driver = limited(requests=2, per=60)
    for _ in range(5):
        driver.transcribe(WAV)
        clock.advance(60)
    database = redis.Redis.from_url(redis_url)
    (key,) = database.scan_iter()
    assert (database.llen(key), 0 < database.pttl(key) <= 60_000) == (1, True)


def test_redis_is_gone(world: World, server: Server) -> None:
    """A limit that cannot be asked is an error that names neither the password nor sends anything."""
    limit = RateLimit(requests=1, per=60, redis=f"redis://:hunter2@127.0.0.1:{unused_port()}")
    with pytest.raises(PluginError, match="Redis does not keep the rate limit: ConnectionError; see redis=") as caught:
        world.client(base_url=server.url, plugins=[limit]).transcribe(WAV)
    shown = f"{caught.value!r} {caught.value.__cause__} {limit!r} {pickle.dumps(caught.value)!r}"
    assert ("hunter2" in shown, server.requests) == (False, [])


@pytest.mark.parametrize("url", ["localhost:6379", "redis://:hunter2/x@localhost:6379"])
def test_no_url(url: str) -> None:
    """A URL that is none is refused without being quoted: it may hold a password."""
    with pytest.raises(ConfigurationError, match='redis= must be a URL such as "redis://localhost:6379/0"') as caught:
        RateLimit(requests=1, per=60, redis=url)
    assert "hunter2" not in f"{caught.value!r} {caught.value.__cause__}"


def test_missing_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package the error says what to install; a limit in this process needs none."""
    monkeypatch.setitem(sys.modules, "redis", None)
    RateLimit(requests=1, per=60)
    with pytest.raises(ConfigurationError, match=r'install "openrouter-stt\[redis\]"'):
        RateLimit(requests=1, per=60, redis="redis://localhost")


@pytest.mark.parametrize(
    "limits",
    [{"per": 60}, {"requests": 0, "per": 60}, {"bytes": -1, "per": 60}, {"requests": "1", "per": 60}]
    + [{"requests": 1, "per": wrong} for wrong in (0, "minute", float("inf"), float("nan"))],
)
def test_limits_that_cannot_work(limits: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="RateLimit takes requests= or bytes= of at least 1"):
        RateLimit(**limits)


def test_error_survives_pickle() -> None:
    copy = pickle.loads(pickle.dumps(RateLimitExceededError("no", retry_after=2.5)))  # noqa: S301  made here
    assert (type(copy), str(copy), copy.retry_after) == (RateLimitExceededError, "no", 2.5)
