"""Plugins that the checks put beside the one under test."""

from __future__ import annotations

import contextlib
import threading
from copy import deepcopy
from types import SimpleNamespace
from typing import Any, Final

from ..._audio import Audio
from ..._hookspecs import HookSpecs
from ..._markers import hookimpl
from ..._registry import contracts
from ..._values import Attempt, Call, Proceed, ProceedAttempt, Transcription

LONGEST_MEETING: Final = 0.2  # seconds; a plugin may let one call through at a time


def failing(hook: str, error: BaseException) -> tuple[object, list[str]]:
    """Make a plugin that raises `error` in a hook, and a list in which it notes that it was asked."""
    asked: list[str] = []

    def raises() -> Any:
        asked.append(hook)
        raise error

    async def raises_around() -> Any:
        raises()

    function = raises_around if contracts()[hook][0].kind == "around" else raises
    return SimpleNamespace(name="kit-neighbour", **{hook: hookimpl(function)}), asked


class Spy(HookSpecs):
    """Keeps the values that pass, each with what it was then."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.seen: list[tuple[str, Any, object]] = []

    def changed(self) -> list[str]:
        """Name the hooks whose values are no longer what they were."""
        return [hook for hook, value, then in self.seen if snapshot(value) != then]

    @hookimpl
    async def around_call(self, call: Call, proceed: Proceed) -> Transcription:
        self._see("around_call", call)
        return await proceed(call)

    @hookimpl
    def prepare_request(self, call: Call) -> None:
        self._see("prepare_request", call)

    @hookimpl
    def prepare_audio(self, audio: Audio, call: Call) -> None:
        self._see("prepare_audio", audio)

    @hookimpl
    def encode_audio(self, audio: Audio, call: Call) -> None:
        self._see("encode_audio", audio)

    @hookimpl
    async def around_attempt(self, attempt: Attempt, proceed: ProceedAttempt) -> Transcription:
        self._see("around_attempt", attempt)
        return await proceed(attempt)

    @hookimpl
    def finish(self, call: Call, transcription: Transcription) -> None:
        self._see("finish", transcription)

    def _see(self, hook: str, value: object) -> None:
        self.seen.append((hook, value, snapshot(value)))


def snapshot(value: Any) -> object:
    """Copy what there is to a value, its audio as a digest."""
    if isinstance(value, Audio):
        return (value.name, value.format, value.duration, value.pcm, value.digest())
    if isinstance(value, Call):
        return (value.model, deepcopy(dict(value.options)), value.format, snapshot(value.audio))
    if isinstance(value, Attempt):
        return (value.number, value.size, value.format, snapshot(value.call))
    return deepcopy(value.to_dict())


class Meeting(HookSpecs):
    """Holds each call at each stage until all of them are there, so that they are there at once."""

    name = "kit-meeting"

    def __init__(self, calls: int) -> None:
        self._barriers = {name: threading.Barrier(calls) for name in ("request", "audio", "attempt", "finish")}

    @hookimpl(blocking=True)
    def prepare_request(self, call: Call) -> None:
        self._meet("request")

    @hookimpl(blocking=True)
    def prepare_audio(self, audio: Audio, call: Call) -> None:
        self._meet("audio")

    @hookimpl
    async def around_attempt(self, attempt: Attempt, proceed: ProceedAttempt) -> Transcription:
        await attempt.call.blocking(self._meet, "attempt")
        return await proceed(attempt)

    @hookimpl(blocking=True)
    def finish(self, call: Call, transcription: Transcription) -> None:
        self._meet("finish")

    def _meet(self, stage: str) -> None:
        with contextlib.suppress(threading.BrokenBarrierError):
            self._barriers[stage].wait(LONGEST_MEETING)
