"""What a row of published documents would have changed, one sync after the other, in a copy of the project."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

import attrs

from generator import sync
from generator.progress import Step
from generator.project import Project
from generator.refusal import Refusal

CONTRACT_TESTS = Path("tests") / "contract"
_COPIED = ("generator", "src", "plugins", "tests", "pyproject.toml")
_DOCUMENTS = frozenset({".json", ".md", ".mdx", ".yaml", ".yml"})
_TIMES = 5
# httpx is loaded by then in every program that sends a request.
_IMPORT = """\
import importlib, sys, time, httpx
start = time.perf_counter()
for name in sys.argv[1:]:
    importlib.import_module(name)
print((time.perf_counter() - start) * 1000)
"""


@attrs.frozen(kw_only=True)
class Row:
    """A version of the document, and what its sync came to; ``import_time`` is in milliseconds.

    ``refused`` holds the words of the refusal, after which there is nothing else; ``broken`` names the first contract
    test that failed.
    """

    version: str
    refused: str = ""
    files: int = 0
    added: int = 0
    removed: int = 0
    changes: int = 0
    breaking: int = 0
    bump: str = "none"
    import_time: float = 0.0
    broken: str = ""

    @property
    def well(self) -> bool:
        """Whether the version went through, and the facade still does what it promises."""
        return not self.refused and not self.broken


def documents(folder: Path) -> list[Path]:
    """Return the documents and pages in ``folder`` by name; raises Refusal where there are none."""
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix.lower() in _DOCUMENTS)
    except OSError as error:
        raise Refusal(f"{folder}: cannot be read: {error.strerror}; name a directory of documents") from error
    if not found:
        raise Refusal(f"{folder}: holds no document (.yaml, .yml, .json) and no page (.md, .mdx)")
    return found


def replay(folder: Path, project: Project, step: Step) -> list[Row]:
    """Sync every version in ``folder`` in order of their names, and run the facade's contract tests after each.

    It begins without generated code and goes on after a version that is refused. The project is not touched.
    """
    versions = documents(folder)
    if find_spec("pytest") is None:
        raise Refusal("the contract tests need the package and its tests' tools: pip install -e . --group test")
    with tempfile.TemporaryDirectory() as scratch:
        copy = _copied(project, Path(scratch))
        rows: list[Row] = []
        for version in versions:
            step(version.name)
            rows.append(_row(version.resolve(), copy))
        return rows


def _copied(project: Project, scratch: Path) -> Project:
    for name in _COPIED:
        source = project.root / name
        if source.is_dir():
            shutil.copytree(source, scratch / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy(source, scratch / name)
    return Project(scratch)


def _row(version: Path, copy: Project) -> Row:
    try:
        report = sync.sync(copy, sync.Asked(source=str(version)), lambda _: None)
    except Refusal as refusal:
        return Row(version=version.stem, refused=str(refusal))
    return Row(
        version=version.stem,
        files=len(report.files),
        added=sum(file.added for file in report.files.values()),
        removed=sum(file.removed for file in report.files.values()),
        changes=len(report.changes),
        breaking=sum(change.breaking for change in report.changes),
        bump=report.bump.name.lower(),
        import_time=_import_time(copy),
        broken=_broken(copy),
    )


def _import_time(copy: Project) -> float:
    """Return the median time of fresh processes for the import of all endpoints, in milliseconds."""
    endpoints = sorted(path for path in (copy.package / "api").glob("*/*.py") if path.stem != "__init__")
    names = [".".join(path.relative_to(copy.generated).with_suffix("").parts) for path in endpoints]
    done = [_python(copy, "-c", _IMPORT, *names) for _ in range(_TIMES)]
    return statistics.median(float(program.stdout) for program in done)


def _broken(copy: Project) -> str:
    done = _python(copy, "-m", "pytest", str(CONTRACT_TESTS), "-q", "-p", "no:cacheprovider")
    if done.returncode == 0:
        return ""
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line]
    return next((line for line in lines if line.startswith(("FAILED", "ERROR"))), lines[-1])


def _python(copy: Project, *arguments: str) -> subprocess.CompletedProcess[str]:
    folders = [str(copy.root / name) for name in ("src", "generated", "plugins")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(folders)}
    return subprocess.run(  # noqa: S603  # this Python, in our own copy
        [sys.executable, *arguments], check=False, cwd=copy.root, env=environment, capture_output=True, text=True
    )


def table(rows: Iterable[Row]) -> str:
    """Return the rows as a table in Markdown."""
    head = ("version", "files", "lines", "changes", "breaking", "bump", "import", "contract tests")
    lines = [head, ("---",) * len(head), *map(_cells, rows)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _cells(row: Row) -> tuple[str, ...]:
    if row.refused:
        return (row.version, *[""] * 6, _cell(f"refused: {row.refused}"))
    counts = (str(row.files), f"+{row.added} -{row.removed}", str(row.changes), str(row.breaking))
    return (row.version, *counts, row.bump, f"{row.import_time:.1f} ms", _cell(row.broken) or "pass")


def _cell(words: str) -> str:
    return " ".join(words.split()).replace("|", "\\|")
