"""`openrouter-stt plugins list`: what is installed, what it does, whether it is used."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from openrouter_stt import __version__
from tests.cli.conftest import Run
from tests.support.distributions import Install

REDACT = """
from openrouter_stt import hookimpl

@hookimpl
def finish(transcription): ...

@hookimpl
def prepare_audio(audio): ...
"""
POLICY = """
from openrouter_stt import hookimpl

@hookimpl(specname="retry")
def decide(failure): ...
"""
WRONG = """
from openrouter_stt import hookimpl

@hookimpl
def finnish(transcription): ...
"""


@pytest.fixture
def installed(install: Install) -> None:
    """Four distributions, of which two are of use."""
    install("redact", REDACT)
    install("retry", POLICY)
    install("wrong", WRONG)
    install("broken", "import no_such_module")


@pytest.fixture
def listed(run: Run) -> Any:
    """List the plugins as JSON, by distribution and name."""

    def rows() -> dict[tuple[str, str], Any]:
        return {(row["distribution"], row["name"]): row for row in json.loads(run("plugins", "list", "--json").out)}

    return rows


def test_built_in_plugins(run: Run) -> None:
    """The plain list has a line a plugin, in the order in which they are asked; and says how the cache comes on."""
    cells = [re.split(r"\s{2,}", line) for line in run("plugins", "list").out.splitlines()]
    assert cells[0] == ["ORDER", "NAME", "DISTRIBUTION", "VERSION", "HOOKS", "STATE"]
    assert [line[:2] for line in cells[1:5]] == [["1", "logging"], ["2", "local"], ["3", "retry"], ["4", "encoding"]]
    assert cells[3] == ["3", "retry", "openrouter-stt", __version__, "retry, event", "enabled"]
    assert cells[5][4:] == [
        "cache_get, cache_claim, cache_set, cache_release, close",
        "off: used where --cache names a folder",
    ]


@pytest.mark.usefixtures("installed")
def test_installed_plugins(listed: Any) -> None:
    """Installed ones have their distribution, and their hooks in the order of a call; they are asked first."""
    assert listed()["redact", "redact"] == {
        "name": "redact",
        "distribution": "redact",
        "version": "1.2",
        "order": 1,
        "hooks": ["prepare_audio", "finish"],
        "enabled": True,
        "reason": None,
    }


@pytest.mark.usefixtures("installed")
def test_plugins_that_cannot_be_used_have_their_reason(listed: Any) -> None:
    """One that cannot be imported and one that breaks the contract are listed with the reason."""
    rows = listed()
    assert "No module named 'no_such_module'" in rows["broken", "broken"]["reason"]
    assert "hook finnish does not exist" in rows["wrong", "wrong"]["reason"]
    assert not rows["wrong", "wrong"]["enabled"]


@pytest.mark.usefixtures("installed")
def test_a_plugin_without_known_hooks_has_a_dash(run: Run) -> None:
    """What was not loaded has a dash in the column of hooks."""
    line = next(line for line in run("plugins", "list").out.splitlines() if "  broken " in line)
    assert re.split(r"\s{2,}", line)[4] == "-"


@pytest.mark.usefixtures("installed")
def test_a_built_in_plugin_is_replaced_by_its_namesake(listed: Any) -> None:
    """The installed one is used, by the hook that its function names; the built-in one says why it is not."""
    rows = listed()
    assert rows["retry", "retry"]["hooks"] == ["retry"]
    assert rows["retry", "retry"]["enabled"]
    assert rows["openrouter-stt", "retry"]["reason"] == "replaced by the installed plugin of this name"


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("OPENROUTER_STT_DISABLE_PLUGINS", "redact", "disabled by OPENROUTER_STT_DISABLE_PLUGINS"),
        ("OPENROUTER_STT_PLUGINS", "retry", "not in OPENROUTER_STT_PLUGINS"),
        ("OPENROUTER_STT_AUTOLOAD", "0", "turned off by OPENROUTER_STT_AUTOLOAD"),
    ],
)
def test_the_environment_turns_plugins_off(
    listed: Any, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, reason: str
) -> None:
    """The list says which variable keeps a plugin out."""
    monkeypatch.setenv(variable, value)
    row = listed()["redact", "redact"]
    assert (row["enabled"], row["order"], row["reason"]) == (False, None, reason)


def test_the_environment_turns_built_in_plugins_off(listed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are disabled keep their hooks in the list."""
    monkeypatch.setenv("OPENROUTER_STT_DISABLE_PLUGINS", "retry")
    row = listed()["openrouter-stt", "retry"]
    assert (row["hooks"], row["reason"]) == (["retry", "event"], "disabled by OPENROUTER_STT_DISABLE_PLUGINS")


@pytest.mark.parametrize(
    ("group", "reason"),
    [
        ("openrouter_stt.v1", "it has the same name as 'p' (one 1.2)"),
        ("openrouter_stt.v2", "it is made for plugin API 2"),
    ],
)
def test_plugins_that_are_left_out_unread(install: Install, listed: Any, group: str, reason: str) -> None:
    """One that has another's name, or is made for another plugin API, is listed as well."""
    install("one", plugin="p")
    install("two", plugin="p", group=group)
    row = listed()["two", "p"]
    assert row["reason"].startswith(reason)
    assert (row["version"], row["hooks"], row["order"], row["enabled"]) == ("1.2", [], None, False)
