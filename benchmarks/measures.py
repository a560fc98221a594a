"""What is measured: each function returns figures in seconds and bytes, as JSON can hold them."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from benchmarks import adapters, environments, generation, kept, plugins
from benchmarks.adapters import ALL, FLOOR, OURS, OURS_AIOHTTP, RAW
from benchmarks.sessions import Bench, Session, in_process, pairs, progress

Figures = dict[str, Any]
LARGE: Final = {"25 MB": 25_000_000, "100 MB": 100_000_000}
HUGE: Final = 1_000_000_000
IN_FLIGHT: Final = 32
OVER_AIOHTTP: Final = (OURS_AIOHTTP, "aiohttp_json")
POOL: Final = 10  # connections
LATER: Final = 5
CALLS: Final = (1, 10, 100, 1_000, 10_000)
OLD: Final = 1_000  # from so many calls on, a client is asked for more of them in each round
OPERATIONS: Final = (1, 20, 200)
SOAK: Final = 100_000
FILES: Final = 10_000
LOADED: Final = ("anyio", "av", "click", "httpx", "numpy", "opentelemetry", "phonenumbers", "redis", "rich")


def imports(bench: Bench) -> Figures:
    """A process of its own imports a client, makes one, and gets a first answer; another's event loop is watched."""
    names = [name for name in ALL if name != "httpx_streamed"]
    answers = bench.in_turn("Imports", names, 8, lambda name: bench.fresh(name, "start"))
    modules = ["openrouter_stt", "httpx"]
    watched = [OURS, OURS_AIOHTTP, RAW]
    first = bench.in_turn("First calls", watched, 5, lambda name: bench.fresh(name, "first"))
    beside = bench.in_turn("Side by side", modules, 10, lambda module: bench.fresh(OURS, "load", [module]))
    loaded = bench.fresh(OURS, "modules")
    return {
        "times": {name: {what: [each[what] for each in found] for what in found[0]} for name, found in answers.items()},
        "first": first,
        "beside": beside,
        "loaded": [name for name in loaded if name.partition(".")[0] in LOADED or "openrouter_stt_api.models" in name],
    }


def clients(bench: Bench) -> Figures:
    """A client after the first: ten are made, and get an answer each."""
    every = pairs(ALL)
    answers = bench.in_turn("Further clients", every, 2, lambda pair: bench.fresh(pair[0], "clients", pair[1:]), 0)
    return {
        f"{name} {world}": {what: [each[what] for each in found] for what in found[0]}
        for (name, world), found in answers.items()
    }


def calls(bench: Bench) -> Figures:
    """CPU time of a call with 10 KB."""
    figures: Figures = {}
    for _ in range(3):  # processes of each: one is quick and another slow, whatever it does
        for (name, world), found in bench.sessions_in_turn("Calls", pairs([*ALL, FLOOR]), 10, 20).items():
            figures.setdefault(f"{name} {world}", []).extend(found)
    return figures


def concurrency(bench: Bench) -> Figures:
    """Calls a second with 32 in flight, and how many of five are answered after five seconds of cancellations."""
    names = [name for name, world in pairs(ALL) if world == "async"]
    with ExitStack() as stack:
        sessions = {name: stack.enter_context(bench.session(name)) for name in names}
        rounds = {name: 20 if name in OVER_AIOHTTP else 5 for name in names}  # so that each takes half a second
        found = bench.in_turn(
            "Concurrency", names, 8, lambda name: sessions[name].ask("concurrent", IN_FLIGHT, rounds[name] * IN_FLIGHT)
        )
    slow, limited = bench.url.replace("/api/", "/slow/api/"), {"connections": POOL}
    pools = {OURS: {}, OURS_AIOHTTP: {}, RAW: limited, "aiohttp_json": limited}  # ours limits no connections
    return {
        "rate": {name: [each["rate"] for each in found[name]] for name in names},
        "cpu": {name: [each["cpu"] for each in found[name]] for name in names},
        "answered": {
            name: bench.fresh(name, "cancelled", (3 * POOL, 5, LATER, pool), slow)
            for name, pool in progress([*pools.items()], "Cancellations")
        },
    }


def uploads(bench: Bench) -> Figures:
    """Large files: seconds, growth of the most memory, the longest time for which the event loop stood still."""
    figures: Figures = {}
    for label, rounds in (("25 MB", 4), ("100 MB", 3)):
        path = bench.recording(LARGE[label])
        _read(Path(path))  # from the disk, once for all
        every = pairs([*ALL, FLOOR])
        asked = bench.in_turn(label, every, rounds, partial(_uploaded, bench, path), 0)
        for (name, world), found in asked.items():
            figures[f"{label} {name} {world}"] = {what: [each[what] for each in found] for what in found[0]}
    return figures


def _uploaded(bench: Bench, path: str, pair: tuple[str, str]) -> Figures:
    name, world = pair
    figures: Figures = bench.fresh(name, "upload", (world, path))
    return figures


def memory(bench: Bench) -> Figures:
    """A gigabyte in constant memory, at the first attempt and with one that is refused."""
    path, flaky = bench.recording(HUGE), bench.url.replace("/api/", "/flaky/api/")
    cases = [(world, url) for world in adapters.worlds(OURS) for url in (bench.url, flaky)]
    asked = bench.in_turn("1 GB", cases, 2, lambda case: bench.fresh(OURS, "upload", (case[0], path), case[1]), 0)
    return {
        f"{world}, {'one refusal' if url == flaky else 'one attempt'}": {
            what: [each[what] for each in found] for what in found[0]
        }
        for (world, url), found in asked.items()
    }


def hits(bench: Bench) -> Figures:
    """Answers that the cache in memory has, beside the recording's hash and raw httpx's call, in many processes."""
    figures: Figures = {}
    for label, size, processes, times in (("10 KB", 10_000, 12, 500), ("25 MB", LARGE["25 MB"], 3, 1)):
        path = Path(bench.recording(size))
        found = [
            {**in_process(kept.measured, path, times), "raw httpx": _least_call(bench)}
            for _ in progress(range(processes), f"Hits, {label}")
        ]
        figures |= {f"{label} {way}": [each[way] for each in found] for way in found[0]}
    return figures


def _least_call(bench: Bench) -> float:
    """Return the least CPU seconds of raw httpx's call, in a process of its own."""
    with bench.session(RAW) as raw:
        least: float = min(raw.ask("small", "sync", 20) for _ in range(2 * kept.ROUNDS))
        return least


def growth_of_calls(bench: Bench) -> Figures:
    """CPU time of a call of a client, when it has made so many; clients of all ages take turns."""
    return {world: _by_age(bench, name, world) for name, world in pairs([OURS])}


def _by_age(bench: Bench, name: str, world: str) -> dict[str, list[float]]:
    with ExitStack() as stack:
        old = {many: stack.enter_context(bench.session(name)) for many in CALLS if many >= OLD}
        for many, session in old.items():
            session.ask("small", world, many)

        def ask(many: int) -> float:
            if many in old:
                return _next_calls(old[many], world, many)
            with bench.session(name) as session:
                session.ask("small", world, many)
                return _next_calls(session, world, many)

        found = bench.in_turn(f"Up to {CALLS[-1]:,} calls, {world}", CALLS, 12, ask)
    return {str(many): seconds for many, seconds in found.items()}


def _next_calls(session: Session, world: str, many: int) -> float:
    seconds: float = session.ask("small", world, min(many, 100))
    return seconds


def growth_of_plugins(__: Bench) -> Figures:
    """CPU time that each hook of so many plugins adds to a call, in several processes."""
    figures: Figures = {hook.__name__: {str(many): [] for many in plugins.MANY} for hook in plugins.HOOKS}
    for _ in progress(range(5), "Hooks"):
        for hook, found in in_process(_hooks, 20).items():
            for many, seconds in found.items():
                figures[hook][many] += seconds
    return figures


def _hooks(rounds: int) -> dict[str, dict[str, list[float]]]:
    base, subjects = plugins.hooks(rounds)
    return {
        hook.__name__: {str(many): subjects[hook, many].more(base, many * times) for many in plugins.MANY}
        for hook, times in plugins.HOOKS.items()
    }


def growth_of_operations(bench: Bench) -> Figures:
    """What our operation costs in a package generated of a document with so many: import, and a request made."""
    figures: Figures = {}
    with tempfile.TemporaryDirectory() as folder:
        places = {
            str(many): generation.generated(many, Path(folder, str(many)))
            for many in progress(OPERATIONS, "Operations")
        }
        asked = bench.in_turn("Operations", list(places), 10, lambda many: generation.use(places[many]))
        for many, found in asked.items():
            figures[many] = {what: [each[what] for each in found] for what in found[0]}
    return figures


def stages(bench: Bench) -> Figures:
    """Where a small call and a large one spend their time."""
    facade_alone = plugins.facade("hooks and values", plugins.plugin(plugins.answer, 1), recording=_small(bench))
    with_httpx = plugins.facade("and httpx, without a network", recording=_small(bench))
    plugins.measure("Stages of a call", [facade_alone, with_httpx], 100)
    with bench.session(OURS) as ours, bench.session("httpx_streamed") as streamed, bench.session(FLOOR) as floor:
        sessions = {"all": ours, "httpx": streamed, "floor": floor}
        small = bench.in_turn("Stages", list(sessions), 40, lambda name: sessions[name].ask("small", "sync", 20))
    small |= {"facade": facade_alone.seconds, "with_httpx": with_httpx.seconds}
    path = Path(bench.recording(LARGE["100 MB"]))
    ways: dict[str, Callable[[], float]] = {
        "read": lambda: _read(path),
        "base64": lambda: _encode(path),
        "floor": lambda: bench.fresh(FLOOR, "upload", ("sync", str(path)))["wall"],
        "all": lambda: bench.fresh(OURS, "upload", ("sync", str(path)))["wall"],
    }
    large = bench.in_turn("Stages of a large file", list(ways), 9, lambda way: ways[way]())
    return {"small": small, "large": large}


def soak(bench: Bench) -> Figures:
    """Memory and open files over a hundred thousand calls of one client; two run at once, since no time counts."""
    longest_first = {"async": (OURS, "async"), "sync": (OURS, "sync"), "async over aiohttp": (OURS_AIOHTTP, "async")}
    with ThreadPoolExecutor(2) as pool:
        found = {what: pool.submit(_states, bench, *pair) for what, pair in longest_first.items()}
        return {what: found[what].result() for what in ("sync", "async", "async over aiohttp")}


def _states(bench: Bench, name: str, world: str) -> list[dict[str, int]]:
    with bench.session(name) as session:
        session.ask("small", world, 1_000)
        states = [session.ask("state")]
        for _ in range(20):
            session.ask("small", world, SOAK // 20)
            states.append(session.ask("state"))
    return states


def files(bench: Bench) -> Figures:
    """The command line with ten files and with ten thousand: until the first answer, the most memory, and all."""
    figures: Figures = {}
    with tempfile.TemporaryDirectory() as folder:
        data = _small(bench)
        for number in range(FILES):
            Path(folder, f"{number}.wav").write_bytes(data)
        for many in (10, FILES):
            names = [f"{number}.wav" for number in range(many)]
            command = [
                str(bench.python_of(OURS)),
                "-m",
                "openrouter_stt",
                "transcribe",
                *names,
                "--model",
                adapters.MODEL,
            ]
            environment = {**environments.surroundings(), "OPENROUTER_API_KEY": "key", "OPENROUTER_BASE_URL": bench.url}
            begin = perf_counter()
            with subprocess.Popen(  # noqa: S603  ours
                command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            ) as process:
                assert process.stdout is not None  # noqa: S101  a pipe
                process.stdout.readline()
                first = perf_counter() - begin
                peak, lines = _peak(process.pid), 1
                for _ in process.stdout:
                    lines += 1
                    if lines in (many - 1, many * 9 // 10):
                        peak = _peak(process.pid)
            assert lines == many, f"{lines} answers to {many} files"  # noqa: S101  else the figures mean nothing
            figures[str(many)] = {"first": first, "all": perf_counter() - begin, "peak": peak}
    return figures


def _peak(process: int) -> int:
    line = next(line for line in Path(f"/proc/{process}/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def _small(bench: Bench) -> bytes:
    return Path(bench.recording(10_000)).read_bytes()


def _read(path: Path) -> float:
    begin = perf_counter()
    with path.open("rb") as file:
        while file.read(3 * 256 * 1024):
            pass
    return perf_counter() - begin


def _encode(path: Path) -> float:
    """Read as above, and time the base64 alone."""
    from pybase64 import b64encode

    seconds = 0.0
    with path.open("rb") as file:
        while block := file.read(3 * 256 * 1024):
            begin = perf_counter()
            b64encode(block)
            seconds += perf_counter() - begin
    return seconds


MEASURES: Final[dict[str, Callable[[Bench], Figures]]] = {
    measure.__name__: measure
    for measure in (
        imports,
        clients,
        calls,
        concurrency,
        uploads,
        memory,
        hits,
        growth_of_calls,
        growth_of_plugins,
        growth_of_operations,
        stages,
        soak,
        files,
    )
}
