"""Mixed faults for a long time: every call ends in its own answer or its own error, and nothing piles up.

    python -m tests.soak --minutes 30

Sixteen calls are in flight at any time, in each world for the same time. Half of them are answered with what they
alone asked for, the others meet faults of tests/faults/table.py. Prints a table in Markdown, and ends with status 1 if
any call ended otherwise than the table says, memory drifted by more than 100 MB, or a file stayed open.
"""

from __future__ import annotations

import ctypes
import gc
import random
import re
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from time import monotonic

import click

from openrouter_stt_plugins.retry import Retry
from tests.faults.table import Fault
from tests.faults.test_table import KEY, expected, outcome
from tests.soak.server import paths
from tests.support.sounds import WAV
from tests.support.worlds import ASYNC_WORLDS, Driver, World, world_named

IN_FLIGHT = 16
WARM_UP = 0.2  # of the time; memory and files are counted after it
PATIENT = 5.0  # seconds for faults that only a deadline ends: this machine may be busy
LARGE = 0.02  # how often a fault of a large request is taken
MOST_DRIFT = 100e6  # bytes; answers of the table decode to 64 MiB, and the allocator keeps some of that


@dataclass
class Tally:
    """How the calls of one world ended; `wrong` are those that the table does not know so."""

    calls: Counter[str] = field(default_factory=Counter[str])
    wrong: list[str] = field(default_factory=list[str])
    longest: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, how: str, seconds: float, wrong: str) -> None:
        with self.lock:
            self.calls[how] += 1
            self.longest = max(self.longest, seconds)
            self.wrong += [wrong] if wrong else []


@dataclass(frozen=True)
class Footprint:
    """What the process holds: bytes of memory, open files, threads."""

    memory: int
    files: int
    threads: int

    @classmethod
    def now(cls) -> Footprint:
        gc.collect()
        with suppress(AttributeError):  # it is glibc's, and gives back what the allocator keeps for later
            ctypes.CDLL(None).malloc_trim(0)
        status = Path("/proc/self/status").read_text()
        numbers = [int(found) for found in re.findall(r"^(?:VmRSS|Threads):\s+(\d+)", status, re.MULTILINE)]
        return cls(numbers[0] * 1024, len(list(Path("/proc/self/fd").iterdir())), numbers[1])


class Soak:
    """The clients of one world, one for each address, and calls on them."""

    def __init__(self, world: World, address: str) -> None:
        self.tally = Tally()
        self._world = world
        self._numbers = count()
        self._names: list[str] = []
        self._clients: dict[str, Driver] = {}
        self._faults: dict[str, Fault] = {}
        for name, fault in paths().items():
            retry = Retry(base=0.001, longest=0.01, budget=10**9)
            timeout = PATIENT if fault is not None and fault.timeout else None
            self._clients[name] = world.client(
                KEY, base_url=f"{address}/{name}", disable=["logging"], plugins=[retry], timeout=timeout
            )
            if fault is not None:
                self._faults[name] = replace(fault, timeout=timeout)

    def call_until(self, end: float) -> None:
        """Make one call after the other."""
        while monotonic() < end:
            if random.random() < 0.5:
                self._ask()
                continue
            name, fault = random.choice(list(self._faults.items()))
            if not fault.large or random.random() < LARGE:
                self._meet(name, fault)

    def _ask(self) -> None:
        asked, began = f"call-{next(self._numbers)}", monotonic()
        text = self._clients["0"].transcribe(WAV, language=asked).text
        self.tally.add("answered", monotonic() - began, "" if text == asked else f"{asked} was answered with {text}")

    def _meet(self, name: str, fault: Fault) -> None:
        began = monotonic()
        came, wanted = outcome(fault, self._clients[name]), expected(fault, self._world)
        how = fault.error.__name__ if fault.error else "answered"
        self.tally.add(how, monotonic() - began, "" if came == wanted else f"{fault.name}: {came}, not {wanted}")


@contextmanager
def serving() -> Iterator[str]:
    """Run the server."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.soak.server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"


def soak(world_name: str, address: str, seconds: float) -> tuple[Tally, Footprint, Footprint]:
    """Keep sixteen calls in flight; return how they ended, and what was held after the warm-up and at the end."""
    with world_named(world_name) as world, ThreadPoolExecutor(IN_FLIGHT) as pool:
        soaked, held = Soak(world, address), []
        for share in (WARM_UP, 1 - WARM_UP):
            end = monotonic() + seconds * share
            for done in [pool.submit(soaked.call_until, end) for _ in range(IN_FLIGHT)]:
                done.result()
            held.append(Footprint.now())
    return soaked.tally, held[0], held[1]


@click.command(help=__doc__)
@click.option("--minutes", type=float, default=30.0, show_default=True)
def main(minutes: float) -> None:
    """Soak each world and print the table."""
    print("| world | calls | as the table says | ended by an error | longest, s | memory, MB | open files |")  # noqa: T201
    print("|---|---|---|---|---|---|---|", flush=True)  # noqa: T201
    failed = False
    with serving() as address:
        for world in (worlds := ("sync", *ASYNC_WORLDS)):
            tally, before, after = soak(world, address, minutes * 60 / len(worlds))
            calls, drift = tally.calls.total(), after.memory - before.memory
            right, errors = calls - len(tally.wrong), calls - tally.calls["answered"]
            files = after.files - before.files
            print(  # noqa: T201
                f"| {world} | {calls:,} | {right:,} | {errors:,} | {tally.longest:.1f} "
                f"| {drift / 1e6:+.1f} | {files:+d} of {before.files} |",
                flush=True,
            )
            for wrong in tally.wrong[:20]:
                click.echo(wrong, err=True)
            failed |= bool(tally.wrong) or drift > MOST_DRIFT or files > IN_FLIGHT
    sys.exit(failed)


if __name__ == "__main__":
    main()
