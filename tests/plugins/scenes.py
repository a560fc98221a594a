"""All plugins of ours in one order, taken through a story, and what can be seen of them from outside."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import redis
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from openrouter_stt import APIConnectionError, Attempt, Audio, Call, Transcription, hookimpl
from openrouter_stt.testing import Answer, Driver, FakeTransport, SentRequest, tone
from openrouter_stt_plugins.audio_preparation import AudioPreparation
from openrouter_stt_plugins.budget import Budget
from openrouter_stt_plugins.cache import MemoryCache
from openrouter_stt_plugins.circuit_breaker import CircuitBreaker
from openrouter_stt_plugins.otel import OpenTelemetry
from openrouter_stt_plugins.rate_limit import RateLimit
from tests.plugins.first_party import FIRST_PARTY

SECRET, REDACTED = "write to ada@example.com", "write to [EMAIL]"
PER = 10.0  # seconds in which one request may start
ESTIMATE, COST = 2.0, 0.5  # US dollars
TALK, OTHER = tone(seconds=0.5), tone(300.0, seconds=0.5)  # of a length that FLAC makes smaller
BUSY, SAID = Answer.error(503), Answer.text(SECRET, usage={"cost": COST})


class CountedPreparation(AudioPreparation):
    """Notes for which model it is asked."""

    def __init__(self) -> None:
        super().__init__(over=0)
        self.models: list[str] = []

    @hookimpl(blocking=True)
    def prepare_audio(self, audio: Audio, call: Call) -> Audio | None:
        self.models.append(call.model)
        return super().prepare_audio(audio, call)


class Scene:
    """Plugins in an order that `draw` decides; `play` takes them through the story."""

    def __init__(self, draw: random.Random, folder: Path, redis_url: str) -> None:
        provider, self._spans = TracerProvider(shutdown_on_exit=False), InMemorySpanExporter()
        provider.add_span_processor(SimpleSpanProcessor(self._spans))
        self.reserved: list[tuple[str, int]] = []  # model and number of the attempts that the budget sees
        self.budget = Budget(100, estimate=self._estimate)
        self.preparation = CountedPreparation()
        self._folder, self._memory, self._redis = folder, MemoryCache(), redis.Redis.from_url(redis_url)
        self._redis.flushdb()
        made = {what: make(folder, redis_url) for what, make in FIRST_PARTY.items()} | {
            "audio_preparation": self.preparation,
            "budget": self.budget,
            "cache, memory": self._memory,
            "circuit_breaker": CircuitBreaker(failures=3, recovery=1000),
            "otel": OpenTelemetry(provider),
            "rate_limit": RateLimit(requests=1, per=PER),
        }
        del made[draw.choice(["cache, disk", "cache, memory"])]  # a client has one of a name
        self.plugins = {what: made[what] for what in draw.sample(sorted(made), len(made))}
        script = [BUSY, BUSY, BUSY, BUSY, SAID, Answer.reset()]
        self.transport = FakeTransport(*(partial(self._answer, answer) for answer in script))
        self.starts: list[float] = []

    def play(self, driver: Driver) -> None:
        """Make a call that falls back on another model, the same again, and one whose connection breaks."""
        self.spent: list[float] = []
        self.results: list[Transcription] = []
        for _ in range(2):
            self.results.append(driver.transcribe(TALK, model="a"))
            self.spent.append(self.budget.spent)
        with suppress(APIConnectionError):
            driver.transcribe(OTHER, model="c")
        self.spent.append(self.budget.spent)

    @property
    def requests(self) -> list[SentRequest]:
        return self.transport.requests

    @property
    def call_spans(self) -> list[ReadableSpan]:
        return [span for span in self._spans.get_finished_spans() if span.name != "POST"]

    @property
    def request_spans(self) -> list[ReadableSpan]:
        return [span for span in self._spans.get_finished_spans() if span.name == "POST"]

    def kept(self) -> list[str]:
        """Return what the caches hold."""
        found = [answer.text for answer, _ in self._memory._kept.values()]
        found += [str(self._redis.get(key)) for key in self._redis.scan_iter()]
        if (database := self._folder / "answers.sqlite3").exists():
            with closing(sqlite3.connect(database)) as opened:
                found += [row[0] for row in opened.execute("SELECT answer FROM answers")]
        return found

    def _estimate(self, attempt: Attempt) -> float:
        self.reserved.append((attempt.call.model, attempt.number))
        return ESTIMATE

    def _answer(self, answer: Answer, request: SentRequest) -> Answer:
        self.starts.append(self.transport.clock.now)
        return answer
