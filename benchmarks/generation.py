"""Generated code, ours next to openapi-python-client's own, from one document and in one run.

    python -m benchmarks.generation [SPEC]

Prints a table in Markdown; progress goes to standard error. The two take turns, so that whatever else the machine
does meets both, and each import is timed in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from benchmarks import tables
from benchmarks.environments import ROOT, run, stock_tool
from benchmarks.sessions import progress
from benchmarks.tables import shown
from generator import published
from generator.document import parse_openapi

PACKAGE = "openrouter_stt_api"
SPEC = "SPEC"  # the place of the document in a command
GENERATIONS, IMPORTS, WHOLE = 5, 15, 3
OPERATIONS = 90  # of the whole published document
# Every client of the API needs httpx, so what it costs itself is left out.
TIMED_IMPORT = """
import sys, time
sys.path.insert(0, sys.argv[1])
import httpx
begin = time.perf_counter()
module = __import__(sys.argv[2], fromlist=["x"])
for name in sys.argv[3:]:
    getattr(module, name)
print(time.perf_counter() - begin)
"""
TIMED_USE = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
import httpx
fields = {"model": "m", "input_audio": {"data": "", "format": "wav"}, "language": "en"}
begin = time.perf_counter()
from openrouter_stt_api import operation
operation.request(fields)
imported = time.perf_counter() - begin
assert operation.__file__.startswith(sys.argv[1])
def block():
    begin = time.process_time()
    for _ in range(100):
        operation.request(fields)
    return (time.process_time() - begin) / 100
print(json.dumps({"import": imported, "request": min(block() for _ in range(40))}))  # the least disturbed
"""


@dataclass
class Subject:
    """A way to generate code: its command, where the package ends, and the seconds measured, by what was timed."""

    name: str
    command: list[str]
    package: Path
    seconds: dict[str, list[float]] = field(default_factory=dict[str, list[float]])

    def generate(self, spec: Path, what: str = "generate", *options: str) -> None:
        """Generate once more, in a process of its own as a maintainer does."""
        command = [str(spec) if part == SPEC else part for part in self.command]
        begin = perf_counter()
        run(*command, *options, cwd=self.package.parents[1])
        self.seconds.setdefault(what, []).append(perf_counter() - begin)

    def load(self, what: str, module: str, names: tuple[str, ...] = ()) -> None:
        """Import a module of the package, and use some of its names."""
        arguments = [str(self.package.parent), f"{self.package.name}.{module}", *names]
        output = run(sys.executable, "-c", TIMED_IMPORT, *arguments, cwd=self.package.parent)
        self.seconds.setdefault(what, []).append(float(output))

    @property
    def files(self) -> list[Path]:
        """What was generated, without compiled modules and ruff's cache."""
        found = (path for path in self.package.rglob("*") if path.is_file())
        return [path for path in found if not {"__pycache__", ".ruff_cache"} & set(path.parts)]

    @property
    def lines(self) -> int:
        """Lines of all files."""
        return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in self.files)

    @property
    def endpoint(self) -> str:
        """The first module that sends a request."""
        modules = (path.relative_to(self.package) for path in self.package.glob("api/*/[!_]*.py"))
        return ".".join(min(modules).with_suffix("").parts)

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of all models."""
        text = (self.package / "models" / "__init__.py").read_text(encoding="utf-8")
        names = text.partition("__all__")[2].partition("\n\n")[0]
        return tuple(part for index, part in enumerate(names.split('"')) if index % 2)


@contextmanager
def subjects() -> Iterator[tuple[Subject, Subject]]:
    """Yield both, each with a scratch folder: for ours with a copy of the generator, beside which `sync` writes."""
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder, "stock", "generated", PACKAGE)
        package.parent.mkdir(parents=True)
        yield ours(Path(folder, "ours")), Subject("stock tool", stock_tool(Path(SPEC), package), package)


def ours(project: Path) -> Subject:
    """Return our generator, copied into a folder: `sync` writes beside itself."""
    shutil.copytree(ROOT / "generator", project / "generator", ignore=shutil.ignore_patterns("__pycache__"))
    return Subject("ours", [sys.executable, "-m", "generator", "sync", SPEC], project / "generated" / PACKAGE)


def generated(operations: int, folder: Path) -> Path:
    """Generate a package of a document with so many operations."""
    subject = ours(folder)
    subject.generate(
        whole_document(ROOT / "openapi.yaml", folder, operations, apart=False), "all", "--operations", "all"
    )
    return subject.package


def use(package: Path) -> dict[str, float]:
    """Time, in a process of its own, the import that a first request needs, and a request after it, in seconds."""
    times: dict[str, float] = json.loads(run(sys.executable, "-c", TIMED_USE, str(package.parent)))
    return times


def measure(pair: tuple[Subject, Subject], spec: Path) -> None:
    """Let both generate and be imported in turn, the first time of each unmeasured."""
    for subject in pair:
        subject.generate(spec)
        for module in (subject.endpoint, "models"):
            subject.load("warm-up", module)
        subject.seconds.clear()
    for _ in progress(range(GENERATIONS), "Generating"):
        for subject in pair:
            subject.generate(spec)
    for _ in progress(range(IMPORTS), "Importing"):
        for subject in pair:
            subject.load("endpoint", subject.endpoint)
            subject.load("models", "models")
            subject.load("classes", "models", subject.classes)


def whole_document(spec: Path, folder: Path, operations: int = OPERATIONS, *, apart: bool = True) -> Path:
    """Write a document as large as the whole published one: the operation again under other names.

    `apart` gives each operation schemas of its own, under other names as well.
    """
    text = spec.read_text(encoding="utf-8")
    document = parse_openapi(text, spec.name)
    ((path, item),) = document["paths"].items()
    schemas = dict(document["components"]["schemas"])
    for number in range(1, operations):
        place = rf"\g<1>Copy{number}" if apart else r"\g<1>"
        copied = json.loads(re.sub("(#/components/schemas/)", place, json.dumps([item, schemas])))
        copied[0]["post"]["operationId"] += str(number)
        document["paths"][f"{path}/{number}"] = copied[0]
        if apart:
            # Providers stand in the first copy alone, else the document would be too large.
            copied[1]["ProviderOptions"]["properties"] = {}
            document["components"]["schemas"] |= {f"Copy{number}{name}": schema for name, schema in copied[1].items()}
    target = folder / "whole.yaml"
    target.write_text(published.text(document), encoding="utf-8")
    return target


def measure_whole(ours: Subject, spec: Path) -> str:
    """Let ours cut the operation out of a whole document, and then generate all; return the document's size in MB."""
    with tempfile.TemporaryDirectory() as folder:
        whole = whole_document(spec, Path(folder))
        for _ in progress(range(WHOLE), "Whole documents"):
            ours.generate(whole, "whole")
            ours.generate(whole, "all", "--operations", "all")
            ours.load("all endpoints", ours.endpoint)
        return f"{whole.stat().st_size / 1e6:.1f} MB"


def table(pair: tuple[Subject, Subject]) -> str:
    """Return what was measured, and what ours is to stay under."""
    rows = [
        ["one run of the generator", *times(pair, "generate", "s"), "3 s"],
        ["files", *(f"{len(subject.files):,}" for subject in pair), "30"],
        ["lines", *(f"{subject.lines:,}" for subject in pair), "2,500"],
        ["import of the endpoint", *times(pair, "endpoint", "ms"), "20 ms"],
        ["import of `models`", *times(pair, "models", "ms"), ""],
        ["import of `models` and use of each class", *times(pair, "classes", "ms"), ""],
    ]
    return tables.table(["", *(subject.name for subject in pair), "to stay under"], rows)


def whole_table(ours: Subject, size: str) -> str:
    """Return what a whole document cost."""
    rows = [
        ["one run for our operation", shown(ours.seconds["whole"], "s", 2), "12 s"],
        ["one run for all operations", shown(ours.seconds["all"], "s", 2), ""],
    ]
    head = [f"a document of {size} with {OPERATIONS} operations", "ours", "to stay under"]
    return tables.table(head, rows)


def times(pair: tuple[Subject, Subject], what: str, unit: str) -> list[str]:
    """Return a row of times."""
    return [shown(subject.seconds[what], unit, 2 if unit == "s" else 1) for subject in pair]


def surroundings() -> str:
    """Return on what was measured."""
    tools = tables.versions("openapi-python-client", "ruff", "httpx", "attrs")
    return (
        f"{tables.machine()}, {tools}. Medians of {GENERATIONS} runs and {IMPORTS} imports, with the "
        "quartiles; imports are over that of httpx."
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("spec", type=Path, nargs="?", default=ROOT / "openapi.yaml", help="an OpenAPI document")
    spec = parser.parse_args().spec.resolve()
    with subjects() as pair:
        measure(pair, spec)
        rows = table(pair)
        size = measure_whole(pair[0], spec)
        print(rows, whole_table(pair[0], size), surroundings(), sep="\n\n")  # noqa: T201  # what it is for


if __name__ == "__main__":
    main()
