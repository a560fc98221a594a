"""What the wheel says of itself is what is tested."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from openrouter_stt import __version__

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
REQUIREMENTS = [
    *PROJECT["dependencies"],
    *(each for extra in PROJECT["optional-dependencies"].values() for each in extra),
]


def lower_bounds() -> dict[str, str]:
    """Return the lowest version of each dependency, in full: 4.4 is 4.4.0."""
    bounds = {}
    for requirement in REQUIREMENTS:
        found = re.match(r"([\w-]+)>=([\d.]+)", requirement)
        assert found, f"{requirement} has no lower bound"
        bounds[found[1]] = ".".join([*found[2].split("."), "0", "0"][:3])
    return bounds


def test_lowest_versions_are_the_tested_ones() -> None:
    """`tox -e lowest` installs just the lower bounds of the metadata."""
    lines = (ROOT / "tests" / "lowest.txt").read_text("utf-8").splitlines()
    assert dict(line.split("==") for line in lines if not line.startswith("#")) == lower_bounds()


@pytest.mark.parametrize("requirement", REQUIREMENTS)
def test_upper_bounds_have_a_reason(requirement: str) -> None:
    """One dependency has an upper bound: later moonshine-voice wheels carry no English model."""
    assert "<" not in requirement or requirement == "moonshine-voice>=0.1.0,<0.1.1"


def test_changelog_names_the_version() -> None:
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")
