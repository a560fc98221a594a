"""`openrouter-stt plugins list`: what is installed, what it does, whether it is used."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

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
    """List the plugins as JSON, by origin and name."""

    def rows() -> dict[tuple[str, str], Any]:
        return {(row["origin"], row["name"]): row for row in json.loads(run("plugins", "list", "--json").out)}

    return rows


def test_built_in_plugins(run: Run) -> None:
    """The plain list has a line a plugin: name, origin, hooks, state; and says how the cache comes on."""
    lines = run("plugins", "list").out.splitlines()
    cells = {line.split()[0]: re.split(r"\s{2,}", line) for line in lines}
    assert cells["NAME"] == ["NAME", "ORIGIN", "HOOKS", "STATE"]
    assert cells["retry"] == ["retry", "built in", "retry", "enabled"]
    assert cells["cache"][1:3] == ["built in", "cache_get, cache_set"]
    assert cells["cache"][3] == "off: used where --cache names a folder"


@pytest.mark.usefixtures("installed")
def test_installed_plugins(listed: Any) -> None:
    """Installed ones have their distribution as origin, and their hooks in the order of a call."""
    assert listed()["redact 1.2", "redact"] == {
        "name": "redact",
        "origin": "redact 1.2",
        "hooks": ["prepare_audio", "finish"],
        "enabled": True,
        "reason": None,
    }


@pytest.mark.usefixtures("installed")
def test_plugins_that_cannot_be_used_have_their_reason(listed: Any) -> None:
    """One that cannot be imported and one that breaks the contract are listed with the reason."""
    rows = listed()
    assert "No module named 'no_such_module'" in rows["broken 1.2", "broken"]["reason"]
    assert "there is no hook 'finnish'" in rows["wrong 1.2", "wrong"]["reason"]
    assert not rows["wrong 1.2", "wrong"]["enabled"]


@pytest.mark.usefixtures("installed")
def test_a_plugin_without_known_hooks_has_a_dash(run: Run) -> None:
    """What was not loaded has a dash in the column of hooks."""
    line = next(line for line in run("plugins", "list").out.splitlines() if line.startswith("broken"))
    assert re.split(r"\s{2,}", line)[2] == "-"


@pytest.mark.usefixtures("installed")
def test_a_built_in_plugin_is_replaced_by_its_namesake(listed: Any) -> None:
    """The installed one is used, by the hook that its function names; the built-in one says why it is not."""
    rows = listed()
    assert rows["retry 1.2", "retry"]["hooks"] == ["retry"]
    assert rows["retry 1.2", "retry"]["enabled"]
    assert rows["built in", "retry"]["reason"] == "replaced by the installed plugin of this name"


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
    row = listed()["redact 1.2", "redact"]
    assert (row["enabled"], row["reason"]) == (False, reason)
