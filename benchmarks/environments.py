"""An environment for each client, made when it is first needed and again when what is in it changes."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import venv
from functools import cache
from pathlib import Path

from benchmarks import adapters
from benchmarks.adapters.stock import PACKAGE

ROOT = Path(__file__).resolve().parents[1]
FOLDER = Path(os.environ.get("TOX_ENV_DIR") or ROOT / ".tox" / "bench") / "clients"
# They measure nothing.
WRITERS = tuple(f"benchmarks/{name}" for name in ("__main__.py", "page.md", "plots.py", "report.py"))
SOURCES = ("src", "generated", "plugins", "benchmarks", "openapi.yaml", "pyproject.toml")
LIST = "import importlib.metadata as m, json; print(json.dumps({d.name.lower(): d.version for d in m.distributions()}))"


@cache
def sources() -> str:
    """Return a hash of what is measured and of what measures it."""
    digest = hashlib.sha256()
    for name in SOURCES:
        place = ROOT / name
        for path in sorted(place.rglob("*") if place.is_dir() else [place]):
            where = path.relative_to(ROOT).as_posix()
            if path.is_file() and "__pycache__" not in path.parts and where not in WRITERS:
                digest.update(f"{where}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def python_of(name: str) -> Path:
    """Return the interpreter of a client's environment."""
    place = FOLDER / name
    python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = place / "installed.json"
    wanted = json.dumps([adapters.adapter(name).REQUIRES, sources() if name.startswith(adapters.OURS) else ""])
    if not stamp.exists() or stamp.read_text() != wanted:
        venv.EnvBuilder(clear=True).create(place)
        install(python, *adapters.adapter(name).REQUIRES)
        if name == "stock":
            run(*stock_tool(ROOT / "openapi.yaml", site_packages(python) / PACKAGE))
        run(str(python), "-m", "compileall", "-q", str(site_packages(python)), fine=(0, 1))
        stamp.write_text(wanted)
    return python


def install(python: Path, *requires: str) -> None:
    run(sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", *requires)


def installed(name: str) -> dict[str, str]:
    """Return the versions of what is in a client's environment."""
    found: dict[str, str] = json.loads(run(str(python_of(name)), "-c", LIST))
    return found


def site_packages(python: Path) -> Path:
    return Path(run(str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())


def stock_tool(spec: Path, package: Path) -> list[str]:
    """Return the command by which openapi-python-client makes a package of a document."""
    tool = str(Path(sys.executable).with_name("openapi-python-client"))
    options = ["--meta", "none", "--overwrite", "--output-path", str(package)]
    return [tool, "generate", "--path", str(spec), *options]


def run(*command: str, cwd: Path = ROOT, fine: tuple[int, ...] = (0,)) -> str:
    """Run a command to its end and return what it printed; when it fails, so does the benchmark, with its words."""
    done = subprocess.run(  # noqa: S603  ours
        command, cwd=cwd, check=False, capture_output=True, text=True, env=surroundings()
    )
    if done.returncode not in fine:
        raise SystemExit(f"{' '.join(command)}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def surroundings() -> dict[str, str]:
    """Return the environment for a process: the tools beside ours, and compiled modules, as users have them."""
    tools = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    ours = ("OPENROUTER_", "OPENAI_", "GROQ_", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH")
    return {**{name: value for name, value in os.environ.items() if not name.startswith(ours)}, "PATH": tools}
