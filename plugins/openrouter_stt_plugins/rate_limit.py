"""Send no more requests and no more bytes of audio in any span of time than a server allows."""

from __future__ import annotations

import math
import threading
from collections import deque
from typing import Any, Final

from openrouter_stt import (
    APIError,
    Attempt,
    Call,
    ConfigurationError,
    HookSpecs,
    PluginError,
    ProceedAttempt,
    Transcription,
    hookimpl,
)

from ._numbers import is_number

UNLIMITED: Final = 2**53  # the largest whole number that Lua counts to

# What `_Log.reserve` does, as one step of Redis; times are whole microseconds.
_RESERVE: Final = """
local now, per, remaining = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local requests, bytes, size = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local log = redis.call('LRANGE', KEYS[1], 0, -1)
local start, count, total = now, 1, size
for i = #log, 1, -1 do
    local time, weight = string.match(log[i], '(%d+) (%d+)')
    if i == #log then start = math.max(now, time) end
    count, total = count + 1, total + weight
    if count > requests or total > bytes then
        start = math.max(start, time + per)
        break
    end
end
if start == now or start - now < remaining then
    redis.call('RPUSH', KEYS[1], string.format('%.0f %.0f', start, size))
    redis.call('PEXPIRE', KEYS[1], math.ceil((start - now + per) / 1000))
    while string.match(redis.call('LINDEX', KEYS[1], 0), '%d+') + per <= now do redis.call('LPOP', KEYS[1]) end
end
return start - now
"""


class RateLimitExceededError(APIError):
    """A request was not sent, since the rate limit would have held it back beyond its call's deadline.

    `retry_after` is for how many seconds, None where the audio is larger than the limit.
    """


class RateLimit(HookSpecs):
    """Holds requests back, retries too, so that any `per` seconds have no more than allowed; first come, first served.

    Args:
        requests: How many requests may start in any `per` seconds.
        bytes: How many bytes of audio they may have together, as encoded for the wire but before base64.
        per: Seconds.
        redis: URL of a Redis or Valkey database, whose clock then counts; processes that state the same limits there
            share them. Needs the extra `redis`. By default clients, threads and tasks share this object's.

    Raises:
        ConfigurationError: For a limit that cannot work, or a missing extra.
    """

    name = "rate-limit"

    def __init__(
        self, *, requests: int | None = None, bytes: int | None = None, per: float, redis: str | None = None
    ) -> None:
        limits = [limit for limit in (requests, bytes) if limit is not None]
        if not (limits and all(map(is_number, (*limits, per))) and min(limits) >= 1 and 0 < per < math.inf):
            raise ConfigurationError("RateLimit takes requests= or bytes= of at least 1, and per= in seconds above 0")
        self.requests: int = requests or UNLIMITED
        self.bytes: int = bytes or UNLIMITED
        self.per: float = float(per)
        self._log: _Log | _SharedLog = _Log() if redis is None else _SharedLog(redis)

    @hookimpl
    async def around_attempt(self, attempt: Attempt, proceed: ProceedAttempt) -> Transcription:
        """Wait for a place within the limit; raises `RateLimitExceededError` where the deadline comes first."""
        call, size = attempt.call, attempt.size
        if size > self.bytes:
            raise RateLimitExceededError(f"{size} bytes of audio never fit a limit of {self.bytes}; nothing was sent")
        wait = await self._log.reserve(self, call, size)
        if wait and wait >= call.remaining:
            message = f"the rate limit asks to wait {wait:.1f} s, beyond the call's deadline; nothing was sent"
            raise RateLimitExceededError(message, retry_after=wait)
        if wait:
            await call.sleep(wait)
        return await proceed(attempt)


class _Log:
    """When each request starts and how large it is. Those that wait are in it too, so each knows its wait at once."""

    def __init__(self) -> None:
        self._entries: deque[tuple[float, int]] = deque()
        self._lock = threading.Lock()

    async def reserve(self, limit: RateLimit, call: Call, size: int) -> float:
        """Take the first place that is free, unless it is beyond the call's deadline; return the seconds until then."""
        with self._lock:
            remaining = call.remaining
            start = now = call.deadline - remaining
            while self._entries and self._entries[0][0] + limit.per <= now:
                self._entries.popleft()
            count, total = 1, size
            for time, weight in reversed(self._entries):
                count, total = count + 1, total + weight
                if count > limit.requests or total > limit.bytes:
                    start = time + limit.per
                    break
            if start == now or start - now < remaining:
                self._entries.append((start, size))
        return start - now


class _SharedLog:
    """The same in Redis."""

    def __init__(self, url: str) -> None:
        try:
            from redis import Redis, RedisError
        except ImportError:
            raise ConfigurationError('RateLimit(redis=...) needs redis: install "openrouter-stt[redis]"') from None
        try:  # these limits give way to the URL's
            self._client: Any = Redis.from_url(url, socket_timeout=5.0, socket_connect_timeout=5.0)
        except ValueError:  # which may quote a part of the password
            raise ConfigurationError('redis= must be a URL such as "redis://localhost:6379/0"') from None
        self._script: Any = self._client.register_script(_RESERVE)
        self._failure = RedisError

    async def reserve(self, limit: RateLimit, call: Call, size: int) -> float:
        """See `_Log.reserve`. Raises `PluginError` where Redis cannot be asked."""
        try:
            return await call.blocking(self._reserve, limit, call.remaining, size)
        except self._failure as error:
            raise PluginError(f"Redis does not keep the rate limit: {type(error).__name__}; see redis=") from error

    def _reserve(self, limit: RateLimit, remaining: float, size: int) -> float:
        seconds, microseconds = self._client.time()
        times = [seconds * 1_000_000 + microseconds, math.ceil(limit.per * 1e6), math.ceil(remaining * 1e6)]
        key = f"openrouter-stt:rate-limit:{limit.requests}:{limit.bytes}:{limit.per}"
        wait: int = self._script(keys=[key], args=[*times, limit.requests, limit.bytes, size])
        return wait / 1e6
