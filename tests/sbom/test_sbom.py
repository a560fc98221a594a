"""The bill of materials says what is installed with the wheel."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
FOLDER = Path(sys.prefix)  # tox's, in which .ci/sbom.py wrote
BILL: dict[str, Any] = json.loads((FOLDER / "openrouter-stt.cdx.json").read_text("utf-8"))


def _canonical(name: str) -> str:
    """Spell a name as indexes do (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _installed() -> list[Distribution]:
    (packages,) = (FOLDER / "wheel").glob("**/site-packages")
    return [*distributions(path=[str(packages)])]


def test_the_wheel_is_named_with_its_licence_and_version() -> None:
    (version,) = [each.version for each in _installed() if each.name == "openrouter-stt"]
    component = BILL["metadata"]["component"]
    assert (component["name"], component["version"], component["type"]) == ("openrouter-stt", version, "library")
    assert [each["license"]["id"] for each in component["licenses"]] == ["MIT"]


def test_all_that_is_installed_with_it_is_listed() -> None:
    """With its version, and a licence each."""
    listed = {_canonical(each["name"]): each["version"] for each in BILL["components"]}
    installed = {_canonical(each.name): each.version for each in _installed()}
    assert listed == {name: version for name, version in installed.items() if name != "openrouter-stt"}
    assert [each["name"] for each in BILL["components"] if not each.get("licenses")] == []


def test_the_wheel_depends_on_what_its_metadata_says() -> None:
    names = {each["bom-ref"]: _canonical(each["name"]) for each in BILL["components"]}
    root = BILL["metadata"]["component"]["bom-ref"]
    (needed,) = [each["dependsOn"] for each in BILL["dependencies"] if each["ref"] == root]
    assert {names[each] for each in needed} == {re.split("[<>=]", each)[0] for each in PROJECT["dependencies"]}


def test_nothing_of_this_machine_is_in_it() -> None:
    """No path, no address of an index, and no time: the same wheel makes the same bill."""
    text = json.dumps(BILL)
    assert str(ROOT) not in text
    assert str(Path.home()) not in text
    assert BILL["metadata"].get("timestamp") is None
