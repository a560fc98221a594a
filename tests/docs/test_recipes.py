"""The plugins of the recipes keep what is expected of one."""

from __future__ import annotations

import re
from pathlib import Path

import attrs
import pytest

from tests.support.pages import PAGES, Reader, blocks

TENANT = 'tenant = ContextVar("tenant", default="ann")'  # the page sets one for each call
FOLDER = "from tempfile import mkdtemp"
MADE = {
    "Defaults": "Defaults",
    "Timing": "Timing",
    "Longest": "lambda: Longest('b'), skip={'billing': 'it asks two models'}",
    "Tenants": "Tenants",
    "Files": "lambda: Files(Path(mkdtemp()))",
    "Seconds": "Seconds, model='here/seconds'",
    "FirstSeconds": "lambda: FirstSeconds(0.1)",
    "Sun": "Sun, sources=[b'.snd' + struct.pack('>5I', 24, 400, 3, 8_000, 1) + bytes([n]) * 400 for n in range(8)]",
    "Spaced": "lambda: Spaced(2.0)",
    "Patient": "Patient",
    "OnThisMachine": "lambda: OnThisMachine('here/engine')",
    "Names": "lambda: Names(['heard'])",
    "Metrics": "Metrics",
    "LanguageOfTheDay": "lambda: LanguageOfTheDay('language.txt')",
    "Ledger": "lambda: Ledger(f'{mkdtemp()}/ledger')",
}
BESIDE = {"Engine", "Shout"}  # stands for another's, and is tested on the page


@pytest.mark.parametrize("plugin", MADE)
def test_contract(tmp_path: Path, plugin: str) -> None:
    """Each is put to the checks of `conformance`, with what it is for."""
    (block,) = (block for block in blocks("recipes") if f"class {plugin}(HookSpecs)" in block.text)
    lines = [block.text, FOLDER, "from openrouter_stt.testing import conformance", f"conformance({MADE[plugin]})"]
    if plugin == "Tenants":
        lines.insert(1, TENANT)
    Reader(tmp_path, {}).run(attrs.evolve(block, text="\n".join(lines)))


def test_all_are_held_to_it() -> None:
    text = (PAGES / "recipes.md").read_text("utf-8")
    assert set(re.findall(r"^class (\w+)\(HookSpecs\)", text, re.MULTILINE)) == {*MADE} | BESIDE
