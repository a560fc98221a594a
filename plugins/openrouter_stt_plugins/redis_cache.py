"""Keep answers in Redis, for every process and machine that reaches it."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Final, cast

from openrouter_stt import ConfigurationError, HookSpecs, Transcription, hookimpl

if TYPE_CHECKING:
    import redis

PAUSE: Final = 10.0  # seconds without a question, once Redis did not answer in time
MONTH: Final = 30 * 24 * 3600.0  # seconds


class RedisCache(HookSpecs):
    """Keeps answers as JSON in Redis, or in what speaks its protocol, such as Valkey.

    Redis forgets an answer when its time is over, or earlier where its own `maxmemory-policy` says so. What Redis has
    under a key is read as JSON and as nothing else. No trouble with Redis breaks a call: it is a miss.

    Args:
        url: redis://, rediss:// (TLS) or unix://, with user, password and database; see `redis.Redis.from_url`.
        ttl: Seconds for which an answer is kept; None keeps it until Redis has to make room.
        prefix: What keys begin with. The rest is the call's cache key, by default a SHA-256 in hexadecimal.
        timeout: Seconds for connecting and for each answer of Redis; after one that is late, calls do without for 10 s.

    Raises:
        ConfigurationError: For a URL or a time that cannot be used, and where redis-py is not installed.
    """

    name = "redis-cache"

    def __init__(
        self,
        url: str = "redis://localhost:6379/0",
        *,
        ttl: float | None = MONTH,
        prefix: str = "openrouter-stt:",
        timeout: float = 0.5,
    ) -> None:
        if not (timeout > 0 and (ttl is None or ttl >= 0.001)):
            raise ConfigurationError(f"ttl ({ttl!r}) and timeout ({timeout!r}) must be seconds above 0")
        self.ttl = ttl
        self.prefix = prefix
        self.timeout = timeout
        self._redis = _client(url, timeout)
        self._resumes = 0.0  # on the clock of `monotonic`

    # One client serves both worlds, in a worker thread in the async one: redis-py's own async client does not run on
    # trio, has to be kept apart for each event loop, and saves 0.1 ms of a call that takes seconds.

    @hookimpl(blocking=True)
    def cache_get(self, key: str) -> Transcription | None:
        kept = self._asked(partial(self._redis.get, self.prefix + key))
        return None if kept is None else Transcription.from_dict(json.loads(cast(bytes, kept)))

    @hookimpl(blocking=True)
    def cache_set(self, key: str, transcription: Transcription) -> None:
        answer = json.dumps(transcription.to_dict())
        lifetime = None if self.ttl is None else int(self.ttl * 1000)  # milliseconds
        self._asked(partial(self._redis.set, self.prefix + key, answer, px=lifetime))

    @hookimpl
    def close(self) -> None:
        """Close the connections; where clients share this cache, the next one to use it connects anew."""
        self._redis.close()

    def _asked(self, command: Callable[[], object]) -> object:
        """Return what Redis says, None while it is given time to recover."""
        from redis.exceptions import TimeoutError as LateError

        if monotonic() < self._resumes:
            return None
        try:
            return command()
        except LateError:
            self._resumes = monotonic() + PAUSE
            raise


def _client(url: str, timeout: float) -> redis.Redis:
    try:
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry
    except ImportError:
        raise ConfigurationError('a cache in Redis needs redis-py: install "openrouter-stt[redis]"') from None
    try:
        return redis.Redis.from_url(
            url,
            socket_connect_timeout=timeout,
            socket_timeout=timeout,
            retry=Retry(NoBackoff(), 0),  # else redis-py waits three times as long, and between
        )
    except ValueError:  # its message may quote the password
        raise ConfigurationError(
            "the URL of Redis cannot be used: write redis://user:password@host:6379/0, and in a password %2F for /"
        ) from None
