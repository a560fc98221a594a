"""Separate distributions beside the built wheel: some that work, and one that is broken.

Run where openrouter-stt's wheel and what tests/third_party/requirements.txt lists are installed.
"""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import openrouter_stt
from openrouter_stt import Call, Client, HookSpecs, Transcription, hookimpl
from tests.support.worlds import World

STRANGERS = ("au", "chaos", "dbm-cache", "shout")
BUILT_IN = ("logging", "local", "retry", "encoding")
BROKEN = (
    r"plugin 'broken' \(openrouter-stt-broken 0.3\) was left out: "
    r"it cannot be imported: RuntimeError: this plugin needs a release that is gone; "
    r"install what it needs, or another version of it"
    r" \(update or uninstall it, or name it in OPENROUTER_STT_DISABLE_PLUGINS\)"
)


class Engine(HookSpecs):
    @hookimpl
    def answer(self, call: Call) -> Transcription:
        return Transcription(text="good morning", model=call.model)


@pytest.fixture(autouse=True)
def _set_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The cache among the distributions has to be told its file."""
    monkeypatch.setenv("OPENROUTER_STT_DBM_CACHE", str(tmp_path / "answers"))


@pytest.fixture
def _without_broken(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Switch the broken plugin off as its warning says, and take any warning for an error."""
    monkeypatch.setenv("OPENROUTER_STT_DISABLE_PLUGINS", "broken")
    with warnings.catch_warnings(action="error"):
        yield


def test_wheel_is_what_is_tested() -> None:
    """The package is the installed one, not the source tree's."""
    assert Path(openrouter_stt.__file__).is_relative_to(sys.prefix)


def test_broken_one_is_named_and_left_out() -> None:
    """A plugin that cannot be imported is named in one warning, and the others work."""
    with pytest.warns(RuntimeWarning, match=BROKEN) as warned, Client(plugins=[Engine()]) as client:
        assert client.transcribe(b"audio", model="m").text == "GOOD MORNING!"
    assert client.plugins == ("Engine", *STRANGERS, *BUILT_IN)
    assert len(warned) == 1


@pytest.mark.usefixtures("_without_broken")
def test_found_by_entry_point(world: World) -> None:
    """An installed plugin is there by itself, before the built-in ones, in both kinds of client."""
    driver = world.client(plugins=[Engine()], autoload=True)
    assert driver.client.plugins == ("Engine", *STRANGERS, *BUILT_IN)
    assert driver.transcribe(b"audio").text == "GOOD MORNING!"


@pytest.mark.usefixtures("_without_broken")
def test_blame_names_the_distribution(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes wrong in it is noted with its distribution, version and hook."""
    monkeypatch.setenv("SHOUT_MARKS", "many")
    with pytest.raises(ValueError, match="many") as caught:
        world.client(plugins=[Engine()], autoload=True).transcribe(b"audio")
    assert caught.value.__notes__ == ["raised in plugin 'shout' (openrouter-stt-shout 1.2.0), hook finish"]


@pytest.mark.usefixtures("_without_broken")
@pytest.mark.parametrize(
    ("settings", "left"),
    [({"autoload": False}, ()), ({"autoload": True, "disable": ["shout"]}, STRANGERS[:-1])],
    ids=["autoload", "disable"],
)
def test_left_out(world: World, settings: dict[str, Any], left: tuple[str, ...]) -> None:
    """Without discovery, and where it is disabled, it does nothing."""
    driver = world.client(plugins=[Engine()], **settings)
    assert driver.client.plugins == ("Engine", *left, *BUILT_IN)
    assert driver.transcribe(b"audio").text == "good morning"


@pytest.mark.parametrize(
    ("variable", "value"), [("AUTOLOAD", "0"), ("PLUGINS", "shout"), ("DISABLE_PLUGINS", "broken")]
)
def test_left_out_is_not_imported(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    """A plugin that the environment leaves out is not imported, so it cannot do harm."""
    monkeypatch.setenv(f"OPENROUTER_STT_{variable}", value)
    code = "import sys, openrouter_stt; openrouter_stt.Client(); print('openrouter_stt_broken' in sys.modules)"
    run = subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, capture_output=True, text=True)
    assert run.stdout.strip() == "False"


def test_import_finds_no_plugins() -> None:
    """Importing the package imports no plugin; the first client does."""
    code = "import sys, openrouter_stt; print([name for name in sys.modules if name.endswith(('_shout', '_broken'))])"
    run = subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, capture_output=True, text=True)
    assert run.stdout.strip() == "[]"
