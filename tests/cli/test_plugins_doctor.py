"""`openrouter-stt plugins doctor`: what is wrong with the plugins, and what to do about it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from openrouter_stt import __version__
from openrouter_stt._cli.plugins import doctor
from tests.cli.conftest import Run
from tests.support.distributions import Install

START = "from openrouter_stt import Transcription, hookimpl\n@hookimpl\n"

PROBLEMS = {
    "failing import": (
        "import no_such_module",
        (None, "cannot be imported: ModuleNotFoundError: No module named 'no_such_module'"),
        "install what it needs, or another version of it",
    ),
    "misspelt hook": (
        f"{START}def finnish(transcription): ...",
        ("finnish", "does not exist"),
        "did you mean 'finish'?",
    ),
    "wrong argument": (
        f"{START}def finish(transcripton): ...",
        ("finish", "has no argument 'transcripton'"),
        "did you mean 'transcription'?",
    ),
    "one colour": (
        f"{START}async def answer(call): ...",
        ("answer", "is async alone and cannot serve a sync client"),
        "write it as `def` (with blocking=True if slow), or add a `def` twin marked @hookimpl(specname='answer'), "
        "or use AsyncClient",
    ),
    "not marked": (
        f"{START}def close(): ...\ndef answer(call): ...",
        ("answer", "is not marked"),
        "put @hookimpl above the function, or give it another name",
    ),
    "no hook": ("", (None, "implements no hook"), "mark its functions with @hookimpl"),
}


@pytest.fixture
def examined(run: Run) -> Any:
    """Run the doctor for a program; return its exit status and what it found."""

    def examine() -> tuple[int, Any]:
        ran = run("plugins", "doctor", "--json")
        return ran.status, json.loads(ran.out)

    return examine


def test_nothing_wrong(run: Run, install: Install) -> None:
    """With plugins that work, the list stands above a line that says so."""
    install("p")
    ran = run("plugins", "doctor")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith(run("plugins", "list").out)
    assert ran.out.endswith("\n\nno problems\n")


@pytest.mark.parametrize("kind", PROBLEMS)
def test_problems(install: Install, examined: Any, kind: str) -> None:
    """Each comes with plugin, distribution, hook and fix, once, and the exit status is 1."""
    source, (hook, problem), fix = PROBLEMS[kind]
    install("p", source)
    status, found = examined()
    expected = {"plugin": "p", "distribution": "p 1.2", "hook": hook, "problem": problem, "fix": fix}
    assert (status, found["problems"], found["notes"]) == (1, [expected], [])
    assert "p" in [row["name"] for row in found["plugins"]]


def test_problems_in_words(run: Run, install: Install) -> None:
    """For people each is a line, with their number at the end."""
    install("p", PROBLEMS["misspelt hook"][0])
    install("q", PROBLEMS["no hook"][0])
    ran = run("plugins", "doctor")
    assert ran.status == 1
    assert ran.out.splitlines()[-4:] == [
        "",
        "problem: plugin 'q' (q 1.2) implements no hook; mark its functions with @hookimpl",
        "problem: plugin 'p' (p 1.2), hook finnish does not exist; did you mean 'finish'?",
        "2 problems",
    ]


def test_a_slow_import(install: Install, examined: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every process that makes a client waits for it; the threshold is in the message, and the plugin is used."""
    install("p")
    times = iter([100.0, 100.7])
    monkeypatch.setattr(doctor, "perf_counter", lambda: next(times))
    status, found = examined()
    assert status == 1
    assert found["problems"][0]["problem"] == "takes 0.7 s to import, more than 0.5 s"
    assert found["plugins"][0]["enabled"]


def test_two_of_one_name(install: Install, examined: Any) -> None:
    """The one that is left out is named beside the one that is used."""
    install("one", plugin="p")
    install("two", plugin="p")
    (problem,) = examined()[1]["problems"]
    assert problem["distribution"] == "two 1.2"
    assert problem["problem"] == "has the same name as 'p' (one 1.2), which is used"


def test_another_major_of_the_plugin_api(install: Install, examined: Any) -> None:
    """A plugin made for another contract is named with both majors."""
    install("p", group="openrouter_stt.v2")
    (problem,) = examined()[1]["problems"]
    assert problem["problem"].startswith("is made for plugin API 2 (entry-point group openrouter_stt.v2)")
    assert f"openrouter-stt {__version__} has plugin API 1" in problem["problem"]


@pytest.mark.parametrize(
    ("variable", "value", "fix"),
    [
        ("OPENROUTER_STT_DISABLE_PLUGINS", "retyr", "did you mean 'retry'?"),
        ("OPENROUTER_STT_PLUGINS", "zzz", "install it, or take its name out"),
    ],
)
def test_a_name_of_nobody(examined: Any, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, fix: str) -> None:
    """A variable of the environment that names a plugin which nobody has does not do what was meant."""
    monkeypatch.setenv(variable, value)
    status, found = examined()
    problem = f"is named in {variable}, and nobody has the name"
    expected = {"plugin": value, "distribution": None, "hook": None, "problem": problem, "fix": fix}
    assert (status, found["problems"]) == (1, [expected])


@pytest.mark.parametrize("name", ["p", "cache", "encoding"])
def test_a_name_of_somebody(install: Install, examined: Any, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """What is disabled is not examined, and not even imported."""
    install("p", "raise SystemExit")
    monkeypatch.setenv("OPENROUTER_STT_DISABLE_PLUGINS", f"p,{name}")
    assert examined()[0] == 0


def test_another_major_that_is_disabled(install: Install, examined: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has a name that somebody has, and is no problem any more."""
    install("p", group="openrouter_stt.v2")
    monkeypatch.setenv("OPENROUTER_STT_DISABLE_PLUGINS", "p")
    assert examined()[0] == 0


def test_a_built_in_plugin_that_is_replaced(run: Run, install: Install) -> None:
    """It is a note, no problem."""
    install("p", plugin="local")
    ran = run("plugins", "doctor")
    note = "note: plugin 'local' (p 1.2) replaces the built-in plugin of its name; give it another name if"
    assert (ran.status, ran.out.splitlines()[-2].startswith(note)) == (0, True)


def test_an_around_hook_without_proceed(install: Install, examined: Any) -> None:
    """It answers by itself, which may be meant."""
    install("p", f"{START}async def around_call(call): ...")
    status, found = examined()
    assert (status, found["notes"][0]["hook"]) == (0, "around_call")
    assert found["notes"][0]["problem"] == "takes no `proceed`, so that nothing inside it ever runs"


SPARE = "\nclass P:\n    {name}\n    @hookimpl\n    def close(self): ...\n"


@pytest.mark.parametrize(
    ("line", "states"), [("", "no name"), ("name = 'q'", "the name 'q'"), ("name = 'p'", None)], ids=["no", "q", "p"]
)
def test_a_name_that_is_not_the_entry_points(install: Install, examined: Any, line: str, states: str | None) -> None:
    """An object that a program makes with settings would run beside the installed one, so there is a note."""
    source = f"from openrouter_stt import hookimpl{SPARE.format(name=line or 'pass')}plugin = P()\n"
    install("p", source, entry_points="[openrouter_stt.v1]\np = p_of_a_stranger:plugin\n")
    status, found = examined()
    problem, fix = f"states {states}, so that one made with settings runs beside it", "write `name = 'p'` in it"
    note = {"plugin": "p", "distribution": "p 1.2", "hook": None, "problem": problem, "fix": fix}
    assert (status, found["notes"]) == (0, [note] if states else [])


UNSUSPICIOUS = {
    "nothing to tell them by": "def event(): ...",
    "other arguments": "def retry(times): ...",
    "no function": "answer = 1",
    "marked by another name": "@hookimpl(specname='answer')\ndef mine(call): ...\ndef answer(call): ...",
}


@pytest.mark.parametrize("source", UNSUSPICIOUS.values(), ids=UNSUSPICIOUS)
def test_functions_that_happen_to_have_the_name_of_a_hook(install: Install, examined: Any, source: str) -> None:
    """They need no mark."""
    install("p", f"{START}def close(): ...\n{source}")
    assert examined()[0] == 0


def test_a_class_of_the_typed_base(install: Install, examined: Any) -> None:
    """Its hooks that are not overridden are the base class's."""
    source = "class P(HookSpecs):\n    @hookimpl\n    def close(self): ...\n"
    points = "[openrouter_stt.v1]\np = p_of_a_stranger:P\n"
    install("p", f"from openrouter_stt import HookSpecs, hookimpl\n{source}", entry_points=points)
    assert examined()[0] == 0
