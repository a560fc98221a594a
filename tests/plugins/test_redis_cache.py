"""The cache in Redis: what it keeps and for how long, and that trouble with Redis costs no call."""

from __future__ import annotations

import json
import logging
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import redis

from openrouter_stt import Client, ConfigurationError, Transcription, Usage
from openrouter_stt_plugins import redis_cache
from openrouter_stt_plugins.redis_cache import PAUSE, RedisCache
from tests.support.server import Answer, Server, unused_port
from tests.support.sounds import WAV
from tests.support.worlds import World

FULL = Transcription(text="grüße", model="m", usage=Usage(cost=0.25, seconds=1.5), generation_id="gen-1")
SAID = Answer.of(200, {"text": "grüße", "usage": {"cost": 0.5}, "extra": [1]}, x_generation_id="gen-1")


@pytest.fixture
def database(redis_url: str) -> Iterator[redis.Redis]:
    """Look into an empty Redis beside the plugin."""
    with redis.Redis.from_url(redis_url, decode_responses=True) as database:
        database.flushall()
        yield database


@contextmanager
def mute() -> Iterator[str]:
    """Be a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("setting", ["cache", "plugins"])
def test_a_second_call_is_answered_from_redis(world: World, server: Server, redis_url: str, setting: str) -> None:
    """The answer is the same in all but where it came from, as a cache or as a plugin among others."""
    server.will(SAID)
    cache = RedisCache(redis_url)
    client = world.client(base_url=server.url, strict=True, **{setting: cache if setting == "cache" else [cache]})
    sent, kept = client.transcribe(WAV), client.transcribe(WAV)
    assert kept == sent.replace(source="cache", attempts=0)
    assert kept.response == sent.response is not None
    assert len(server.requests) == 1


@pytest.mark.usefixtures("database")
def test_another_client_finds_what_one_kept(world: World, server: Server, redis_url: str) -> None:
    """Clients need not share a cache object, and a cache whose client was closed is still of use."""
    cache = RedisCache(redis_url)
    for plugin in (cache, RedisCache(redis_url), cache):
        client = world.client(base_url=server.url, cache=plugin, strict=True)
        client.transcribe(WAV)
        client.close()
    assert len(server.requests) == 1


def test_entries_are_json_under_a_digest(world: World, server: Server, redis_url: str, database: redis.Redis) -> None:
    """Keys show neither audio nor the API key; a value is the answer as a document."""
    server.will(SAID)
    world.client("sk-secret", base_url=server.url, cache=RedisCache(redis_url, prefix="stt/")).transcribe(WAV)
    ((key, value),) = [(key, database.get(key)) for key in database.scan_iter()]
    assert key.removeprefix("stt/").isalnum()
    assert len(key) == len("stt/") + 64
    assert json.loads(str(value))["text"] == "grüße"
    assert "sk-secret" not in key + str(value)


@pytest.mark.parametrize(("ttl", "lowest", "highest"), [(60, 59_000, 60_000), (0.5, 1, 500), (None, -1, -1)])
def test_time_to_live(redis_url: str, database: redis.Redis, ttl: float | None, lowest: int, highest: int) -> None:
    """Redis itself forgets an answer after `ttl` seconds; with None it never does."""
    cache = RedisCache(redis_url, ttl=ttl, prefix="")
    cache.cache_set("key", FULL)
    assert lowest <= int(str(database.pttl("key"))) <= highest
    assert cache.cache_get("key") == FULL
    cache.close()


FOREIGN: dict[str, Callable[[redis.Redis, str], Any]] = {
    "another type": lambda database, key: database.rpush(key, "one"),
    "no JSON": lambda database, key: database.set(key, b"\x80\x04K\x01."),
    "another document": lambda database, key: database.set(key, "[]"),
    "a text that is none": lambda database, key: database.set(key, json.dumps({**FULL.to_dict(), "text": 1})),
    "nested too deep": lambda database, key: database.set(key, "[" * 100_000),
}


@pytest.mark.parametrize("put", FOREIGN.values(), ids=FOREIGN.keys())
def test_foreign_content_is_a_miss_and_is_replaced(
    world: World, server: Server, redis_url: str, database: redis.Redis, put: Callable[[redis.Redis, str], Any]
) -> None:
    """What is no answer of ours is never unpickled nor returned."""
    client = world.client(base_url=server.url, cache=RedisCache(redis_url))
    client.transcribe(WAV)
    (key,) = database.keys()
    database.delete(key)
    put(database, key)
    assert [client.transcribe(WAV).source for _ in range(2)] == ["network", "cache"]


def test_redis_that_is_down_is_a_miss(world: World, server: Server, caplog: pytest.LogCaptureFixture) -> None:
    """Calls go on, with one warning, without the URL."""
    cache = RedisCache(f"redis://:sesame@127.0.0.1:{unused_port()}/0")
    client = world.client(base_url=server.url, cache=cache)
    assert [client.transcribe(WAV).source for _ in range(2)] == ["network", "network"]
    warned = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert [line.partition(" and ")[0] for line in warned] == [
        "plugin 'redis-cache', hook cache_get failed with ConnectionError"
    ]
    assert "sesame" not in caplog.text + repr(cache)


def test_redis_that_is_late_is_left_alone_for_a_while(
    world: World, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One call waits for it, for the time-out; those after it do without, until the pause is over."""
    now = [100.0]
    monkeypatch.setattr(redis_cache, "monotonic", lambda: now[0])
    with mute() as url:
        client = world.client(base_url=server.url, cache=RedisCache(url, timeout=0.01), strict=True)
        with pytest.raises(redis.TimeoutError):
            client.transcribe(WAV)
        now[0] += PAUSE - 1
        assert client.transcribe(WAV).source == "network"
        now[0] += 2
        with pytest.raises(redis.TimeoutError):
            client.transcribe(WAV)


def test_a_connection_that_redis_closed_is_made_anew(
    world: World, server: Server, redis_url: str, database: redis.Redis
) -> None:
    """A restarted Redis is no trouble."""
    client = world.client(base_url=server.url, cache=RedisCache(redis_url), strict=True)
    client.transcribe(WAV)
    database.client_kill_filter(_type="normal", skipme=True)
    assert client.transcribe(WAV).source == "cache"


def test_close_leaves_no_connection(world: World, server: Server, redis_url: str, database: redis.Redis) -> None:
    """A closed client holds none of Redis's connections."""
    client = world.client(base_url=server.url, cache=RedisCache(redis_url))
    client.transcribe(WAV)
    client.close()
    assert any(len(database.client_list()) == 1 for _ in range(100))  # Redis may see the end after the question


@pytest.mark.parametrize("url", ["localhost:6379", "redis://:se/same@host:6379/0"])
def test_a_url_that_is_none(url: str) -> None:
    """It is refused at once; the message does not show it, since it may hold a password."""
    with pytest.raises(ConfigurationError, match="the URL of Redis cannot be used") as caught:
        RedisCache(url)
    assert "same" not in str(caught.value)


@pytest.mark.parametrize("setting", [{"ttl": 0}, {"ttl": -1.0}, {"timeout": 0}, {"ttl": float("nan")}])
def test_a_time_that_is_none(setting: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError, match="must be seconds above 0"):
        RedisCache(**setting)


def test_without_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """The module can be imported without redis-py; making a cache says what to install."""
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(ConfigurationError, match=r'install "openrouter-stt\[redis\]"'):
        Client(cache=RedisCache())
