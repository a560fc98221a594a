"""Measures one client from within, in the client's own environment: `python -m benchmarks.worker ADAPTER URL`.

Each line of standard input is a question in JSON, the name of a function below with its arguments; each line of
standard output an answer. Only the standard library is imported before a question, which may be how long imports take.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Coroutine
from importlib import import_module
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, TypeVar

from benchmarks.adapters import adapter

T = TypeVar("T")
SMALL = 10_000  # bytes of a small recording
AGAIN = 10  # clients after the first
PATIENCE = 0.06  # seconds at most until a call is cancelled; an answer takes 50 ms


def wav(size: int) -> bytes:
    """Return a recording of so many bytes: noise at 16 kHz."""
    import random

    return header(size) + random.Random(1).randbytes(size - 44)  # noqa: S311  noise


def header(size: int) -> bytes:
    import struct

    length = size - 44
    form = struct.pack("<HHIIHH", 1, 1, 16_000, 32_000, 2, 16)
    return (
        b"RIFF"
        + struct.pack("<I", size - 8)
        + b"WAVEfmt "
        + struct.pack("<I", 16)
        + form
        + b"data"
        + struct.pack("<I", length)
    )


def memory(field: str) -> int:
    """Read this process's memory in bytes: VmRSS, what it has; VmHWM, the most it ever had."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) * 1024


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


class Worker:
    """A client under test, made by the first question that needs it."""

    def __init__(self, name: str, url: str) -> None:
        self.adapter = adapter(name)
        self.url = url
        self.loop: Any = None
        self.kept: list[object] = []
        self.calls: dict[str, Callable[[Any], Any]] = {}
        self.recordings: dict[int, bytes] = {}

    def modules(self) -> list[str]:
        """Import the client's module, and name all that came with it."""
        import_module(self.adapter.MODULE)
        return sorted(sys.modules)

    def load(self, module: str) -> float:
        """Time the import of any module of the client's environment."""
        begin = perf_counter()
        import_module(module)
        return perf_counter() - begin

    def start(self) -> dict[str, float]:
        """Time the import, and a first client with its first answer: seconds, and CPU seconds, since the beginning."""
        recording = header(SMALL) + bytes(SMALL - 44)
        world = "sync" if hasattr(self.adapter, "sync_client") else "async"
        begin, cpu = perf_counter(), process_time()
        import_module(self.adapter.MODULE)
        imported = {"import": perf_counter() - begin, "import_cpu": process_time() - cpu}
        self._transcribe(world, recording)
        return {**imported, "answer": perf_counter() - begin, "answer_cpu": process_time() - cpu}

    def first(self) -> float:
        """Let a client that was made before have its first call; return the longest block of the event loop."""
        import_module(self.adapter.MODULE)
        return self._watched(self._small())

    def clients(self, world: str) -> dict[str, float]:
        """Make more clients, each of which gets an answer; return what one of them takes of CPU time and memory."""
        recording = self._small()
        self._transcribe(world, recording)
        before, begin = memory("VmRSS"), process_time()
        for _ in range(AGAIN):
            self.kept.append(self.calls.pop(world))
            self._transcribe(world, recording)
        return {"seconds": (process_time() - begin) / AGAIN, "bytes": (memory("VmRSS") - before) / AGAIN}

    def small(self, world: str, times: int) -> float:
        """Transcribe a small recording so many times, and return the seconds of CPU time of one."""
        recording = self._small()
        if world not in self.calls:
            self._transcribe(world, recording)
        begin = process_time()
        self._transcribe(world, recording, times)
        return (process_time() - begin) / times

    def searches(self, world: str) -> int:
        """Count the modules that a later call looks for, as each will where they are not to be found."""
        names: list[str] = []

        class Finder:
            @staticmethod
            def find_spec(name: str, *_: object) -> None:
                names.append(name)

        self._transcribe(world, self._small())
        sys.meta_path.insert(0, Finder)
        self._transcribe(world, self._small())
        sys.meta_path.remove(Finder)
        return len(names)

    def upload(self, world: str, path: str) -> dict[str, float]:
        """Transcribe a file after a small one: seconds, CPU seconds, growth of peak memory, the longest block."""
        self._transcribe(world, self._small())
        before, cpu, begin = memory("VmHWM"), process_time(), perf_counter()
        blocked = 0.0
        if world == "async":
            blocked = self._watched(Path(path))
        else:
            self._transcribe(world, Path(path))
        wall, cpu = perf_counter() - begin, process_time() - cpu
        return {"wall": wall, "cpu": cpu, "growth": memory("VmHWM") - before, "blocked": blocked}

    def concurrent(self, many: int, times: int) -> dict[str, float]:
        """Transcribe a small recording so many times, so many at once; return calls a second, and CPU time of one."""
        import asyncio

        recording, left = self._small(), iter(range(times))

        async def work() -> None:
            for _ in left:
                await self._async_transcribe(recording)

        async def all_of_them() -> None:
            await asyncio.gather(*(work() for _ in range(many)))

        self._transcribe("async", recording)
        begin, cpu = perf_counter(), process_time()
        self._run(all_of_them())
        return {"rate": times / (perf_counter() - begin), "cpu": (process_time() - cpu) / times}

    def cancelled(self, tasks: int, seconds: float, later: int, pool: dict[str, int]) -> int:
        """Cancel the calls of so many tasks; return how many of some later calls are answered in time.

        `pool` is how the client's connections are limited, if at all.
        """
        import asyncio
        import random

        recording, draw = self._small(), random.Random(2)  # noqa: S311  times, no secret

        async def answered(limit: float) -> bool:
            try:
                await asyncio.wait_for(self._async_transcribe(recording), limit)
            except Exception:  # an SDK has an error of its own for a pool that has no connection left
                return False
            return True

        async def work() -> None:
            end = perf_counter() + seconds
            while perf_counter() < end:
                await answered(draw.uniform(0, PATIENCE))

        async def all_of_them() -> int:
            self.calls["async"] = self.adapter.async_client(self.url, **pool)
            await asyncio.gather(*(work() for _ in range(tasks)))
            return sum([await answered(2) for _ in range(later)])

        return self._run(all_of_them())

    def state(self) -> dict[str, int]:
        """Return memory and open files, when garbage is gone."""
        import gc

        gc.collect()
        return {"memory": memory("VmRSS"), "files": open_files()}

    def _small(self) -> bytes:
        return self.recordings.setdefault(SMALL, wav(SMALL))

    def _transcribe(self, world: str, source: bytes | Path, times: int = 1) -> None:
        if world == "sync":
            call = self.calls.get(world) or self.calls.setdefault(world, self.adapter.sync_client(self.url))
            for _ in range(times):
                call(source)
        else:
            self._run(self._async_transcribe(source, times))

    async def _async_transcribe(self, source: bytes | Path, times: int = 1) -> None:
        call = self.calls.get("async") or self.calls.setdefault("async", self.adapter.async_client(self.url))
        for _ in range(times):
            await call(source)

    def _watched(self, source: bytes | Path) -> float:
        """Transcribe while a task wakes up every millisecond; return the longest it had to wait above that."""
        import asyncio

        worst = 0.0

        async def tick() -> None:
            nonlocal worst
            while True:
                begin = perf_counter()
                await asyncio.sleep(0.001)
                worst = max(worst, perf_counter() - begin - 0.001)

        async def both() -> None:
            if "async" not in self.calls:
                self.calls["async"] = self.adapter.async_client(self.url)
            ticking = asyncio.create_task(tick())
            await asyncio.sleep(0.01)
            await self._async_transcribe(source)
            await asyncio.sleep(0)
            ticking.cancel()

        self._run(both())
        return worst

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        import asyncio

        self.loop = self.loop or asyncio.new_event_loop()
        result: T = self.loop.run_until_complete(coroutine)
        return result


def main(name: str, url: str) -> None:
    worker = Worker(name, url)
    for line in sys.stdin:
        question, *arguments = json.loads(line)
        print(json.dumps(getattr(worker, question)(*arguments)), flush=True)  # noqa: T201  what the driver reads
    os._exit(0)  # without a word on what was not closed


if __name__ == "__main__":
    main(*sys.argv[1:])
