"""Write the bill of materials of the wheel that tox built: `python .ci/sbom.py FOLDER`.

In FOLDER are then `wheel`, an environment with the wheel, what it depends on and nothing else, and
`openrouter-stt.cdx.json`, which describes it (CycloneDX 1.6).
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

PROJECT = Path(__file__).parents[1] / "pyproject.toml"


def stated(wheel: Path) -> str:
    """Return the project's table with the wheel's version, which the project takes from a module."""
    version = wheel.name.split("-")[1]
    return PROJECT.read_text("utf-8").replace('dynamic = ["version"]', f'version = "{version}"')


def run(*command: str | Path) -> None:
    """Run a module of this Python."""
    subprocess.run([sys.executable, "-m", *command], check=True)


def main(wheel: Path, folder: Path) -> None:
    """Make the environment, then the bill."""
    environment, project = folder / "wheel", folder / "pyproject.toml"
    venv.create(environment, clear=True)
    run("pip", "--python", environment, "install", "--quiet", wheel)
    project.write_text(stated(wheel), "utf-8")
    bill = folder / "openrouter-stt.cdx.json"
    options = ("--mc-type", "library", "--output-reproducible", "--validate")
    run("cyclonedx_py", "environment", environment, "--pyproject", project, *options, "--output-file", bill)


if __name__ == "__main__":
    main(Path(os.environ["TOX_PACKAGE"]), Path(sys.argv[1]))
