"""Pages of documentation whose Python and shell commands run as they are written, as their reader would run them.

On a page:

- a block of `python` runs in a process of its own; one that begins with `# NAME.py` is that file, and `# test_NAME.py`
  is one that pytest runs. What stands in a comment behind `print(...)` is what that prints.
- a block of `sh` runs in bash, which stops at the first command that fails; a `cd` holds for the blocks after it.
- a block of `text` behind one of these is what it prints; `...` in it stands for anything.
- `<!-- not run: REASON -->` above a block excludes it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
from collections.abc import Mapping
from pathlib import Path

import attrs

PAGES = Path(__file__).parents[2] / "docs" / "plugins"
NAMES = sorted(path.stem for path in PAGES.glob("*.md"))
PROGRAMS = {
    "hatchling": "hatchling",
    "mypy": "mypy",
    "openrouter-stt": "openrouter_stt",
    "pip": "pip",
    "pyright": "pyright",
    "pytest": "pytest",
}
_BLOCK = re.compile(r"(?:^<!-- not run: (.+) -->\n)?^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_FILE = re.compile(r"# ([\w/.-]+\.py)\n")
_PRINTED = re.compile(r"^ *print\(.*\)  # (.+)$", re.MULTILINE)


@attrs.frozen
class Block:
    """A block of a page: its language, its text, and why it does not run, if it does not."""

    place: str  # page and line
    language: str
    text: str
    excluded: str | None

    @property
    def file(self) -> str | None:
        """The file that the block says it is."""
        named = _FILE.match(self.text)
        return named and named[1]

    @property
    def prints(self) -> list[str]:
        return _PRINTED.findall(self.text) if self.language == "python" else []


def blocks(page: str) -> list[Block]:
    """Return the blocks of a page in their order."""
    text = (PAGES / f"{page}.md").read_text("utf-8")
    return [
        Block(f"{page}.md:{text.count(chr(10), 0, match.start(2)) + 1}", match[2], match[3], match[1])
        for match in _BLOCK.finditer(text)
    ]


class Reader:
    """Does in a folder and an environment of its own what a page says; programs find what is installed here.

    Packages are not fetched: pip is content with those that are installed, and builds with them.
    """

    def __init__(self, home: Path, settings: Mapping[str, str]) -> None:
        self.folder = home / "work"
        self.folder.mkdir()
        programs = _environment(home / "environment")
        self._left = home / "left"
        self._environment = {
            **os.environ,
            **settings,
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_BUILD_ISOLATION": "0",
            "PIP_NO_INDEX": "1",
            "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1",
            "VIRTUAL_ENV": str(programs.parent),
        }

    def run(self, block: Block) -> str:
        """Run a block and return what it prints. Raises AssertionError where it fails."""
        match block.language, block.file:
            case "sh", _:
                script = f'{block.text}\npwd >"{self._left}"\n'
                printed = self._succeed(block, ["bash", "-euo", "pipefail", "-c", script])
                self.folder = Path(self._left.read_text().strip())
            case "python", str(name):
                (self.folder / name).parent.mkdir(exist_ok=True)
                (self.folder / name).write_text(block.text)
                tests = Path(name).name.startswith("test_")
                printed = self._succeed(block, ["pytest", "-q", name] if tests else ["python", "-W", "error", name])
            case "python", _:
                printed = self._succeed(block, ["python", "-W", "error", "-c", block.text])
            case _:
                return ""
        for expected in block.prints:
            assert expected in printed, f"{block.place} prints {printed!r}, not {expected!r}"
        return printed

    def _succeed(self, block: Block, command: list[str]) -> str:
        ran = subprocess.run(
            command, cwd=self.folder, env=self._environment, stdout=-1, stderr=subprocess.STDOUT, text=True, check=False
        )
        assert ran.returncode == 0, f"{block.place} ends with status {ran.returncode}:\n{ran.stdout}"
        assert "does not provide the extra" not in ran.stdout, ran.stdout  # of which pip only warns
        return ran.stdout


def shows(printed: str, expected: str) -> bool:
    """Tell whether lines are printed one after the other; `...` in them stands for anything, and for lines between."""
    wanted = iter(expected.strip().splitlines())
    pattern = "".join(_pattern(line.strip()) for line in wanted)
    return re.search(pattern, printed) is not None


def _pattern(line: str) -> str:
    if line == "...":
        return r"(?:.*\n)*?"
    words = r"\s+".join(re.escape(word).replace(r"\.\.\.", ".*") for word in line.split())
    return rf" *{words} *\n"


def _environment(place: Path) -> Path:
    """Make a virtual environment that has what is installed here, and return the folder of its programs."""
    venv.create(place, symlinks=True)
    packages = next(place.glob("lib/python*/site-packages"))
    here = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "here.pth").write_text("".join(f"import site; site.addsitedir({path!r})\n" for path in here))
    for name, module in PROGRAMS.items():
        _write_program(place / "bin" / name, module)
    return place / "bin"


def _write_program(place: Path, module: str) -> None:
    place.write_text(f'#!/bin/sh\nexec "{place.parent}/python" -P -m {module} "$@"\n')
    place.chmod(0o755)
