"""Print how many of 20 calls a rate limit of 10 a minute, which is kept in Redis, lets through in this process.

Run as `python -m tests.support.limited_child URL REDIS`; it starts when a line comes in.
"""

from __future__ import annotations

import sys

from openrouter_stt import Client
from openrouter_stt_plugins.rate_limit import RateLimit, RateLimitExceededError
from tests.support.sounds import WAV


def main(url: str, redis_url: str) -> None:
    passed = 0
    plugins = [RateLimit(requests=10, per=60, redis=redis_url)]
    with Client("key", base_url=url, timeout=10, plugins=plugins, autoload=False) as client:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        for _ in range(20):
            try:
                client.transcribe(WAV, model="m")
                passed += 1
            except RateLimitExceededError:
                pass
    sys.stdout.write(str(passed))


if __name__ == "__main__":
    main(*sys.argv[1:])
