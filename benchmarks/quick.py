"""A guard for continuous integration: ratios alone, in generous bounds, in less than a minute.

What is compared takes turns, and the least of each counts, since what disturbs adds to it alone: of CPU time, but for
uploads. Where a bound is passed, it is measured once more.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks import plugins, stub
from benchmarks.adapters import OURS, RAW
from benchmarks.sessions import Bench
from benchmarks.tables import table

LARGE = 25_000_000  # bytes
Ratio = tuple[str, float, float]  # what, how much, and its bound


def imports(bench: Bench) -> Iterator[Ratio]:
    times = bench.in_turn("Import", [OURS, RAW], 5, partial(bench.fresh, question="start"))
    for what, words in (("import_cpu", "import / that of httpx"), ("answer_cpu", "first answer / that of httpx")):
        ours, raw = (min(answer[what] for answer in times[name]) for name in (OURS, RAW))
        yield words, ours / raw, 1.5


def calls(bench: Bench) -> Iterator[Ratio]:
    pairs = [(name, world) for world in ("sync", "async") for name in (OURS, RAW)]
    times = bench.sessions_in_turn("Calls", pairs, 25, 20)
    for world in ("sync", "async"):
        yield f"a call / raw httpx, {world}", min(times[OURS, world]) / min(times[RAW, world]), 1.5
        yield f"modules that a later call looks for, {world}", bench.fresh(OURS, "searches", [world]), 0.0


def uploads(bench: Bench) -> Iterator[Ratio]:
    path = bench.recording(LARGE)
    for world in ("sync", "async"):
        ask = partial(bench.fresh, question="upload", arguments=(world, path))
        answers = bench.in_turn("Uploads", [OURS, RAW], 3, ask)
        ours, raw = (min(answer["wall"] for answer in answers[name]) for name in (OURS, RAW))
        yield f"25 MB upload / raw httpx, {world}", ours / raw, 0.7
        yield f"25 MB upload, growth / 8 MB, {world}", min(answer["growth"] for answer in answers[OURS]) / 8e6, 1.0


def hooks(_: Bench) -> Iterator[Ratio]:
    call, hook = plugins.least_hook()
    yield "a hook that does nothing / a call", hook / call, 0.05


def hits(_: Bench) -> Iterator[Ratio]:
    call, hit = plugins.least_hit()
    yield "a hit of the cache in memory / a call", hit / call, 0.5


GUARDS: tuple[Callable[[Bench], Iterator[Ratio]], ...] = (imports, calls, uploads, hooks, hits)


def guarded(guard: Callable[[Bench], Iterator[Ratio]], bench: Bench) -> list[Ratio]:
    found = list(guard(bench))
    if all(ratio <= bound for _, ratio, bound in found):
        return found
    return [
        (what, min(ratio, again), bound)
        for (what, ratio, bound), (_, again, _) in zip(found, guard(bench), strict=True)
    ]


def main() -> int:
    """Print the ratios; the exit status is 1 where one is above its bound."""
    with tempfile.TemporaryDirectory() as folder, stub.running() as url:
        bench = Bench(url, Path(folder), python_of=lambda _: Path(sys.executable))
        found = [each for guard in GUARDS for each in guarded(guard, bench)]
    rows = [[what, f"{ratio:.3f}", f"{bound:g}", "" if ratio <= bound else "TOO MUCH"] for what, ratio, bound in found]
    print(table(["", "ratio", "at most", ""], rows))  # noqa: T201  what it is for
    return int(any(ratio > bound for _, ratio, bound in found))
