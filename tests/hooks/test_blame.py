"""Who is at fault: errors of plugins name them, errors of the server name nobody, observers break nothing."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from openrouter_stt import APIStatusError, BadRequestError, Client, ConfigurationError
from openrouter_stt._registry import contracts
from tests.hooks.small_plugins import Observer, Small, notes
from tests.support.distributions import Install
from tests.support.server import Answer, Server
from tests.support.sounds import WAV
from tests.support.worlds import World

RAISED = [name for name, (contract, _) in contracts().items() if contract.on_error == "raise"]
ISOLATED = [name for name, (contract, _) in contracts().items() if contract.on_error == "isolate"]
STATUS = {"retry": 503, "fallback": 400, "cache_release": 400}  # hooks that are asked only after an error


class OopsError(Exception):
    """An error of a plugin's own."""


def broken(hook: str) -> Small:
    """Make a plugin whose one hook raises, with words in the message that nobody is to read in a log."""

    def fails() -> Any:
        raise OopsError("confidential")

    async def fails_around() -> Any:
        raise OopsError("confidential")

    return Small("broken", **{hook: fails_around if contracts()[hook][0].kind == "around" else fails})


def through_all(world: World, server: Server, hook: str, **settings: Any) -> None:
    """Run a call that passes every hook, and close the client."""
    server.will(*[Answer(STATUS.get(hook, 200))] * (hook in STATUS))
    second = Small("second", fallback=lambda failure: failure.call.replace(model="another"))
    driver = world.client(base_url=server.url, cache="memory", plugins=[broken(hook), second], **settings)
    assert driver.transcribe(WAV).text == "hello"
    driver.close()


@pytest.mark.parametrize("hook", RAISED)
def test_blamed(world: World, server: Server, hook: str) -> None:
    """An error raised in a hook keeps its type and carries one note that names plugin and hook."""
    with pytest.raises(OopsError, match="confidential") as caught:
        through_all(world, server, hook)
    assert notes(caught.value) == [f"raised in plugin 'broken', hook {hook}"]


@pytest.mark.parametrize("hook", ISOLATED)
def test_isolated(world: World, server: Server, caplog: pytest.LogCaptureFixture, hook: str) -> None:
    """An observer or a cache that fails costs the call nothing: one warning, without the error's words."""
    through_all(world, server, hook)
    (record,) = [record for record in caplog.records if "passed over" in record.getMessage()]
    assert (
        record.getMessage()
        == f"plugin 'broken', hook {hook} failed with OopsError and was passed over; strict=True raises it"
    )
    assert "confidential" not in caplog.text


@pytest.mark.parametrize("hook", ISOLATED)
def test_strict(world: World, server: Server, hook: str) -> None:
    """With `strict=True` errors of observers and caches are raised, with their blame."""
    with pytest.raises(OopsError) as caught:
        through_all(world, server, hook, strict=True)
    assert f"raised in plugin 'broken', hook {hook}" in notes(caught.value)


def test_warned_once(world: World, server: Server, caplog: pytest.LogCaptureFixture) -> None:
    """An observer that keeps failing is a warning once per client, and a matter of debugging after that."""
    caplog.set_level(logging.DEBUG, "openrouter_stt")
    driver = world.client(base_url=server.url, plugins=[broken("event")], disable=["logging"])
    driver.transcribe(WAV)
    levels = [record.levelno for record in caplog.records if "passed over" in record.getMessage()]
    assert levels == [logging.WARNING, logging.DEBUG, logging.DEBUG]


def test_one_warning_for_one_trouble(world: World, server: Server, caplog: pytest.LogCaptureFixture) -> None:
    """Where all hooks of a plugin fail alike, the first of them says so; trouble of another kind is told, too."""

    def fails() -> Any:
        raise OopsError("confidential")

    def fails_otherwise() -> Any:
        raise ConfigurationError("mend it")

    plugin = Small("broken", cache_get=fails, cache_claim=fails, cache_set=fails_otherwise)
    world.client(base_url=server.url, plugins=[plugin]).transcribe(WAV)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == [
        "plugin 'broken', hook cache_get failed with OopsError and was passed over; strict=True raises it",
        "plugin 'broken', hook cache_set failed with ConfigurationError (mend it) and was passed over; strict=True "
        "raises it",
    ]


def test_others_are_told_all_the_same(world: World, server: Server) -> None:
    """An observer that fails does not keep the others from being told."""
    observer = Observer()
    world.client(base_url=server.url, plugins=[broken("event"), observer]).transcribe(WAV)
    assert observer.events


def test_distribution_is_named(install: Install) -> None:
    """The blame of an installed plugin names its distribution and version."""
    install("stranger", "from openrouter_stt import hookimpl\n@hookimpl\ndef answer(call): 1 / 0\n")
    with Client("k") as client, pytest.raises(ZeroDivisionError) as caught:
        client.transcribe(WAV, model="m")
    assert notes(caught.value) == ["raised in plugin 'stranger' (stranger 1.2), hook answer"]


def innocent() -> Small:
    """Make a plugin that stands by everywhere an error passes."""

    async def around_call(call: Any, proceed: Any) -> Any:
        return await proceed(call)

    async def around_attempt(attempt: Any, proceed: Any) -> Any:
        return await proceed(attempt)

    return Small("innocent", around_call=around_call, around_attempt=around_attempt, retry=_raise, fallback=_raise)


def _raise(failure: Any) -> None:
    raise failure.error


def test_server_is_not_a_plugin(world: World, server: Server) -> None:
    """The server's error is blamed on no plugin that it passes, nor on one that raises it again."""
    server.will(Answer(400))
    with pytest.raises(BadRequestError) as caught:
        world.client(base_url=server.url, plugins=[innocent()]).transcribe(WAV)
    assert notes(caught.value) == []


@pytest.mark.parametrize("hook", ["answer", "around_attempt", "around_call"])
def test_outer_plugins_are_innocent(world: World, server: Server, hook: str) -> None:
    """Of plugins one inside the other only the one at fault is named."""
    outer = innocent()
    outer.name = "outer"
    with pytest.raises(OopsError) as caught:
        world.client(base_url=server.url, plugins=[outer, broken(hook), innocent()]).transcribe(WAV)
    assert notes(caught.value) == [f"raised in plugin 'broken', hook {hook}"]


def test_translation_is_the_translators(world: World, server: Server) -> None:
    """A plugin that turns an error from inside into one of its own is named for the new one."""
    server.will(Answer(400))

    async def around_call(call: Any, proceed: Any) -> Any:
        try:
            return await proceed(call)
        except APIStatusError as error:
            raise OopsError("translated") from error

    with pytest.raises(OopsError) as caught:
        world.client(base_url=server.url, plugins=[Small("p", around_call=around_call)]).transcribe(WAV)
    assert notes(caught.value) == ["raised in plugin 'p', hook around_call"]
    assert notes(caught.value.__cause__ or caught.value) == []
