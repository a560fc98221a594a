"""Trace and measure calls with OpenTelemetry, by its semantic conventions for generative AI and for HTTP.

Nothing recorded holds audio, text, the key, or a message of the server, which may repeat any of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from openrouter_stt import (
    APIStatusError,
    Attempt,
    Call,
    ConfigurationError,
    HookSpecs,
    Proceed,
    ProceedAttempt,
    STTError,
    Transcription,
    Usage,
    __version__,
    hookimpl,
)

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import Span, TracerProvider

OPERATION: Final = "speech_to_text"  # proposed for the conventions, which have no name for it yet
SECONDS: Final = tuple(0.01 * 2**power for power in range(14))  # bounds of buckets, as the conventions want them
TOKENS: Final = tuple(4**power for power in range(14))

Facts = dict[str, str | int | float]


class OpenTelemetry(HookSpecs):
    """Makes a span for each call, one inside it for each request, and metrics of time, tokens and cost.

    Spans go to `tracer_provider` and metrics to `meter_provider`, by default the global ones. Raises
    `ConfigurationError` where opentelemetry-api is not installed.
    """

    name = "otel"

    def __init__(
        self, tracer_provider: TracerProvider | None = None, meter_provider: MeterProvider | None = None
    ) -> None:
        try:
            from opentelemetry import metrics, trace
        except ImportError:
            raise ConfigurationError('traces need opentelemetry-api: install "openrouter-stt[otel]"') from None
        self._tracer = trace.get_tracer("openrouter_stt", __version__, tracer_provider)
        meter = metrics.get_meter("openrouter_stt", __version__, meter_provider)
        self._duration = meter.create_histogram(
            "gen_ai.client.operation.duration", "s", "Duration of a call", explicit_bucket_boundaries_advisory=SECONDS
        )
        self._tokens = meter.create_histogram(
            "gen_ai.client.token.usage", "{token}", "Tokens paid for", explicit_bucket_boundaries_advisory=TOKENS
        )
        self._cost = meter.create_counter("openrouter_stt.client.cost", "{USD}", "Cost of calls in US dollars")

    @hookimpl
    async def around_call(self, call: Call, proceed: Proceed) -> Transcription:
        facts: Facts = {
            "gen_ai.operation.name": OPERATION,
            "gen_ai.provider.name": "openrouter",
            "gen_ai.request.model": call.model,
            **_address(call),
        }
        started = perf_counter()
        with self._span(f"{OPERATION} {call.model}", facts) as span:
            try:
                result = await proceed(call)
                facts["gen_ai.response.model"] = result.model
            except BaseException as error:
                facts["error.type"] = _error_type(error)
                raise
            finally:
                self._duration.record(perf_counter() - started, facts)
            self._count_paid(result, facts)
            span.set_attributes({**facts, **_result_facts(result)})
            return result

    @hookimpl(trylast=True)  # inside of plugins that hold requests back: no span for what was not sent
    async def around_attempt(self, attempt: Attempt, proceed: ProceedAttempt) -> Transcription:
        facts = {"http.request.method": "POST", "gen_ai.request.model": attempt.call.model, **_address(attempt.call)}
        if attempt.number > 1:
            facts["http.request.resend_count"] = attempt.number - 1
        with self._span("POST", facts) as span:
            try:
                return await proceed(attempt)
            except APIStatusError as error:
                span.set_attribute("http.response.status_code", error.status)
                raise

    @contextmanager
    def _span(self, name: str, facts: Facts) -> Iterator[Span]:
        """Make a span the current one; an error is on it by its type, since its message may repeat what was said."""
        from opentelemetry.trace import SpanKind, StatusCode

        with self._tracer.start_as_current_span(
            name, kind=SpanKind.CLIENT, attributes=facts, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield span
            except BaseException as error:  # a cancelled call has ended, too
                span.set_status(StatusCode.ERROR)
                span.set_attribute("error.type", _error_type(error))
                if isinstance(error, STTError):
                    span.set_attribute("openrouter_stt.maybe_billed", error.maybe_billed)
                raise

    def _count_paid(self, result: Transcription, facts: Facts) -> None:
        if result.usage is None or result.source == "cache":  # what is in a cache was paid for before
            return
        for kind, tokens in (("input", result.usage.input_tokens), ("output", result.usage.output_tokens)):
            if tokens is not None:
                self._tokens.record(tokens, {**facts, "gen_ai.token.type": kind})
        if result.usage.cost is not None:
            self._cost.add(result.usage.cost, facts)


def _address(call: Call) -> Facts:
    url = urlsplit(call.base_url)
    return {"server.address": url.hostname or "", "server.port": url.port or (443 if url.scheme == "https" else 80)}


def _result_facts(result: Transcription) -> Facts:
    usage = result.usage or Usage()
    facts = {
        "gen_ai.response.id": result.generation_id,
        "gen_ai.usage.input_tokens": usage.input_tokens,
        "gen_ai.usage.output_tokens": usage.output_tokens,
        "openrouter_stt.attempts": result.attempts,
        "openrouter_stt.source": result.source,
        "openrouter_stt.usage.cost": usage.cost,
        "openrouter_stt.usage.seconds": usage.seconds,
    }
    return {name: value for name, value in facts.items() if value is not None}


def _error_type(error: BaseException) -> str:
    if isinstance(error, APIStatusError):
        return str(error.status)
    return f"{type(error).__module__}.{type(error).__qualname__}"
