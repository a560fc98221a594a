"""Writes docs/benchmarks.md of what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import attrs

from benchmarks import environments, plots, tables
from benchmarks.adapters import ALL, FLOOR, OURS, OURS_AIOHTTP, RAW, adapter, worlds
from benchmarks.measures import CALLS, IN_FLIGHT, LATER, OPERATIONS, SOAK
from benchmarks.plugins import MANY
from benchmarks.tables import UNITS, shown, table

PAGE = environments.ROOT / "docs" / "benchmarks.md"
PICTURES = PAGE.parent / "benchmarks"
WORLDS = ("sync", "async")
HIT = 0.036  # of a call of raw httpx: 20 µs, on a machine where that took 560 µs


@attrs.frozen(slots=False)
class Report:
    """The figures of all measures, by their names."""

    figures: dict[str, Any]

    def small(self, name: str, world: str) -> list[float]:
        found: list[float] = self.figures["calls"][f"{name} {world}"]
        return found

    def upload(self, size: str, name: str, world: str, what: str = "wall") -> list[float]:
        found: list[float] = self.figures["uploads"][f"{size} {name} {world}"][what]
        return found

    @cached_property
    def goals(self) -> list[list[str]]:
        return [[what, goal, got, "yes" if met else "**no**"] for what, goal, got, met in self._goals()]

    def _goals(self) -> Iterator[tuple[str, str, str, bool]]:
        """Compare what was measured with what was set out."""
        yield from self._goals_of_beginnings()
        for world in WORLDS:
            for its, words, most in ((RAW, "raw httpx", 1.15), ("openrouter_sdk", "openrouter's SDK", 0.2)):
                what = f"CPU of a 10 KB call / {words}, {world}"
                yield _ratio(what, self.small(OURS, world), self.small(its, world), most)
        rate, answered = (self.figures["concurrency"][what] for what in ("rate", "answered"))
        faster = _times(rate[OURS_AIOHTTP], rate[RAW])
        yield f"{IN_FLIGHT} in flight, calls a second / raw httpx", "6 or more", f"{faster:.1f}", faster >= 6
        for name in (OURS, OURS_AIOHTTP):
            got = answered[name]
            yield f"after cancellations, {adapter(name).NAME}", f"{LATER} of {LATER}", f"{got} of {LATER}", got == LATER
        for size in ("25 MB", "100 MB"):
            for world in WORLDS:
                ours, raw = self.upload(size, OURS, world), self.upload(size, RAW, world)
                yield _ratio(f"{size} upload / raw httpx, {world}", ours, raw, 0.4)
                yield _most(f"its growth of memory, {world}", self.upload(size, OURS, world, "growth"), "MB", 8)
        for case, found in self.figures["memory"].items():
            yield _most(f"1 GB, growth of memory, {case}", found["growth"], "MB", 8)
        for size in ("25 MB", "100 MB"):
            for name, words in ((OURS, ""), (OURS_AIOHTTP, ", over aiohttp")):
                yield _most(f"event loop held up, {size}{words}", self.upload(size, name, "async", "blocked"), "ms", 20)
        yield from self._goals_of_hits()
        hooks = self.figures["growth_of_plugins"]
        for hook in ("event", "prepare_request", "finish"):
            yield _most(f"each of {MANY[-1]} plugins' `{hook}`", hooks[hook][str(MANY[-1])], "µs", 1)
        calls, operations = self.figures["growth_of_calls"], self.figures["growth_of_operations"]
        for world in WORLDS:
            old, young = calls[world][str(CALLS[-1])], calls[world]["100"]
            yield _ratio(f"a call after {CALLS[-1]:,} / after 100, {world}", old, young, 1.1)
        few, many = (min(operations[str(number)]["request"]) for number in (OPERATIONS[0], OPERATIONS[-1]))
        yield _ratio(f"a request made, {OPERATIONS[-1]} operations / 1, the least of each", [many], [few], 1.1)
        for world, states in self.figures["soak"].items():
            drift = states[-1]["memory"] - states[0]["memory"]
            more = states[-1]["files"] - states[0]["files"]
            yield f"memory after {SOAK:,} calls, {world}", "5 MB more", f"{drift / 1e6:+.1f} MB", drift <= 5e6
            yield f"open files after them, {world}", "1 more or less", f"{more:+d}", abs(more) <= 1

    def _goals_of_beginnings(self) -> Iterator[tuple[str, str, str, bool]]:
        times = self.figures["imports"]["times"]
        beside = self.figures["imports"]["beside"]
        yield _ratio(
            "`import openrouter_stt` / `import httpx` beside it", beside["openrouter_stt"], beside["httpx"], 1.15
        )
        alone = "the same, where httpx is alone, without click and rich"
        yield _ratio(alone, times[OURS]["import"], times[RAW]["import"], 1.15)
        loaded = self.figures["imports"]["loaded"]
        yield "heavy modules and models that the import loads", "none", ", ".join(loaded) or "none", not loaded
        for world in WORLDS:
            further = self.figures["clients"][f"{OURS} {world}"]
            yield _most(f"a further client, {world}", further["seconds"], "ms", 10)
            yield _most(f"its memory, {world}", further["bytes"], "MB", 0.2)
        first = self.figures["imports"]["first"]
        for name, words in ((OURS, ""), (OURS_AIOHTTP, ", over aiohttp")):
            yield _most(f"event loop held up, the first call of a process{words}", first[name], "ms", 20)

    def _goals_of_hits(self) -> Iterator[tuple[str, str, str, bool]]:
        hits = self.figures["hits"]
        beyond = _less(hits["10 KB bytes"], hits["10 KB SHA-256"])
        yield _most("a cache hit beyond hashing, the whole call, 10 KB", beyond, "µs", 20)
        yield _ratio("the same / CPU of a 10 KB call of raw httpx, sync", beyond, hits["10 KB raw httpx"], HIT)
        yield _most("what of it is the cache's: key and store", _less(beyond, hits["10 KB plugin"]), "µs", 20)
        what = "a cache hit of a path seen before, 25 MB / SHA-256 of it"
        yield _ratio(what, hits["25 MB path"], hits["25 MB SHA-256"], 0.1)

    def imports(self) -> str:
        """Show imports, first answers and further clients."""
        times = self.figures["imports"]["times"]
        first = self.figures["imports"]["first"]
        rows = []
        for name, found in times.items():
            further = [self.figures["clients"][f"{name} {world}"] for world in worlds(name)]
            rows.append(
                [
                    adapter(name).NAME,
                    shown(found["import"], "ms", 0),
                    shown(found["answer"], "ms", 0),
                    f"{_times(found['answer'], times[RAW]['answer']):.2f}",
                    " / ".join(f"{median(each['seconds']) * 1e3:.1f} ms" for each in further),
                    " / ".join(f"{median(each['bytes']) / 1e6:.2f} MB" for each in further),
                    shown(first[name], "ms", 0) if name in first else "",
                ]
            )
        head = [
            *("", "import", "until the first answer", "ratio", "a further client, sync / async", "its memory"),
            "event loop held up by a first call",
        ]
        bars = {adapter(name).NAME: _in("ms", found["answer"]) for name, found in times.items()}
        plots.bars(
            PICTURES / "imports.svg",
            "From nothing to a first answer",
            "ms",
            {"": bars},
            ours=adapter(OURS).NAME,
            log=False,
        )
        return table(head, rows)

    def calls(self) -> str:
        """Show small calls."""
        rows = []
        for name in (*ALL, FLOOR):
            cells = [adapter(name).NAME]
            for world in WORLDS:
                if world in worlds(name):
                    found, raw = self.small(name, world), self.small(RAW, world)
                    cells += [shown(found, "µs", 0), f"{_times(found, raw):.2f}"]
                else:
                    cells += ["", ""]
            rows.append(cells)
        panels = {
            world: {
                adapter(name).NAME: _in("µs", self.small(name, world))
                for name in (*ALL, FLOOR)
                if world in worlds(name)
            }
            for world in WORLDS
        }
        plots.bars(PICTURES / "calls.svg", "CPU time of a call with 10 KB", "µs", panels, ours=adapter(OURS).NAME)
        return table(["", "sync", "ratio", "async", "ratio"], rows)

    def concurrency(self) -> str:
        """Show many calls at once, and calls after cancellations."""
        rate, cpu, answered = (self.figures["concurrency"][what] for what in ("rate", "cpu", "answered"))
        rows = [
            [
                adapter(name).NAME,
                shown(found, "/s", 0),
                f"{_times(found, rate[RAW]):.1f}",
                shown(cpu[name], "µs", 0),
                f"{answered[name]} of {LATER}" if name in answered else "",
            ]
            for name, found in rate.items()
        ]
        bars = {adapter(name).NAME: found for name, found in rate.items()}
        plots.bars(
            PICTURES / "concurrency.svg",
            f"Calls a second with {IN_FLIGHT} in flight",
            "calls a second",
            {"": bars},
            ours=adapter(OURS_AIOHTTP).NAME,
            better="higher",
        )
        return table(["", "calls a second", "ratio", "CPU time of a call", "answered after cancellations"], rows)

    def uploads(self, size: str) -> str:
        """Show uploads of one size."""
        rows = []
        for name in (*ALL, FLOOR):
            for world in worlds(name):
                wall = self.upload(size, name, world)
                held = self.upload(size, name, world, "blocked")
                rows.append(
                    [
                        f"{adapter(name).NAME}, {world}",
                        shown(wall, "ms", 0),
                        f"{_times(wall, self.upload(size, RAW, world)):.2f}",
                        shown(self.upload(size, name, world, "growth"), "MB"),
                        shown(held, "ms") if world == "async" else "",
                    ]
                )
        for what, unit, title in (("wall", "ms", "time"), ("growth", "MB", "growth of memory")):
            panels = {
                world: {
                    adapter(name).NAME: [max(each, 0.01) for each in _in(unit, self.upload(size, name, world, what))]
                    for name in (*ALL, FLOOR)
                    if world in worlds(name)
                }
                for world in WORLDS
            }
            picture = PICTURES / f"upload-{size.partition(' ')[0]}-{what}.svg"
            plots.bars(picture, f"Upload of {size}, {title}", unit, panels, ours=adapter(OURS).NAME)
        return table(["", "time", "ratio", "growth of memory", "event loop held up"], rows)

    def huge(self) -> str:
        rows = [
            [case, shown(found["growth"], "MB"), shown(found["wall"], "s", 2)]
            for case, found in self.figures["memory"].items()
        ]
        return table(["1 GB", "growth of memory", "time"], rows)

    def hits(self) -> str:
        """Show what a kept answer costs."""
        hits = self.figures["hits"]
        rows = []
        for size, unit in (("10 KB", "µs"), ("25 MB", "ms")):
            rows += [
                [f"a call with {size} that a plugin answers", shown(hits[f"{size} plugin"], "µs")],
                [f"SHA-256 of {size}", shown(hits[f"{size} SHA-256"], unit, 2)],
                [f"BLAKE3 of {size}", shown(hits[f"{size} BLAKE3"], unit, 2)],
                [f"a hit, {size} as bytes", shown(hits[f"{size} bytes"], unit, 2)],
                [f"a hit, a path of {size} that is as it was", shown(hits[f"{size} path"], "µs")],
            ]
        return table(["", "CPU time"], rows)

    def growth(self) -> str:
        """Show what costs as more is done, installed or described."""
        calls, hooks = self.figures["growth_of_calls"], self.figures["growth_of_plugins"]
        operations = self.figures["growth_of_operations"]
        plots.lines(
            PICTURES / "growth.svg",
            "CPU time of a call, as a client makes more of them",
            "calls",
            "µs",
            {world: (CALLS, [median(calls[world][str(many)]) * 1e6 for many in CALLS]) for world in WORLDS},
            log=True,
        )
        return "\n\n".join(
            [
                table(
                    ["CPU time of a call, after so many", *(f"{many:,}" for many in CALLS)],
                    [[world, *(shown(calls[world][str(many)], "µs", 0) for many in CALLS)] for world in WORLDS],
                ),
                table(
                    ["a hook of so many plugins that does nothing, each time", *(f"of {many}" for many in MANY)],
                    [
                        [f"`{hook}`", *(shown(found[str(many)], "µs", 2) for many in MANY)]
                        for hook, found in hooks.items()
                    ],
                ),
                table(
                    ["operations in the document", *(f"{many}" for many in OPERATIONS)],
                    [
                        [words, *(shown(operations[str(many)][what], unit) for many in OPERATIONS)]
                        for words, what, unit in (
                            ("import for a first request", "import", "ms"),
                            ("a request made", "request", "µs"),
                        )
                    ],
                ),
            ]
        )

    def soak(self) -> str:
        """Show memory over many calls."""
        states = self.figures["soak"]
        steps = [SOAK * number // 20 for number in range(21)]
        more = {
            world: (steps, [(state["memory"] - found[0]["memory"]) / 1e6 for state in found])
            for world, found in states.items()
        }
        plots.lines(PICTURES / "soak.svg", "Memory over many calls", "calls", "MB more", more, log=False)
        rows = [
            [
                f"{SOAK:,} calls, {world}",
                f"{found[0]['memory'] / 1e6:.1f} MB",
                f"{found[-1]['memory'] / 1e6:.1f} MB",
                f"{found[0]['files']}",
                f"{found[-1]['files']}",
            ]
            for world, found in states.items()
        ]
        return table(["", "memory before", "after", "open files before", "after"], rows)

    def files(self) -> str:
        rows = [
            [
                f"{int(many):,}",
                f"{found['first'] * 1e3:,.0f} ms",
                f"{found['peak'] / 1e6:.1f} MB",
                f"{found['all']:,.1f} s",
            ]
            for many, found in self.figures["files"].items()
            if many.isdigit()
        ]
        return table(["files on the command line", "until the first answer", "peak of memory", "all"], rows)

    def stages(self) -> str:
        """Show where the time of a small and a large call goes."""
        small, large = self.figures["stages"]["small"], self.figures["stages"]["large"]
        whole, floor = median(small["all"]), median(small["floor"])
        alone, with_httpx = median(small["facade"]), median(small["with_httpx"])
        rows = [
            ["hooks, values and events: our pipeline with its built-in plugins", alone],
            ["probing, request, answer, httpx's client and its values", with_httpx - alone],
            ["httpcore, h11 and the socket", whole - with_httpx],
            ["**all**", whole],
            ["the floor: base64 and a raw socket", floor],
            ["raw httpx, streamed", median(small["httpx"])],
        ]
        read, encode, bottom, wall = (median(large[what]) for what in ("read", "base64", "floor", "all"))
        more = [
            ["reading", read],
            ["base64", encode],
            ["a raw socket that takes it, and the rest of the floor", bottom - read - encode],
            ["**the floor**", bottom],
            ["the pipeline, httpx, httpcore and h11 above it", wall - bottom],
            ["**all**", wall],
        ]
        return "\n\n".join(
            [
                table(
                    ["a call with 10 KB, sync", "CPU time", "part"],
                    [[words, f"{each * 1e6:.0f} µs", f"{each / whole:.0%}"] for words, each in rows],
                ),
                table(
                    ["a file of 100 MB, sync", "time", "part"],
                    [[words, f"{each * 1e3:.0f} ms", f"{each / wall:.0%}"] for words, each in more],
                ),
            ]
        )

    def versions(self) -> str:
        """Name what was measured, each with what it sends with."""
        listed = {"openapi-python-client": version("openapi-python-client")}
        for name in ALL:
            found = environments.installed(name)
            needed = [each.partition("==")[0] for each in adapter(name).REQUIRES if each != "."]
            listed |= {each: found[each] for each in (*needed, "openrouter-stt", "httpx") if each in found}
        return f"{tables.machine()}; {', '.join(f'{name} {number}' for name, number in sorted(listed.items()))}."


def _in(unit: str, values: Sequence[float]) -> list[float]:
    return [value * UNITS[unit] for value in values]


def _less(values: Sequence[float], its: Sequence[float]) -> list[float]:
    """Return what is left of each round's values without those of something else."""
    return [value - other for value, other in zip(values, its, strict=True)]


def _times(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Compare what took turns round by round, since a machine's speed changes meanwhile."""
    return median(mine / its for mine, its in zip(ours, theirs, strict=True))


def _ratio(what: str, ours: Sequence[float], theirs: Sequence[float], most: float) -> tuple[str, str, str, bool]:
    ratio = _times(ours, theirs)
    return what, f"{most:g}", f"{ratio:.3f}", ratio <= most


def _most(what: str, values: Sequence[float], unit: str, most: float) -> tuple[str, str, str, bool]:
    return what, f"{most:g} {unit}", shown(values, unit, 2), median(values) * UNITS[unit] <= most


def write(measured: dict[str, dict[str, Any]]) -> None:
    """Write the page and its pictures of all measures, each with its figures and the seconds that it took."""
    report = Report({name: each["figures"] for name, each in measured.items()})
    took = sum(each["took"] for each in measured.values())
    parts = {
        "surroundings": report.versions(),
        "minutes": f"{took / 60:.0f}",
        "goals": table(["", "at most", "measured", "met"], report.goals),
        "imports": report.imports(),
        "calls": report.calls(),
        "concurrency": report.concurrency(),
        "upload_25": report.uploads("25 MB"),
        "upload_100": report.uploads("100 MB"),
        "huge": report.huge(),
        "hits": report.hits(),
        "growth": report.growth(),
        "soak": report.soak(),
        "files": report.files(),
        "stages": report.stages(),
    }
    text = (Path(__file__).with_name("page.md")).read_text(encoding="utf-8")
    for name, part in parts.items():
        text = text.replace(f"{{{name}}}", part)
    PAGE.write_text(text, encoding="utf-8")
