"""Distributions that are found as installed ones are: real metadata and modules, in a folder on the path."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from openrouter_stt import _installed

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
    """Install a distribution `NAME 1.2` with one plugin; by default it answers every call with its name.

    `entry_points` is the text of the metadata, where it is to be another one.
    """
    monkeypatch.syspath_prepend(tmp_path)
    made: list[str] = []

    def installed(
        name: str,
        source: str = ENGINE,
        *,
        plugin: str | None = None,
        group: str = _installed.GROUP,
        entry_points: str | None = None,
    ) -> None:
        metadata = tmp_path / f"{name}-1.2.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
        written = entry_points or f"[{group}]\n{plugin or name} = {module_of(name)}\n"
        (metadata / "entry_points.txt").write_text(written)
        (tmp_path / f"{module_of(name)}.py").write_text(source)
        made.append(module_of(name))
        _forget_discovery()

    yield installed
    for name in made:
        sys.modules.pop(name, None)
    _forget_discovery()


def _forget_discovery() -> None:
    """Installed plugins are found once per process, and each of these tests is to be a process of its own."""
    _installed.discovered.cache_clear()
    _installed.imported.cache_clear()
    _installed.warn_left_out.cache_clear()
    _installed.warn_nobodys.cache_clear()
