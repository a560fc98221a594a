"""The same document gives the same bytes, whatever is around it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from generator.project import ROOT
from generator.tree import files

PROGRAM = """
import sys
from pathlib import Path
from generator.cli import main
*arguments, root = sys.argv[1:]
sys.exit(main(arguments, root=Path(root)))
"""


def test_surroundings_do_not_change_a_byte(committed: Path, tmp_path: Path) -> None:
    """Hash seed, locale, directory, and configuration of ruff around it do not matter."""
    (tmp_path / "ruff.toml").write_text("line-length = 40\nformat.quote-style = 'single'\n", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text("[tool.ruff]\nindent-width = 2\n", encoding="utf-8")
    before = files(committed / "generated")
    for seed, locale in (("1", "C"), ("2", "tr_TR.UTF-8")):
        environment = {"PYTHONHASHSEED": seed, "LC_ALL": locale, "RUFF_LINE_LENGTH": "50", "PYTHONUTF8": "0"}
        subprocess.run(
            [sys.executable, "-c", PROGRAM, "sync", str(committed / "openapi.yaml"), str(committed)],
            env={**os.environ, **environment, "PYTHONPATH": str(ROOT)},
            cwd=tmp_path,
            check=True,
            capture_output=True,
        )
        assert files(committed / "generated") == before
