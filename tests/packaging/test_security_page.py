"""SECURITY.md promises what tests hold."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "SECURITY.md").read_text("utf-8")
PROMISES = PAGE.split("## What is promised")[1].split("## What is not promised")[0].split("\n**")[1:]
TESTS = re.findall(r"^- `(tests/[\w/]+\.py)::(\w+)`$", "".join(PROMISES), re.MULTILINE)
RUNNERS = {"eval", "exec", "compile", "__import__"}
READERS = {"pickle", "marshal", "shelve", "dill", "yaml"}
OWN = [path for folder in ("src", "plugins", "generated") for path in sorted((ROOT / folder).rglob("*.py"))]


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.split("**")[0][:40])
def test_each_promise_has_a_test(promise: str) -> None:
    """Behind its words, in a list of nothing else."""
    words, _, listed = promise.partition("\n- ")
    lines = f"- {listed}".strip().splitlines()
    assert words.strip()
    assert len(lines) == len(re.findall(r"^- `tests/[\w/]+\.py::test_\w+`$", "\n".join(lines), re.MULTILINE)) > 0


@pytest.mark.parametrize(("file", "name"), sorted(set(TESTS)))
def test_each_test_that_is_named_is_there(file: str, name: str) -> None:
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def _executing(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names if each.name.partition(".")[0] in READERS)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in READERS:
            yield node.module or ""
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RUNNERS:
            yield node.func.id


def test_nothing_that_is_read_can_be_run() -> None:
    """No line of ours reads a format that can hold code, or runs a text."""
    assert len(OWN) > 80
    found = {str(path): [*_executing(ast.parse(path.read_text("utf-8")))] for path in OWN}
    assert {path: names for path, names in found.items() if names} == {}
