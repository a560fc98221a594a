"""The hooks around a call and around each attempt: what they may do, what they may await, what is caught."""

from __future__ import annotations

import re
from typing import Any

import pytest

from openrouter_stt import (
    APIStatusError,
    Attempt,
    Call,
    HookSpecs,
    PluginError,
    Proceed,
    ProceedAttempt,
    Transcription,
    hookimpl,
)
from tests.hooks.small_plugins import Small, answering
from tests.support.clock import Clock
from tests.support.server import Answer, Server
from tests.support.sounds import WAV
from tests.support.worlds import World


async def skip(call: Any, proceed: Any) -> Any:
    return Transcription(text="skipped", model=call.model)


async def change_call(call: Any, proceed: Any) -> Any:
    return await proceed(call.replace(model="changed"))


async def change_answer(call: Any, proceed: Any) -> Any:
    answer = await proceed(call)
    return answer.replace(text=answer.text.upper())


async def repeat(call: Any, proceed: Any) -> Any:
    one, two = await proceed(call), await proceed(call.replace(model="again"))
    return one.replace(text=f"{one.text}, {two.text}")


async def at_once(call: Any, proceed: Any) -> Any:
    answers = await call.gather(*(proceed(call.replace(model=model)) for model in ("a", "b")))
    return answers[0].replace(text=" ".join(answer.text for answer in answers))


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (skip, "skipped"),
        (change_call, "by changed"),
        (change_answer, "BY M"),
        (repeat, "by m, by again"),
        (at_once, "by a by b"),
    ],
)
def test_freedom(world: World, function: Any, text: str) -> None:
    """A plugin around the call may skip it, repeat it, and change what goes in and what comes out."""
    engine = Small("engine", answer=lambda call: Transcription(text=f"by {call.model}", model=call.model))
    driver = world.client(plugins=[Small("p", around_call=function), engine])
    assert driver.transcribe(WAV, model="m").text == text


def test_around_attempt_sees_each(world: World, server: Server, clock: Clock) -> None:
    """A plugin around the attempts passes each one, with its number, size and wire format."""
    server.will(Answer(503))
    seen: list[tuple[int, int, str]] = []

    async def around_attempt(attempt: Any, proceed: Any) -> Any:
        seen.append((attempt.number, attempt.size, attempt.format))
        return await proceed(attempt)

    world.client(base_url=server.url, plugins=[Small("p", around_attempt=around_attempt)]).transcribe(WAV)
    assert seen == [(1, len(WAV), "wav"), (2, len(WAV), "wav")]


def test_super_passes_on(world: World, server: Server) -> None:
    """A plugin of the typed base class may leave the rest to it."""

    class Polite(HookSpecs):
        @hookimpl
        async def around_call(self, call: Call, proceed: Proceed) -> Transcription:
            return await super().around_call(call.replace(model="other"), proceed)

        @hookimpl
        async def around_attempt(self, attempt: Attempt, proceed: ProceedAttempt) -> Transcription:
            return await super().around_attempt(attempt, proceed)

    world.client(base_url=server.url, plugins=[Polite]).transcribe(WAV)
    assert server.last.json["model"] == "other"


async def forgets_proceed(call: Any, proceed: Any) -> Any:
    pass


async def forgets_await(call: Any, proceed: Any) -> Any:
    return proceed(call)


async def returns_text(call: Any, proceed: Any) -> Any:
    return "text"


async def passes_text(call: Any, proceed: Any) -> Any:
    return await proceed("call")


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (forgets_proceed, "returned NoneType, not Transcription; is `return await proceed(...)` missing?"),
        (forgets_await, "returned coroutine, not Transcription; is an `await` or an `async def` missing?"),
        (returns_text, "returned str, not Transcription"),
        (passes_text, "called proceed with str, not Call; pass on what it was given, or a replace() of it"),
    ],
)
def test_slips(world: World, function: Any, message: str) -> None:
    """A slip in an around hook is a PluginError with the plugin, the hook and a guess at what is missing."""
    driver = world.client(plugins=[Small("p", around_call=function), answering()])
    with pytest.raises(PluginError, match=re.escape(f"plugin 'p', hook around_call {message}")):
        driver.transcribe(WAV)


async def late() -> Transcription:
    return Transcription(text="x", model="m")


def not_awaited() -> Any:
    return late()


@pytest.mark.parametrize(
    ("hook", "function", "message"),
    [
        ("answer", lambda: "text", "returned str, not Transcription"),
        ("answer", not_awaited, "returned coroutine, not Transcription; is an `await`"),
        ("prepare_request", lambda call: {"model": "m"}, "returned dict, not Call"),
        ("prepare_audio", lambda audio: b"bytes", "returned bytes, not Audio"),
        ("encode_audio", lambda audio: audio.replace(format=None), ", returned audio without a file format"),
        ("retry", lambda: True, "returned bool, not int or float or Stop"),
        ("retry", lambda: -1.0, ", returned -1.0, which is no time to wait"),
        ("retry", lambda: float("nan"), ", returned nan, which is no time to wait"),
        ("fallback", lambda: "model", "returned str, not Call"),
        ("finish", lambda: "text", "returned str, not Transcription"),
        ("event", not_awaited, "returned coroutine"),
    ],
)
def test_wrong_answers(world: World, server: Server, hook: str, function: Any, message: str) -> None:
    """A hook that returns what its contract does not name is a PluginError naming both."""
    server.will(*[Answer(503 if hook == "retry" else 400)] * (hook in ("retry", "fallback")))
    driver = world.client(base_url=server.url, plugins=[Small("p", **{hook: function})], strict=True)
    with pytest.raises(PluginError, match=re.escape(f"plugin 'p', hook {hook}") + " ?" + re.escape(message)):
        driver.transcribe(WAV)


def test_error_from_inside_can_be_handled(world: World, server: Server) -> None:
    """A plugin around the call may turn the server's error into an answer."""
    server.will(Answer(400))

    async def around_call(call: Any, proceed: Any) -> Any:
        try:
            return await proceed(call)
        except APIStatusError as error:
            return Transcription(text=f"no: {error.status}", model=call.model)

    driver = world.client(base_url=server.url, plugins=[Small("p", around_call=around_call)])
    assert driver.transcribe(WAV).text == "no: 400"
