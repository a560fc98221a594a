"""Plugins as they should be, which break nothing."""

from __future__ import annotations

import threading
from typing import Any

from anyio.lowlevel import checkpoint

from openrouter_stt import (
    STOP,
    APIConnectionError,
    Attempt,
    Audio,
    Call,
    Event,
    Failure,
    HookSpecs,
    Proceed,
    ProceedAttempt,
    Stop,
    Transcription,
    hookimpl,
)


class Redactor(HookSpecs):
    """Changes text by settings, and states them."""

    name = "redactor"

    def __init__(self, word: str = "heard") -> None:
        self.fingerprint = word

    @hookimpl
    def finish(self, call: Call, transcription: Transcription) -> Transcription:
        return transcription.replace(text=transcription.text.replace(self.fingerprint, "***"))


class Trim(HookSpecs):
    """Changes audio without settings, in a worker thread."""

    name = "trim"

    @hookimpl(blocking=True)
    def prepare_audio(self, audio: Audio, call: Call) -> Audio:
        return Audio.from_bytes(audio.read()[:-2], name=audio.name)


class Samples(HookSpecs):
    """Sends what no client could send without it; the rate of the samples is its setting, and stated."""

    name = "samples"

    def __init__(self, rate: int = 8_000) -> None:
        self.rate = rate
        self.fingerprint = str(rate)

    @hookimpl
    def prepare_audio(self, audio: Audio, call: Call) -> Audio | None:
        headless = (audio.name or "").endswith(".s16")
        return Audio.from_pcm(audio, sample_rate=self.rate) if headless else None


class RateLimit(HookSpecs):
    """Has settings, but changes no text; waits, and lets one request through at a time."""

    name = "rate-limit"

    def __init__(self, seconds: float = 5.0) -> None:
        self.seconds = seconds
        self._lock = threading.Lock()

    @hookimpl
    async def around_attempt(self, attempt: Attempt, proceed: ProceedAttempt) -> Transcription:
        with self._lock:
            wait = self.seconds
        await attempt.call.sleep(wait)
        return await proceed(attempt)


class Engine(HookSpecs):
    """Answers by itself, so that nothing reaches the server."""

    name = "engine"

    @hookimpl(blocking=True)
    def answer(self, call: Call) -> Transcription | None:
        return Transcription(text=f"{call.audio.digest()} here", model=call.model) if call.model == "mine" else None


class Twins(HookSpecs):
    """Does input and output in each client's own way, and ends what it began."""

    name = "twins"

    @hookimpl
    def event(self, event: Event) -> None: ...

    @hookimpl(specname="event")
    async def event_async(self, event: Event) -> None:
        await checkpoint()

    @hookimpl
    async def around_call(self, call: Call, proceed: Proceed) -> Transcription:
        (result,) = await call.gather(proceed(call))
        return result


class Longest(HookSpecs):
    """Changes text by settings, outside of caches."""

    name = "longest"

    def __init__(self, models: tuple[str, ...] = ("a", "b")) -> None:
        self.models = models

    @hookimpl
    async def around_call(self, call: Call, proceed: Proceed) -> Transcription:
        answers = await call.gather(*(proceed(call.replace(model=model)) for model in self.models))
        return max(answers, key=lambda answer: answer.text)


class Patient(HookSpecs):
    """Has opinions on retries that harm nobody."""

    name = "patient"

    @hookimpl
    def retry(self, failure: Failure) -> float | Stop | None:
        if isinstance(failure.error, APIConnectionError):
            return STOP
        return None


SAMPLES = [(f"{number}.s16", bytes([number, 7]) * 100) for number in range(8)]
GOOD: list[tuple[Any, dict[str, Any]]] = [
    (Redactor, {}),
    (Trim, {}),
    (Samples, {"sources": SAMPLES}),
    (RateLimit, {}),
    (Engine, {"model": "mine"}),
    (Twins, {}),
    (Longest, {"skip": {"billing": "it asks two models, and each is paid for"}}),
    (Patient, {}),
]
