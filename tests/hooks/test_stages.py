"""Promises that rest on the order of the stages: fallbacks, what is kept, and for whom."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from openrouter_stt import STOP, APIConnectionError, Call, HookSpecs, ServiceUnavailableError, Transcription, hookimpl
from tests.hooks.small_plugins import Small, answering
from tests.support.clock import Clock
from tests.support.server import Answer, Server
from tests.support.sounds import WAV
from tests.support.worlds import World


def fallback_to(*models: str) -> Small:
    """Make a plugin that asks one model after the other."""
    following = dict(zip(("m", *models), models, strict=False))

    def fallback(failure: Any) -> Any:
        model = following.get(failure.call.model)
        return model and failure.call.replace(model=model)

    return Small("fallback", fallback=fallback)


def redactor(name: str = "redactor", **attributes: str) -> Small:
    """Make a plugin that blots out a name."""
    made = Small(
        name, finish=lambda transcription: transcription.replace(text=transcription.text.replace("Ann", "***"))
    )
    vars(made).update(attributes)
    return made


def test_fallback_after_retries(world: World, server: Server, clock: Clock) -> None:
    """Another model is asked once retries are spent, with retries of its own, and attempts add up."""
    server.will(*[Answer(503)] * 4)
    result = world.client(base_url=server.url, plugins=[fallback_to("n")]).transcribe(WAV, model="m")
    assert [request.json["model"] for request in server.requests] == ["m", "m", "m", "n", "n"]
    assert (result.model, result.attempts) == ("n", 5)


def test_fallback_to_a_plugin(world: World, server: Server) -> None:
    """A plugin's answer can be the fallback, and the requests sent before it still count."""
    server.will(Answer(400))
    local = Small("mine", answer=lambda call: Transcription(text="here", model="n") if call.model == "n" else None)
    result = world.client(base_url=server.url, plugins=[fallback_to("n"), local]).transcribe(WAV, model="m")
    assert (result.text, result.source, result.attempts) == ("here", "mine", 1)


def test_fallbacks_spent(world: World, server: Server, clock: Clock) -> None:
    """Where the last fallback fails too, its error is raised, with the requests of all."""
    server.will(*[Answer(503)] * 9)
    driver = world.client(base_url=server.url, plugins=[fallback_to("n", "o")])
    with pytest.raises(ServiceUnavailableError) as caught:
        driver.transcribe(WAV, model="m")
    assert caught.value.attempts == 9


def test_fallback_ends(world: World, server: Server) -> None:
    """A plugin that always names the same fallback does not keep the call going for ever."""
    server.will(*[Answer(400)] * 5)
    plugin = Small("fallback", fallback=lambda failure: failure.call.replace(model="backup"))
    with pytest.raises(Exception, match="400"):
        world.client(base_url=server.url, plugins=[plugin]).transcribe(WAV, model="m")
    assert [request.json["model"] for request in server.requests] == ["m", "backup"]


async def refuse_to_send(attempt: Any, proceed: Any) -> Any:
    raise APIConnectionError("the circuit is open", kind="refused")


async def send_again(attempt: Any, proceed: Any) -> Any:
    with suppress(ServiceUnavailableError):
        return await proceed(attempt)
    return await proceed(attempt)


def test_attempts_are_requests(world: World, server: Server) -> None:
    """`attempts` counts what was really sent, whatever the plugins around do."""
    breaker = world.client(base_url=server.url, plugins=[Small("p", around_attempt=refuse_to_send)], disable=["retry"])
    with pytest.raises(APIConnectionError) as caught:
        breaker.transcribe(WAV)
    server.will(Answer(503))
    twice = world.client(base_url=server.url, plugins=[Small("p", around_attempt=send_again)])
    assert (caught.value.attempts, twice.transcribe(WAV).attempts, len(server.requests)) == (0, 2, 2)


def test_stop(world: World, server: Server, clock: Clock) -> None:
    """STOP ends the retries before the built-in plugin is asked."""
    server.will(Answer(503))
    with pytest.raises(ServiceUnavailableError) as caught:
        world.client(base_url=server.url, plugins=[Small("p", retry=lambda: STOP)]).transcribe(WAV)
    assert (caught.value.attempts, clock.waits) == (1, [])


def test_redacted_before_kept(world: World, server: Server) -> None:
    """What a cache keeps is what the plugins made of the answer; the server's own is not kept beside it."""
    server.will(Answer.of(200, {"text": "Ann spoke"}))
    kept: list[object] = []
    cache = Small("cache", cache_set=lambda transcription: kept.append(transcription.to_dict()))
    result = world.client(base_url=server.url, plugins=[cache, redactor()]).transcribe(WAV)
    assert (result.text, result.response) == ("*** spoke", None)
    assert "Ann" not in str(kept)


class OtherRedactor(HookSpecs):
    """The same name, another class; its settings are those of each object."""

    name = "redactor"

    def __init__(self) -> None:
        self.fingerprint = "loud"

    @hookimpl
    def finish(self, call: Call, transcription: Transcription) -> Transcription:
        return transcription.replace(text="*** spoke")


async def redact_attempts(attempt: Any, proceed: Any) -> Any:
    answer = await proceed(attempt)
    return answer.replace(text="*** spoke")


def observer() -> Small:
    return Small("observer", event=lambda event: None)


@pytest.mark.parametrize(
    ("before", "after", "hit"),
    [
        ([], [], True),
        ([], [observer()], True),
        ([], [redactor()], False),
        ([redactor()], [redactor()], True),
        ([redactor()], [redactor(fingerprint="names and places")], False),
        ([redactor()], [redactor("another")], False),
        ([redactor()], [OtherRedactor()], False),
        ([OtherRedactor], [OtherRedactor()], True),
        ([], [Small("attempts", around_attempt=redact_attempts)], False),
        ([], [answering("from here")], False),
    ],
    ids=[
        "none", "an observer", "a redactor", "the same", "other settings", "another name", "another class",
        "a class and its object", "around attempts", "an engine",
    ],
)  # fmt: skip
def test_kept_for_the_same_plugins_alone(
    world: World, server: Server, tmp_path: Path, before: list[object], after: list[object], hit: bool
) -> None:
    """A plugin that changes audio or text is not served what was kept before it was there."""
    server.will(*[Answer.of(200, {"text": "Ann spoke"})] * 2)
    for plugins in (before, after):
        driver = world.client(base_url=server.url, cache=tmp_path, plugins=plugins)
        result = driver.transcribe(WAV)
        driver.close()
    assert (result.source == "cache") == hit


def test_own_key(world: World) -> None:
    """A plugin may decide on the key of an answer."""
    keys: list[str] = []
    plugin = Small("p", cache_key=lambda call: f"key of {call.model}", cache_get=lambda key: keys.append(key.upper()))
    world.client(plugins=[plugin, answering()]).transcribe(WAV, model="m")
    assert keys == ["KEY OF M"]


def test_source_is_who_answered(world: World) -> None:
    """An answer that a plugin around the call gave by itself does not claim to be the network's."""

    async def around_call(call: Any) -> Transcription:
        return Transcription(text="mine", model=call.model)

    assert world.client(plugins=[Small("p", around_call=around_call)]).transcribe(WAV).source == "p"
