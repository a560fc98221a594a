"""Plugins that are broken in every way we could think of; all are named "broken" and break as what they are listed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from openrouter_stt import PluginError, Transcription, hookimpl
from tests.hooks.small_plugins import Small


class OopsError(Exception):
    """An error of a plugin's own."""


def raising(error: type[BaseException] | BaseException) -> Callable[..., Any]:
    def fails(*_: object) -> Any:
        raise error

    return fails


def without_end(*args: object) -> Any:
    return without_end(*args)  # a call without the star is no longer counted by Python 3.13.0, and takes all memory


def hook(name: str, function: Callable[[], Any]) -> Callable[..., Any]:
    """Make an implementation of a hook that does what the function does."""

    async def wait(*_: object) -> Any:
        return function()

    return around(name, wait) if name.startswith("around") else lambda: function()  # noqa: PLW0108  it may take arguments


def around(name: str, function: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """Make an implementation of an around hook of a function that takes a call or an attempt."""

    async def around_call(call: Any, proceed: Any) -> Any:
        return await function(call, proceed)

    async def around_attempt(attempt: Any, proceed: Any) -> Any:
        return await function(attempt, proceed)

    return around_call if name == "around_call" else around_attempt


def hostile(**attributes: Any) -> Any:
    """Make a plugin that would work but for some attributes of its class."""
    body = {"name": "broken", "event": hookimpl(lambda self, event: None), **attributes}
    return type("Hostile", (), body)


REFUSED: dict[str, object] = {
    "raises when it is made": hostile(__init__=raising(OopsError)),
    "ends the program when it is made": hostile(__init__=raising(SystemExit)),
    "is made without end": hostile(__init__=without_end),
    "has a hook that cannot be read": hostile(answer=property(raising(OopsError)), __getattr__=raising(OopsError)),
    "raises for any attribute": hostile(__getattribute__=raising(OopsError)),
    "cannot be listed": hostile(__dir__=raising(OopsError)),
    "ends the program when it is listed": hostile(__dir__=raising(SystemExit)),
    "has a name that raises": hostile(name=property(raising(OopsError)))(),
    "cannot be compared": hostile(__eq__=raising(OopsError)),
    "has a fingerprint that raises": hostile(fingerprint=property(raising(OopsError))),
    "has a fingerprint that is not text": hostile(fingerprint=type("Odd", (), {"__str__": raising(OopsError)})()),
    "has no hooks": Small("broken"),
}

HARMLESS: dict[str, object] = {
    "has a name that is not a str": hostile(name=7),
    "has a huge repr": hostile(__repr__=lambda self: "broken" * 10_000_000),
    "has a repr that raises": hostile(__repr__=raising(OopsError)),
    "cannot be hashed": hostile(__hash__=None),
    "cannot be pickled or copied": hostile(__reduce_ex__=raising(OopsError), __deepcopy__=raising(OopsError)),
    "raises for attributes that it has not": hostile(__getattr__=raising(AttributeError)),
}

# Modules of an installed distribution, and where its entry point points to.
INSTALLED: dict[str, tuple[str, str]] = {
    "raises when it is imported": ("raise RuntimeError('oops')", ""),
    "ends the program when it is imported": ("import sys\nsys.exit('usage: broken')", ""),
    "imports itself without end": ("def f(): f()\nf()", ""),
    "is no Python": ("def", ""),
    "points to no attribute": ("", ":nothing"),
    "points to no module": ("", "_not"),
    "points to nothing at all": ("", "/ /"),
    "is None": ("plugin = None", ":plugin"),
    "is a str": ("plugin = 'retry'", ":plugin"),
    "is a function": ("def plugin(): ...", ":plugin"),
    "is a function with a mark": ("import openrouter_stt\n@openrouter_stt.hookimpl\ndef event(event): ...", ":event"),
    "raises when it is made": ("class P:\n    def __init__(self): 1 / 0", ":P"),
}

# Hooks by what they return; an object() is a wrong answer of each.
GARBAGE: dict[str, Any] = {
    "prepare_request": lambda call: {},
    "cache_key": lambda call: 7,
    "cache_get": lambda key: "text",
    "cache_claim": lambda key: "soon",
    "answer": lambda call: "text",
    "prepare_audio": lambda audio: b"RIFF",
    "encode_audio": lambda audio: b"RIFF",
    "retry": lambda failure: True,
    "fallback": lambda failure: "model",
    "finish": lambda transcription: "text",
}


async def answers_by_itself(*_: Any) -> Transcription:
    return Transcription(text="hello", model="m")


async def asks_twice(value: Any, proceed: Any) -> Any:
    await proceed(value)
    return await proceed(value)


async def loses_what_was_paid(value: Any, proceed: Any) -> Any:
    await proceed(value)


async def fails_after_it_was_paid(value: Any, proceed: Any) -> Any:
    await proceed(value)
    raise OopsError


async def passes_on_garbage(value: Any, proceed: Any) -> Any:
    return await proceed("garbage")


async def returns_what_it_was_given(value: Any, proceed: Any) -> Any:
    return value


async def does_not_wait(value: Any, proceed: Any) -> Any:
    return proceed(value)


async def waits_on_a_dead_event_loop(*_: Any) -> Any:
    loop = asyncio.new_event_loop()
    future = loop.create_future()
    loop.close()
    await future


async def swallows_all(value: Any, proceed: Any) -> Any:
    try:
        return await proceed(value)
    except BaseException:
        return Transcription(text="swallowed", model="m")


# Around hooks by what they do: the error of the call, and how many requests were sent.
MISUSES: dict[str, tuple[Any, type[Exception] | None, int]] = {
    "never calls proceed": (answers_by_itself, None, 0),
    "calls proceed twice": (asks_twice, None, 1),
    "loses an answer": (loses_what_was_paid, PluginError, 1),
    "fails behind an answer": (fails_after_it_was_paid, OopsError, 1),
    "passes on garbage": (passes_on_garbage, PluginError, 0),
    "returns garbage": (returns_what_it_was_given, PluginError, 0),
    "does not wait": (does_not_wait, PluginError, 0),
    "waits on a dead event loop": (waits_on_a_dead_event_loop, Exception, 0),
    "catches all there is": (swallows_all, None, 1),
}


def sets_a_model(call: Any) -> None:
    call.model = "other"


def sets_a_text(transcription: Any) -> None:
    transcription.text = "other"


def sets_an_option(call: Any) -> None:
    call.options["provider"]["options"]["openai"] = {}
    call.options["language"] = "nonsense"


def writes_into_the_audio(audio: Any) -> None:
    audio.content.open().write(b"junk")


def adds_to_the_usage(transcription: Any) -> None:
    transcription.usage.cost += 1


# Hooks that change what they are given, by what they change: the error of the call.
CHANGES: dict[str, tuple[str, Any, type[Exception] | None]] = {
    "the model": ("prepare_request", sets_a_model, AttributeError),
    "the options": ("prepare_request", sets_an_option, None),
    "the audio": ("prepare_audio", writes_into_the_audio, OSError),
    "the text": ("finish", sets_a_text, AttributeError),
    "the cost": ("finish", adds_to_the_usage, AttributeError),
}
