"""What is refused when a client is made, and what the message says."""

from __future__ import annotations

import itertools
from types import MethodType
from typing import Any

import pluggy
import pytest

from openrouter_stt import Call, CallFinished, Client, Event, HookSpecs, PluginError, Proceed, Transcription, hookimpl
from tests.hooks.small_plugins import Small, answering
from tests.support.distributions import Install
from tests.support.sounds import WAV
from tests.support.worlds import World


def misspelt() -> object:
    return Small("p", anser=lambda call: None)


def misspelt_specname() -> object:
    return Small("p", mine=hookimpl(specname="prepare_adio")(lambda audio: None))


def like_nothing() -> object:
    return Small("p", qqq=lambda call: None)


def wrong_argument() -> object:
    return Small("p", answer=lambda cal: None)


def without_hooks() -> object:
    return Small("p")


def wrapper() -> object:
    @pluggy.HookimplMarker("openrouter_stt")(wrapper=True)
    def answer() -> Any:
        return (yield)

    return Small("p", answer=answer)


def wrapper_that_pluggy_refuses() -> object:
    return Small("p", answer=pluggy.HookimplMarker("openrouter_stt")(wrapper=True)(lambda: None))


def argument_like_none() -> object:
    return Small("p", close=lambda everything: None)


class HalfWrong:
    name = "p"

    @hookimpl
    def close(self) -> None: ...

    @hookimpl
    def finish(self, call: Call, transcripton: Transcription) -> None: ...


class Moody:
    name = "p"

    def __dir__(self) -> list[str]:
        raise OSError("bad mood")


def plain_around() -> object:
    return Small("p", around_call=lambda call, proceed: proceed(call))


def events_of_another_hook() -> object:
    return Small("p", close=hookimpl(events=CallFinished)(lambda: None))


def events_of_another_class() -> object:
    return Small("p", event=hookimpl(events=(CallFinished, int))(lambda event: None))  # type: ignore[arg-type]


def events_of_no_class() -> object:
    return Small("p", event=hookimpl(events="CallFinished")(lambda event: None))  # type: ignore[call-overload]


def events_by_half_a_function() -> object:
    return Small("p", event=hookimpl(events=lambda kind: True)(lambda event: None))  # type: ignore[call-overload]


def events_by_waiting() -> object:
    async def wants(plugin: object, kind: type[Event]) -> bool:
        return True

    return Small("p", event=hookimpl(events=wants)(lambda event: None))  # type: ignore[call-overload]


def keyword_only() -> object:
    def answer(*, call: Call) -> None: ...

    return Small("p", answer=answer)


def any_arguments() -> object:
    return Small("p", answer=lambda *args: None)


class HalfMarked(HookSpecs):
    name = "p"

    @hookimpl
    def answer(self, call: Any) -> None: ...

    def event(self, event: Any) -> None: ...


class Selfless:
    name = "p"

    @hookimpl
    def finish(call: Call, transcription: Transcription) -> None: ...  # noqa: N805  that is the slip


class SelflessAround:
    name = "p"

    @hookimpl
    async def around_call(call: Call, proceed: Proceed) -> Transcription:  # noqa: N805  that is the slip
        return await proceed(call)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (misspelt, "plugin 'p', hook anser does not exist; did you mean 'answer'\\?$"),
        (misspelt_specname, "plugin 'p', hook prepare_adio does not exist; did you mean 'prepare_audio'"),
        (like_nothing, "plugin 'p', hook qqq does not exist; there are around_call, prepare_request, "),
        (wrong_argument, "plugin 'p', hook answer has no argument 'cal'; did you mean 'call'"),
        (without_hooks, "plugin 'p' implements no hook; mark its functions with @hookimpl"),
        (HalfMarked, "plugin 'p', hook event is not marked; put @hookimpl above"),
        (wrapper, "plugin 'p', hook answer is a wrapper of pluggy's, which is not used; implement around_call"),
        (wrapper_that_pluggy_refuses, "plugin 'p', hook answer is a wrapper of pluggy's"),
        (argument_like_none, "plugin 'p', hook close has no argument 'everything'; it may take none"),
        (HalfWrong, "plugin 'p', hook finish has no argument 'transcripton'; did you mean 'transcription'"),
        (Moody, "plugin 'p' cannot be registered: OSError: bad mood"),
        (keyword_only, "plugin 'p', hook answer has an argument 'call' that no position fills; make it a plain"),
        (any_arguments, "plugin 'p', hook answer has an argument 'args' that no position fills; make it a plain"),
        (Selfless, "plugin 'p', hook finish is a method whose first argument is 'call'; put self before it"),
        (SelflessAround, "plugin 'p', hook around_call is a method whose first argument is 'call'; put self"),
        (
            events_of_another_hook,
            "plugin 'p', hook close has events=; leave it out, which the hook event alone may have",
        ),
        (events_of_another_class, "plugin 'p', hook event has events= that name no events; give a class derived from"),
        (events_of_no_class, "plugin 'p', hook event has events= that name no events; give a class derived from"),
        (
            events_by_half_a_function,
            "plugin 'p', hook event has a function events= that cannot be asked; make it a plain",
        ),
        (events_by_waiting, "plugin 'p', hook event has a function events= that cannot be asked; make it a plain"),
        (plain_around, "plugin 'p', hook around_call is a plain `def`; make it an `async def`"),
    ],
)
def test_refused(make: Any, message: str) -> None:
    """A plugin that breaks the contract is refused at once, with its name, the hook and the way out."""
    with pytest.raises(PluginError, match=f"(?s){message}"):
        Client("k", plugins=[make()], autoload=False)


def test_refused_plugin_leaves_no_trace(install: Install) -> None:
    """After a misspelt hook of an installed plugin the next plugin is blamed for its own slip."""
    install("slip", "from openrouter_stt import hookimpl\n@hookimpl\ndef anser(call): ...\n")
    with (
        pytest.warns(RuntimeWarning, match="hook anser does not exist"),
        pytest.raises(PluginError, match="'p', hook finsh does"),
    ):
        Client("k", plugins=[Small("p", finsh=lambda call: None)])


def test_one_object_is_one_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    """An object that is registered already cannot be so again under another name."""
    thing = answering(name="one")
    names = itertools.chain(["one"], itertools.repeat("two"))  # pluggy may ask, too
    monkeypatch.setattr(type(thing), "name", property(lambda _: next(names), lambda *_: None), raising=False)
    with pytest.raises(PluginError, match=r"plugin 'one' cannot be registered: .*; give each object once"):
        Client("k", plugins=[thing, thing], autoload=False)


def test_async_alone(world: World) -> None:
    """A plugin that is async alone serves the async client; a sync one refuses it and says what to do."""

    async def answer(call: Any) -> Transcription:
        return Transcription(text="awaited", model=call.model)

    plugin = Small("p", answer=answer)
    if world.name != "sync":
        assert world.client(plugins=[plugin]).transcribe(WAV).text == "awaited"
        return
    with pytest.raises(PluginError, match=r"'p', hook answer is async alone .* @hookimpl\(specname='answer'\)"):
        world.client(plugins=[plugin])


def test_twins(world: World) -> None:
    """Of a `def` and its `async def` twin, each client calls its own, and that one alone."""

    class Twins(HookSpecs):
        @hookimpl
        def finish(self, call: Call, transcription: Transcription) -> Transcription:
            return transcription.replace(text=f"{transcription.text} def")

        @hookimpl(specname="finish")
        async def finish_async(self, call: Call, transcription: Transcription) -> Transcription:
            return transcription.replace(text=f"{transcription.text} async def")

    text = world.client(plugins=[Twins, answering("by")]).transcribe(WAV).text
    assert text == ("by def" if world.name == "sync" else "by async def")


class Derived(HookSpecs):
    name = "p"


class Mixin:
    @hookimpl
    def finish(self, transcription: Transcription) -> Transcription:
        return transcription.replace(text="finished")


class Mixed(Mixin, Derived): ...


class DerivedFrom(Mixed): ...


def of_the_object() -> object:
    plugin = Derived()
    plugin.finish = MethodType(Mixin.finish, plugin)
    return plugin


@pytest.mark.parametrize("make", [of_the_object, Mixed, DerivedFrom])
def test_place_of_a_hook(world: World, make: Any) -> None:
    """Wherever a plugin derived from `HookSpecs` has a hook of its own, it is found."""
    client = world.client(plugins=[make(), answering("by")])
    assert client.transcribe(WAV).text == "finished"
