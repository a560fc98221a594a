"""Distributions that are found as installed ones are: real metadata and modules, in a folder on the path."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from openrouter_stt import _plugins

Install = Callable[..., None]

ENGINE = """
from openrouter_stt import Transcription, hookimpl

@hookimpl
def answer(call):
    return Transcription(text=__name__, model=call.model)
"""


def module_of(name: str) -> str:
    """Name a plugin's module so that it hides none of the standard library's, such as logging."""
    return f"{name}_of_a_stranger"


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install a distribution `NAME 1.2` with one plugin; by default it answers every call with its name."""
    monkeypatch.syspath_prepend(tmp_path)
    made: list[str] = []

    def installed(name: str, source: str = ENGINE, *, plugin: str | None = None) -> None:
        metadata = tmp_path / f"{name}-1.2.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
        (metadata / "entry_points.txt").write_text(f"[{_plugins.GROUP}]\n{plugin or name} = {module_of(name)}\n")
        (tmp_path / f"{module_of(name)}.py").write_text(source)
        made.append(module_of(name))
        _forget_discovery()

    yield installed
    for name in made:
        sys.modules.pop(name, None)
    _forget_discovery()


def _forget_discovery() -> None:
    """Installed plugins are found once per process, and each of these tests is to be a process of its own."""
    _plugins.installed.cache_clear()
    _plugins.imported.cache_clear()
    _plugins.warn_skipped.cache_clear()
