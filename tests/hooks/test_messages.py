"""What a plugin's author reads: each message names the plugin, its distribution and version, the hook and the fix."""

from __future__ import annotations

import warnings

import pytest

from openrouter_stt import Client, PluginError, PluginLeftOut, __version__
from tests.support.distributions import ENGINE, Install
from tests.support.sounds import WAV
from tests.support.worlds import World

START = "from openrouter_stt import Transcription, hookimpl\n@hookimpl\n"
OUT = "plugin 'p' (p 1.2) was left out: "
ADVICE = " (update or uninstall it, or name it in OPENROUTER_STT_DISABLE_PLUGINS)"

REFUSED = {
    "misspelt hook": ("def anser(call): ...", "hook anser does not exist; did you mean 'answer'?"),
    "wrong argument": ("def answer(cal): ...", "hook answer has no argument 'cal'; did you mean 'call'?"),
    "async alone": (
        "async def answer(call): ...",
        "hook answer is async alone and cannot serve a sync client; write it as `def` (with blocking=True if slow), "
        "or add a `def` twin marked @hookimpl(specname='answer'), or use AsyncClient",
    ),
    "plain around": (
        "def around_call(call, proceed): ...",
        "hook around_call is a plain `def`; make it an `async def`, which serves the sync client too",
    ),
    "failing import": (
        "def answer(call): ...\nimport no_such_module",
        "it cannot be imported: ModuleNotFoundError: No module named 'no_such_module'; "
        "install what it needs, or another version of it",
    ),
}


@pytest.mark.parametrize("slip", REFUSED)
def test_installed_plugins_that_are_left_out(install: Install, slip: str) -> None:
    """One that cannot be used is named in a warning, and the client does without."""
    source, reason = REFUSED[slip]
    install("p", START + source)
    with pytest.warns(PluginLeftOut) as warned, Client("k") as client:
        assert "p" not in client.plugins
    assert [str(each.message) for each in warned] == [f"{OUT}{reason}{ADVICE}"]


@pytest.mark.parametrize("slip", REFUSED)
def test_installed_plugins_that_are_asked_for(install: Install, slip: str) -> None:
    """Asked for by name, it is an error in the same words."""
    source, reason = REFUSED[slip]
    install("p", START + source)
    place = f", {reason}" if reason.startswith("hook") else reason.removeprefix("it")
    with pytest.raises(PluginError) as caught:
        Client("k", plugins=["p"])
    assert str(caught.value) == f"plugin 'p' (p 1.2){place}"


def test_two_of_one_name(install: Install) -> None:
    """The second of two installed plugins of one name is named beside the first."""
    install("one", plugin="p")
    install("two", plugin="p")
    with pytest.warns(PluginLeftOut) as warned, Client("k"):
        pass
    assert str(warned[0].message) == (
        "plugin 'p' (two 1.2) was left out: it has the same name as 'p' (one 1.2), which is used; "
        f"uninstall one of them: naming it disables both{ADVICE}"
    )


OTHER_MAJOR = (
    "is made for plugin API 2 (entry-point group openrouter_stt.v2), and openrouter-stt "
    f"{__version__} has plugin API 1 (openrouter_stt.v1); "
    "install its version for API 1, or the openrouter-stt with API 2"
)


def test_another_major_of_the_plugin_api(install: Install) -> None:
    """A plugin made for another contract is not passed over in silence; nor is it imported."""
    install("p", "raise SystemExit", group="openrouter_stt.v2")
    with pytest.warns(PluginLeftOut) as warned, Client("k"), Client("k"):
        pass
    assert [str(each.message) for each in warned] == [f"{OUT}it {OTHER_MAJOR}{ADVICE}"]


def test_another_major_that_is_asked_for(install: Install) -> None:
    """By name it is an error, in place of saying that nobody has the name."""
    install("p", group="openrouter_stt.v2")
    with pytest.raises(PluginError) as caught:
        Client("k", plugins=["p"], autoload=False)
    assert str(caught.value) == f"plugin 'p' (p 1.2) {OTHER_MAJOR}"


@pytest.mark.parametrize("group", ["openrouter_stt.vNext", "other.v2"])
def test_other_groups(install: Install, group: str) -> None:
    """They are not ours to judge."""
    install("p", group=group)
    with warnings.catch_warnings(action="error"), Client("k") as client:
        assert "p" not in client.plugins


def test_distribution_for_several_majors(install: Install) -> None:
    """One that serves this plugin API as well is in order."""
    points = "[openrouter_stt.v1]\np = p_of_a_stranger\n[openrouter_stt.v2]\nq = no_such_module\n"
    install("p", entry_points=points)
    with warnings.catch_warnings(action="error"), Client("k") as client:
        assert client.plugins[0] == "p"


@pytest.mark.parametrize("variable", ["DISABLE_PLUGINS=p", "PLUGINS=retry", "AUTOLOAD=0"])
@pytest.mark.parametrize("group", ["openrouter_stt.v1", "openrouter_stt.v2"])
def test_what_is_switched_off_is_not_spoken_of(
    install: Install, monkeypatch: pytest.MonkeyPatch, variable: str, group: str
) -> None:
    """The advice of these warnings works: no word of a plugin that the environment leaves out."""
    install("one", plugin="p", group=group)
    install("two", plugin="p", group=group)
    name, _, value = variable.partition("=")
    monkeypatch.setenv(f"OPENROUTER_STT_{name}", value)
    with warnings.catch_warnings(action="error"), Client("k") as client:
        assert "p" not in client.plugins


@pytest.mark.parametrize("group", ["openrouter_stt.v1", "openrouter_stt.v2"])
def test_own_plugins_come_before_those_left_out(install: Install, group: str) -> None:
    """Where the caller gives a plugin of the name, it does not matter what else has it."""
    install("one", plugin="p", group=group)
    install("two", plugin="p", group=group)
    mine = type("Mine", (), {"name": "p"})
    exec(ENGINE, namespace := {"__name__": "mine"})  # noqa: S102  our own source
    mine.answer = staticmethod(namespace["answer"])
    with warnings.catch_warnings(action="error"), Client("k", plugins=[mine]) as client:
        assert client.transcribe(WAV, model="m").text == "mine"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "async def around_call(call): ...",
            "hook around_call returned NoneType, not Transcription; take `proceed` and return what it gives",
        ),
        (
            "async def around_call(call, proceed): await proceed(call)",
            "hook around_call returned NoneType, not Transcription; is `return await proceed(...)` missing?",
        ),
        (
            "async def around_call(call, proceed): return proceed(call)",
            "hook around_call returned coroutine, not Transcription; is an `await` or an `async def` missing?",
        ),
        (
            "async def around_call(call, proceed): return (await proceed(call)).text",
            "hook around_call returned str, not Transcription; return what `proceed` gave, or a replace() of it",
        ),
        (
            "async def around_call(call, proceed): return await proceed(call.audio)",
            "hook around_call called proceed with Audio, not Call; pass on what it was given, or a replace() of it",
        ),
        (
            "def answer(call): return call.model",
            "hook answer returned str, not Transcription; None would leave the answer to others",
        ),
        (
            "def prepare_request(call): return call.options",
            "hook prepare_request returned dict, not Call; None would leave it as it is",
        ),
    ],
)
def test_broken_promises(install: Install, world: World, source: str, message: str) -> None:
    """In a call, a hook that does not do what it promised ends it, in the sync and the async client alike."""
    install("p", START + source)
    install("q")
    with pytest.raises(PluginError) as caught:
        world.client(autoload=True).transcribe(WAV)
    assert str(caught.value) == f"plugin 'p' (p 1.2), {message}"


def test_two_given_of_one_name() -> None:
    """Of the caller's own plugins no two may have one name."""
    one, two = (type("Twice", (), {}) for _ in range(2))
    with pytest.raises(PluginError) as caught:
        Client("k", plugins=[one, two], autoload=False)
    assert str(caught.value) == "two of the plugins given are named 'Twice'; give one of them another `name`"
