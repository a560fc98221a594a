"""docs/spec-sync.md is true: its commands run as written, and print what it says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from generator.project import ROOT

PAGE = (ROOT / "docs" / "spec-sync.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(sh|text)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
COPIED = (".gitignore", "CHANGELOG.md", "changelog.d", "generated", "generator", "openapi.yaml", "plugins",
          "pyproject.toml", "src")  # fmt: skip

_NOT_THE_OLDEST = re.compile(r"\n\nNote: tried on Python .*\n")  # said where the tests run on a newer one


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with what the page is about."""
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    for fragment in (tmp_path / "changelog.d").glob("+*"):  # of changes that are not yet released
        fragment.unlink()
    _printed("git init --quiet && git add . && git commit --quiet -m First", tmp_path)
    return tmp_path


def _printed(command: str, clone: Path) -> str:
    paths = [str(clone / folder) for folder in ("src", "generated", "plugins")]
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join(paths),
        "COLUMNS": "80",
        **{f"GIT_{who}_{what}": "x@x.test" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }
    done = subprocess.run(
        ["bash", "-c", command], check=False, cwd=clone, env=environment, capture_output=True, text=True
    )
    assert not done.stderr
    return _NOT_THE_OLDEST.sub("\n", done.stdout)


@pytest.mark.usefixtures("unmeasured")
def test_the_commands_print_what_the_page_says(clone: Path) -> None:
    """From a compatible change to its release, and a breaking one."""
    _, *blocks = BLOCKS  # the first is the installation
    printed = ""
    for kind, content in blocks:
        if kind == "sh":
            printed = _printed(content, clone)
        else:
            assert printed[: len(content)] == content
    assert printed.startswith("# 2 changes: a minor release\n")
    assert "`STTInputAudio` is now `InputAudio`; the alias keeps the old name." in printed
    names = "from openrouter_stt_api.models import InputAudio, STTInputAudio; print(STTInputAudio is InputAudio)"
    assert _printed(f"python -c '{names}'", clone) == "True\n"
