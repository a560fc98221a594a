"""Which plugins a client has: given, installed, built in, replaced, disabled."""

from __future__ import annotations

import types
import warnings
from typing import Any

import pytest

from openrouter_stt import (
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
    with pytest.warns(RuntimeWarning, match=r"'same' \(two 1.2\) was left out: 'same' \(one 1.2\) has the same name"):
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
        ({"plugins": "retry"}, "a list"),
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
        ("OPENROUTER_STT_DISABLE_PLUGINS", "two,retry,nobody", {"two", "retry"}),
        ("OPENROUTER_STT_AUTOLOAD", "0", {"one", "two"}),
        ("OPENROUTER_STT_AUTOLOAD", "False", {"one", "two"}),
        ("OPENROUTER_STT_AUTOLOAD", "1", set()),
    ],
)
def test_environment(
    install: Install, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, missing: set[str]
) -> None:
    """The environment limits, disables or switches off installed plugins; a name of nobody does no harm there."""
    install("one")
    install("two")
    monkeypatch.setenv(variable, value)
    assert set(names()) == {"one", "two", *BUILT_IN} - missing


def test_autoload_off_by_argument(install: Install) -> None:
    """`autoload=False` leaves installed plugins out, but for those named."""
    install("one")
    install("two")
    assert names(autoload=False) == BUILT_IN
    assert names(autoload=False, plugins=["two"]) == ("two", *BUILT_IN)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import nowhere_to_be_found", "ModuleNotFoundError: No module named 'nowhere_to_be_found'"),
        ("", "PluginError: plugin 'broken' .* implements no hook"),
        (ENGINE.replace("(call)", "(cal)"), "PluginError: .*cal"),
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


def test_clients_do_not_share() -> None:
    """Each client has its own set of plugins."""
    with Client("k", plugins=[Small("a", event=lambda event: None)], autoload=False) as one:
        assert one.plugins != names(autoload=False)
