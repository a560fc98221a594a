"""Plugins that each break a promise, with the checks that notice and words of what they say."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import logging
import threading
import time
import warnings
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import attrs
from anyio.lowlevel import checkpoint

from openrouter_stt import STOP, APIError, Audio, STTError, Transcription, hookimpl
from tests.hooks.small_plugins import Small

LOGGER = logging.getLogger("stranger")
AWAKE = threading.Event()  # ends the threads that plugins leave


def text(words: str) -> Transcription:
    return Transcription(text=words, model="m")


async def awaiting() -> None:
    await checkpoint()


def raises() -> None:
    raise KeyError("lost")


def around(*, catch: type[BaseException], result: Callable[[BaseException], Any], beside: Any = ()) -> Any:
    """Make an around hook that turns errors of one kind, but for those `beside`, into something else."""

    async def hook(call: Any, proceed: Any) -> Any:
        try:
            return await proceed(call)
        except beside:
            raise
        except catch as error:
            return result(error)

    return hook


def translating(error: BaseException) -> Any:
    raise RuntimeError("translated") from error


def paying_twice() -> Small:
    """Make a plugin that asks again for what was answered."""

    async def around_call(call: Any, proceed: Any) -> Any:
        await proceed(call)
        return await proceed(call)

    return Small("p", around_call=around_call)


def sending_at_once() -> Small:
    """Make a plugin that sends a second request before the first one is answered."""

    async def around_attempt(attempt: Any, proceed: Any) -> Any:
        first, _ = await attempt.call.gather(proceed(attempt), proceed(attempt))
        return first

    return Small("p", around_attempt=around_attempt)


def stop() -> Small:
    return Small("p", retry=lambda: STOP)


def counting() -> Small:
    """Make a plugin that gives another text each time, past the cache."""
    numbers = itertools.count()

    async def around_call(call: Any, proceed: Any) -> Any:
        return (await proceed(call)).replace(text=str(next(numbers)))

    return Small("p", around_call=around_call)


def swallowing_twin() -> Small:
    """Make a plugin whose async twin waits, and takes no for an answer."""

    async def finish() -> None:
        with contextlib.suppress(BaseException):  # that is the slip
            await checkpoint()

    plugin = Small("p", finish=lambda: None)
    plugin.finish_async = hookimpl(specname="finish")(finish)  # type: ignore[attr-defined]
    return plugin


class Forgetful:
    """Keeps a call on itself."""

    name = "p"

    @hookimpl
    def prepare_request(self, call: Any) -> None:
        self.audio = call.audio

    @hookimpl
    def finish(self, transcription: Any) -> Any:
        return transcription.replace(text=self.audio.digest())


class Exclusive:
    """Takes one call at a time, and refuses the others."""

    name = "p"

    def __init__(self) -> None:
        self.lock = threading.Lock()

    @hookimpl
    async def around_attempt(self, attempt: Any, proceed: Any) -> Any:
        if not self.lock.acquire(blocking=False):
            raise RuntimeError("busy")
        try:
            return await proceed(attempt)
        finally:
            self.lock.release()


def busy() -> None:
    until = time.perf_counter() + 0.08
    while time.perf_counter() < until:
        pass


def leaves_a_thread() -> None:
    threading.Thread(target=AWAKE.wait, name="exporter", daemon=True).start()


def leaving_a_task(world: str) -> Small:
    kept = []

    async def event() -> None:
        if world == "trio":
            import trio

            trio.lowlevel.spawn_system_task(trio.sleep_forever)
        else:
            kept.append(asyncio.create_task(asyncio.sleep(60)))

    return Small("p", event=event)


def closing_once() -> Small:
    left = [True]
    return Small("p", close=lambda: left.pop() and None)


def logging_text() -> Small:
    return Small("p", finish=lambda transcription: LOGGER.debug("got %s", transcription.text))


def logging_extra() -> Small:
    return Small("p", finish=lambda transcription: LOGGER.debug("got it", extra={"words": transcription.text}))


def logging_audio(form: Callable[[bytes], object]) -> Small:
    return Small("p", prepare_audio=lambda audio: LOGGER.debug("sending %s", form(audio.read())))


def warning_text() -> Small:
    return Small("p", finish=lambda transcription: warnings.warn(transcription.text, stacklevel=2))


def printing_text() -> Small:
    return Small("p", finish=lambda transcription: print(transcription.text.upper()))  # noqa: T201  that is the slip


@attrs.define
class Shown:
    """Shows in its repr what it was told last."""

    last: str = ""
    name = "p"

    @hookimpl
    def finish(self, transcription: Any) -> None:
        self.last = transcription.text


def shifting_audio(audio: Audio) -> None:
    content: Any = audio.content
    if not content.data.readonly:
        content.data[100:110] = bytes(10)


class Loose(Transcription):
    """A transcription that can be changed."""

    __setattr__ = object.__setattr__  # type: ignore[assignment]


@attrs.define
class Padded:
    """Changes audio by settings that it does not state."""

    seconds: float = 1.0
    name = "p"

    @hookimpl
    def prepare_audio(self, audio: Any) -> Any:
        return Audio.from_bytes(audio.read() + bytes(int(self.seconds * 32_000)))


def stating(fingerprint: object) -> Small:
    plugin = Small("p", finish=lambda: None)
    plugin.fingerprint = fingerprint  # type: ignore[attr-defined]
    return plugin


BROKEN: dict[str, tuple[Callable[[], object], set[str], str]] = {
    "a misspelt hook": (
        lambda: Small("p", anser=lambda: None),
        {"registers"},
        "no client can be made with it: PluginError: plugin 'p', hook anser does not exist; did you mean 'answer'?",
    ),
    "async alone": (
        lambda: Small("p", event=awaiting),
        {"registers"},
        r"is async alone and cannot serve a sync client.*; or say worlds=\['asyncio', 'trio'\] \[sync\]",
    ),
    "a call that fails": (
        lambda: Small("p", prepare_request=raises),
        {"transcribes"},
        r"a call fails with KeyError: 'lost'; raised in plugin 'p', hook prepare_request; give conformance\(...\) the",
    ),
    "an observer that fails": (
        lambda: Small("p", event=raises),
        {"transcribes"},
        "a call fails with KeyError: 'lost'; raised in plugin 'p', hook event",
    ),
    "the name of a built-in one": (
        lambda: Small("retry", event=lambda: None),
        {"neighbours"},
        "its name is that of the built-in plugin 'retry', which it replaces without the hook retry; name it otherwise",
    ),
    "no retries for anybody": (stop, {"neighbours"}, "a busy server is not asked again, the call fails with Service"),
    "another text each time": (
        counting,
        {"neighbours", "threads"},
        "the same call again gives another text",
    ),
    "errors of the server swallowed": (
        lambda: Small("p", around_call=around(catch=STTError, result=lambda error: text("sorry"))),
        {"errors"},
        r"a refusal \(400\) comes out as an answer, not as BadRequestError; raise what proceed",
    ),
    "errors of the server translated": (
        lambda: Small("p", around_call=around(catch=APIError, result=translating)),
        {"errors"},
        "a timeout after the request was sent comes out as RuntimeError, not as APITimeoutError",
    ),
    "errors of the connection swallowed": (
        lambda: Small("p", around_call=around(catch=APIError, result=lambda error: text("sorry"))),
        {"errors"},
        "a refused connection comes out as an answer, not as APIConnectionError",
    ),
    "errors of others swallowed": (
        lambda: Small("p", around_call=around(catch=Exception, beside=STTError, result=lambda error: text("sorry"))),
        {"errors"},
        "an error of another plugin's around_attempt comes out as an answer, not as it is",
    ),
    "what may be billed sent again": (
        lambda: Small("p", retry=lambda failure: 0.0 if failure.attempt < 3 else None),
        {"billing"},
        "after a connection that is cut in the answer 3 requests were sent, and each may be billed",
    ),
    "an answer paid for twice": (
        paying_twice,
        {"billing"},
        r"a call that is answered at once sends 2 requests, and each is billed; call proceed\(...\) once, or skip",
    ),
    "two requests at once": (
        sending_at_once,
        {"billing"},
        r"a call that is answered at once sends 2 requests, .* \[asyncio\]",  # in the sync client the second finds it
    ),
    "cancellation swallowed": (
        lambda: Small(
            "p", around_call=around(catch=BaseException, beside=Exception, result=lambda error: text("sorry"))
        ),
        {"cancellation"},
        "cancelled where hook waits a call goes on, to an answer; catch Exception, not BaseException",
    ),
    "interruption swallowed": (
        lambda: Small(
            "p", around_call=around(catch=BaseException, beside=Exception, result=lambda error: text("sorry"))
        ),
        {"cancellation"},
        r"a call that is interrupted \(Ctrl-C\) inside around_call goes on, to an answer; .* \[sync\]",
    ),
    "cancellation turned into an error": (
        lambda: Small("p", around_call=around(catch=BaseException, beside=Exception, result=translating)),
        {"cancellation"},
        "cancelled where hook waits a call goes on, to RuntimeError",
    ),
    "cancellation swallowed by a twin": (
        swallowing_twin,
        {"cancellation"},
        "cancelled where finish waits a call goes on, to an answer",
    ),
    "a call kept on the plugin": (Forgetful, {"threads"}, "8 calls at once get other texts than one after the other"),
    "one call at a time": (Exclusive, {"threads"}, "of 8 calls at once one fails with RuntimeError: busy"),
    "a thread left behind": (
        lambda: Small("p", answer=leaves_a_thread),
        {"leftovers"},
        "its threads exporter still run when the client is closed; end them in close()",
    ),
    "closed but once": (closing_once, {"closing"}, "closing fails with .*; close"),
    "a transcript in a log": (logging_text, {"secrets"}, "the transcript is in a log record; name the call's id"),
    "a transcript in a record's attributes": (logging_extra, {"secrets"}, "the transcript is in a log record"),
    "a transcript in a warning": (warning_text, {"secrets"}, "the transcript is in a warning"),
    "a transcript printed": (printing_text, {"secrets"}, "the transcript is in what it prints"),
    "a transcript in a repr": (Shown, {"secrets"}, "the transcript is in its repr"),
    "audio in a log": (lambda: logging_audio(bytes), {"secrets"}, "the audio is in a log record"),
    "audio in base64 in a log": (lambda: logging_audio(base64.b64encode), {"secrets"}, "the audio is in a log record"),
    "audio in hexadecimal in a log": (lambda: logging_audio(bytes.hex), {"secrets"}, "the audio is in a log record"),
    "options changed in place": (
        lambda: Small("p", prepare_request=lambda call: call.options.update(language="de")),
        {"values"},
        r"what around_call is given is changed in place; return a replace\(...\) of it",
    ),
    "audio changed in place": (
        lambda: Small("p", prepare_audio=shifting_audio),
        {"values"},
        "what prepare_audio is given is changed in place",
    ),
    "a value that can be changed": (
        lambda: Small("p", finish=lambda transcription: Loose(text=transcription.text, model=transcription.model)),
        {"frozen"},
        "around or before finish it returns a tests.testing.broken_plugins.Loose, which can be changed",
    ),
    "settings without a fingerprint": (
        Padded,
        {"fingerprint"},
        "it has settings and changes audio or text, but states no fingerprint; give it an attribute `fingerprint`",
    ),
    "a fingerprint that is no text": (lambda: stating(7), {"fingerprint"}, "its fingerprint is of type int; make it a"),
    "a fingerprint of the instance": (
        lambda: stating(uuid4().hex),
        {"fingerprint"},
        "its fingerprint differs between two instances of equal settings",
    ),
}
