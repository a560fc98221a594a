"""Which plugins a client has: given, installed, built in, replaced, disabled."""

from __future__ import annotations

import importlib
import types
import warnings
from typing import Any

import pytest

from openrouter_stt import (
    AsyncClient,
    Client,
    ConfigurationError,
    HookSpecs,
    PluginError,
    PluginLeftOut,
    Transcription,
    hookimpl,
)
from tests.hooks.small_plugins import Small, adding, answering
from tests.support.distributions import ENGINE, Install, module_of
from tests.support.sounds import WAV

BUILT_IN = ("logging", "local", "retry", "encoding")


class Shout(HookSpecs):
    @hookimpl
    def answer(self, call: Any) -> Transcription:
        return Transcription(text="SHOUT", model=call.model)


class Named(Shout):
    name = "by-its-name"


def module() -> types.ModuleType:
    made = types.ModuleType("package.of_module")
    made.answer = hookimpl(lambda call: Transcription(text="SHOUT", model=call.model))  # type: ignore[attr-defined]
    return made


def names(**settings: Any) -> tuple[str, ...]:
    with Client("k", **settings) as client:
        return client.plugins


@pytest.mark.parametrize(
    ("plugin", "name"),
    [(Shout, "Shout"), (Shout(), "Shout"), (Named, "by-its-name"), (Named(), "by-its-name"), (module(), "of_module")],
    ids=["class", "object", "named class", "named object", "module"],
)
def test_kinds_of_plugins(plugin: object, name: str) -> None:
    """A plugin is a class, an object or a module, named by its `name` or after what it is."""
    with Client("k", plugins=[plugin], autoload=False) as client:
        assert client.plugins == (name, *BUILT_IN)
        assert client.transcribe(WAV, model="m").text == "SHOUT"


NAMELESS = f"{ENGINE}\nclass Nameless:\n    @hookimpl\n    def close(self): ...\nthing = Nameless()\n"


@pytest.mark.parametrize(
    ("target", "given"),
    [
        (":Nameless", lambda module: module.Nameless),
        (":Nameless", lambda module: module.Nameless()),
        (":thing", lambda module: module.thing),
        ("", lambda module: module),
    ],
    ids=["class", "object of the class", "object", "module"],
)
def test_installed_one_is_known_without_a_name(install: Install, target: str, given: Any) -> None:
    """What an entry point names has its name, so that it is not asked twice where the caller gives it."""
    install("p", NAMELESS, entry_points=f"[openrouter_stt.v1]\nfirst = no.such\np = {module_of('p')}{target}\n")
    plugin = given(importlib.import_module(module_of("p")))
    assert names(plugins=[plugin], disable=["first"]) == ("p", *BUILT_IN)


def test_own_before_installed_before_built_in(install: Install) -> None:
    """The caller's plugins come first, then those installed by name, then the built-in ones."""
    install("zebra")
    install("aardvark")
    assert names(plugins=[answering(name="mine")]) == ("mine", "aardvark", "zebra", *BUILT_IN)


def test_built_in_by_name_moves_forward() -> None:
    """A built-in plugin named in `plugins` is asked in that place, and once."""
    assert names(plugins=[answering(), "retry"], autoload=False) == ("engine", "retry", "logging", "local", "encoding")


def test_same_name_replaces() -> None:
    """A plugin of a built-in one's name takes its place, before the others."""
    assert names(plugins=[answering(name="local")], autoload=False) == ("local", "logging", "retry", "encoding")


def test_installed_replaces_built_in(install: Install) -> None:
    """An installed plugin of a built-in one's name takes its place too, and one of the caller's takes both."""
    install("stranger", plugin="local")
    with Client("k") as client:
        assert client.transcribe(WAV, model="m").text == module_of("stranger")
    with Client("k", plugins=[answering("mine", name="local")]) as client:
        assert client.transcribe(WAV, model="m").text == "mine"


def test_two_of_one_name() -> None:
    """Two of the caller's plugins with one name are refused, since one would vanish unseen."""
    with pytest.raises(PluginError, match="two of the plugins given are named 'twice'"):
        Client("k", plugins=[answering(name="twice"), adding("twice")])


def test_two_installed_of_one_name(install: Install) -> None:
    """Of two installed plugins with one name the first is taken, and the other named in a warning."""
    install("one", plugin="same")
    install("two", plugin="same")
    with pytest.warns(RuntimeWarning, match=r"'same' \(two 1.2\) was left out: .* as 'same' \(one 1.2\)"):
        assert names() == ("same", *BUILT_IN)


@pytest.mark.parametrize("disabled", ["retry", "mine", "stranger"])
def test_disable(install: Install, disabled: str) -> None:
    """`disable` leaves out built-in, installed and given plugins alike."""
    install("stranger")
    plugins = names(plugins=[answering(name="mine")], disable=[disabled])
    assert set(plugins) == {"mine", "stranger", *BUILT_IN} - {disabled}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"disable": ["retyr"]}, "^no plugin is named 'retyr'; did you mean 'retry'"),
        ({"disable": "retry"}, r"a list, such as disable=\['retry'\]"),
        ({"plugins": "retry"}, r"^plugins= takes a list, such as plugins=\['retry'\]"),
        ({"plugins": answering()}, "^plugins= takes a list"),
        ({"disable": None}, "^disable= takes a list"),
        ({"disable": b"retry"}, "^disable= takes a list"),
        ({"disable": [Small]}, "^disable= takes names of plugins, such as 'retry', not <class"),
        (
            {"plugins": ["budget"]},
            r"^the plugin 'budget' has to be told more: make it from .*_plugins\.budget",
        ),
        ({"plugins": ["rate-limit"]}, r"^the plugin 'rate-limit' .* from openrouter_stt_plugins\.rate_limit, as"),
        ({"plugins": ["cache"]}, "^a cache is given by cache=, such as cache='memory'"),
        ({"plugins": ["_pcm"]}, "^no plugin is named '_pcm'"),
        ({"plugins": ["retyr"]}, "^no plugin is named 'retyr'; did you mean 'retry'"),
        ({"plugins": ["zzz"]}, "^no plugin is named 'zzz'; there are encoding, local, logging, retry"),
    ],
)
def test_unknown_names(settings: dict[str, Any], message: str) -> None:
    """A name that no plugin has is refused with the nearest one, or with all there are."""
    with pytest.raises(ConfigurationError, match=message):
        Client("k", autoload=False, **settings)


@pytest.mark.parametrize(
    ("variable", "value", "missing"),
    [
        ("OPENROUTER_STT_PLUGINS", "one", {"two"}),
        ("OPENROUTER_STT_PLUGINS", " one , two ", set()),
        ("OPENROUTER_STT_PLUGINS", "", {"one", "two"}),
        ("OPENROUTER_STT_DISABLE_PLUGINS", "two,retry", {"two", "retry"}),
        ("OPENROUTER_STT_AUTOLOAD", "0", {"one", "two"}),
        ("OPENROUTER_STT_AUTOLOAD", "False", {"one", "two"}),
        ("OPENROUTER_STT_AUTOLOAD", "1", set()),
    ],
)
def test_environment(
    install: Install, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, missing: set[str]
) -> None:
    """The environment limits, disables or switches off installed plugins."""
    install("one")
    install("two")
    monkeypatch.setenv(variable, value)
    assert set(names()) == {"one", "two", *BUILT_IN} - missing


@pytest.mark.parametrize("variable", ["OPENROUTER_STT_PLUGINS", "OPENROUTER_STT_DISABLE_PLUGINS"])
@pytest.mark.parametrize(
    ("name", "fix"), [("no-filers", "did you mean 'no-fillers'?"), ("zzz", "install it, or take its name out")]
)
@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_a_name_of_nobody_in_the_environment(
    install: Install,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    name: str,
    fix: str,
    kind: type[Client | AsyncClient],
) -> None:
    """It is warned of once per process, as a plugin that is left out is; the other names do what they are to."""
    install("fillers", plugin="no-fillers")
    monkeypatch.setenv(variable, f"retry,{name}")
    with pytest.warns(PluginLeftOut) as warned:
        kind("k"), kind("k")
    assert [str(each.message) for each in warned] == [
        f"plugin {name!r} is named in {variable}, and nobody has the name; {fix}"
    ]


@pytest.mark.parametrize("variable", ["OPENROUTER_STT_PLUGINS", "OPENROUTER_STT_DISABLE_PLUGINS"])
def test_names_of_somebody_in_the_environment(install: Install, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    """Built-in plugins, the caller's and those that cannot be used have names, too."""
    install("later", group="openrouter_stt.v2")
    monkeypatch.setenv(variable, "mine,retry,cache" + ",later" * (variable == "OPENROUTER_STT_DISABLE_PLUGINS"))
    with warnings.catch_warnings(action="error"):
        names(plugins=[answering(name="mine")])


@pytest.mark.parametrize("switch", ["argument", "environment"])
def test_names_that_are_not_looked_for(monkeypatch: pytest.MonkeyPatch, switch: str) -> None:
    """Without autoload nothing is said of them."""
    monkeypatch.setenv("OPENROUTER_STT_PLUGINS", "no-filers")
    if switch == "environment":
        monkeypatch.setenv("OPENROUTER_STT_AUTOLOAD", "0")
    with warnings.catch_warnings(action="error"):
        assert names(autoload=switch == "environment") == BUILT_IN


def test_autoload_off_by_argument(install: Install) -> None:
    """`autoload=False` leaves installed plugins out, but for those named."""
    install("one")
    install("two")
    assert names(autoload=False) == BUILT_IN
    assert names(autoload=False, plugins=["two"]) == ("two", *BUILT_IN)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (
            "import nowhere_to_be_found",
            "it cannot be imported: ModuleNotFoundError: No module named 'nowhere_to_be_found'",
        ),
        ("", "it implements no hook"),
        (ENGINE.replace("(call)", "(cal)"), "hook answer has no argument 'cal'"),
    ],
)
def test_broken_installed_plugin(install: Install, source: str, reason: str) -> None:
    """An installed plugin that cannot be used is named in a warning and left out, and the client works."""
    install("broken", source)
    install("sound")
    with pytest.warns(PluginLeftOut, match=rf"(?s)'broken' \(broken 1.2\) was left out: {reason}") as warned:
        assert names() == ("sound", *BUILT_IN)
    assert len(warned) == 1


def test_advice_of_the_warning_works(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken plugin that is disabled by the environment is not even imported."""
    install("broken", "import nowhere_to_be_found")
    monkeypatch.setenv("OPENROUTER_STT_DISABLE_PLUGINS", "broken")
    with warnings.catch_warnings(action="error"):
        assert names() == BUILT_IN


def test_found_once_per_process(install: Install) -> None:
    """Installed plugins are looked for when the first client is made, and not again."""
    install("broken", "import nowhere_to_be_found")
    with pytest.warns(RuntimeWarning, match="left out"):
        names()
    with warnings.catch_warnings(action="error"):
        names()


def test_broken_plugin_asked_for(install: Install) -> None:
    """A broken plugin that the caller names is an error, not a warning; it says whose, and why."""
    install("broken", "import nowhere_to_be_found")
    message = r"plugin 'broken' \(broken 1.2\) cannot be imported: ModuleNotFoundError: .*'nowhere_to_be_found'"
    with pytest.raises(PluginError, match=message) as caught:
        Client("k", plugins=["broken"])
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


def test_class_that_cannot_be_made() -> None:
    """A class is made without arguments; where that fails the error says which plugin it was."""

    class Needy(Shout):
        def __init__(self) -> None:
            raise OSError("no microphone")

    with pytest.raises(PluginError, match="plugin 'Needy' cannot be made: OSError: no microphone") as caught:
        Client("k", plugins=[Needy], autoload=False)
    assert isinstance(caught.value.__cause__, OSError)


def test_not_set_up(install: Install) -> None:
    """A plugin's own word on its settings stands alone, in the error of one that is named and in the warning."""
    source = """
from openrouter_stt import ConfigurationError, hookimpl

class P:
    def __init__(self):
        raise ConfigurationError("set P_PLACE to the folder")

    @hookimpl
    def close(self): ...
"""
    install("p", source, entry_points=f"[openrouter_stt.v1]\np = {module_of('p')}:P\n")
    said = "cannot be made as it is set up; set P_PLACE to the folder"
    with pytest.raises(PluginError, match=rf"^plugin 'p' \(p 1.2\) {said}$"):
        Client("k", plugins=["p"])
    with pytest.warns(PluginLeftOut, match=rf"was left out: it {said} \(update"):
        assert names() == BUILT_IN


def test_clients_do_not_share() -> None:
    """Each client has its own set of plugins."""
    with Client("k", plugins=[Small("a", event=lambda event: None)], autoload=False) as one:
        assert one.plugins != names(autoload=False)
