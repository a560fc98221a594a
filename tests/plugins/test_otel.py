"""OpenTelemetry: which spans and metrics a call leaves, how they nest, and what is never in them."""

from __future__ import annotations

import base64
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import pytest
from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from openrouter_stt import (
    APIConnectionError,
    APIStatusError,
    AsyncClient,
    Client,
    ConfigurationError,
    Transcription,
    hookimpl,
)
from openrouter_stt_plugins.otel import OpenTelemetry
from tests.hooks.small_plugins import Small, answering
from tests.support.clock import Clock
from tests.support.server import Answer, Server, unused_port
from tests.support.sounds import WAV, wav
from tests.support.worlds import World

MODEL = "openai/whisper-1"
WORDS, COMPLAINT = "said in confidence", "the server quotes you"
USAGE = {"input_tokens": 7, "output_tokens": 3, "cost": 0.25, "seconds": 1.5}
SAID = Answer.of(200, {"text": WORDS, "usage": USAGE}, x_generation_id="gen-1")
BUSY = Answer.of(503, {"error": {"code": 503, "message": COMPLAINT}})


class Telemetry:
    """The plugin with what it recorded, in memory."""

    def __init__(self) -> None:
        self.exporter, self.reader = InMemorySpanExporter(), InMemoryMetricReader()
        self.tracers = TracerProvider()
        self.tracers.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.plugin = OpenTelemetry(self.tracers, MeterProvider([self.reader]))

    @property
    def spans(self) -> list[ReadableSpan]:
        """Spans in the order in which they began."""
        return sorted(self.exporter.get_finished_spans(), key=lambda span: span.start_time or 0)

    def points(self, name: str) -> list[Any]:
        """Return the data points of a metric."""
        data = self.reader.get_metrics_data()
        metrics = data.resource_metrics[0].scope_metrics[0].metrics if data else []
        return [point for metric in metrics if metric.name == name for point in metric.data.data_points]


@pytest.fixture
def telemetry() -> Telemetry:
    return Telemetry()


def facts(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


def parent(span: ReadableSpan) -> int | None:
    return span.parent.span_id if span.parent else None


def test_a_call_and_its_request(world: World, server: Server, telemetry: Telemetry) -> None:
    """The call's span has the facts of the answer, the request's, inside it, those of the exchange."""
    server.will(SAID)
    world.client(base_url=server.url, plugins=[telemetry.plugin]).transcribe(WAV, language="en")
    call, request = telemetry.spans
    address = {"server.address": "127.0.0.1", "server.port": server.server_address[1]}
    assert facts(call) == {
        "gen_ai.operation.name": "speech_to_text",
        "gen_ai.provider.name": "openrouter",
        "gen_ai.request.model": MODEL,
        "gen_ai.response.model": MODEL,
        "gen_ai.response.id": "gen-1",
        "gen_ai.usage.input_tokens": 7,
        "gen_ai.usage.output_tokens": 3,
        "openrouter_stt.attempts": 1,
        "openrouter_stt.source": "network",
        "openrouter_stt.usage.cost": 0.25,
        "openrouter_stt.usage.seconds": 1.5,
        **address,
    }
    assert facts(request) == {"http.request.method": "POST", "gen_ai.request.model": MODEL, **address}
    assert (call.name, request.name) == (f"speech_to_text {MODEL}", "POST")
    assert (call.kind, request.kind) == (trace.SpanKind.CLIENT, trace.SpanKind.CLIENT)


def test_retries_are_spans_of_one_call(world: World, server: Server, clock: Clock, telemetry: Telemetry) -> None:
    """Each request has its own span, with its status and its number; the call that succeeds is no error."""
    server.will(BUSY, BUSY, SAID)
    world.client(base_url=server.url, plugins=[telemetry.plugin]).transcribe(WAV)
    call, *requests = telemetry.spans
    assert [parent(request) for request in requests] == [call.context.span_id] * 3
    assert [facts(request).get("http.request.resend_count") for request in requests] == [None, 1, 2]
    assert [facts(request).get("http.response.status_code") for request in requests] == [503, 503, None]
    assert [facts(request).get("error.type") for request in requests] == ["503", "503", None]
    assert [span.status.is_ok for span in telemetry.spans] == [True, False, False, True]


def test_a_failed_call(world: World, telemetry: Telemetry) -> None:
    """Spans and the metric of the duration say which error it was, and whether it may be billed."""
    client = world.client(base_url=f"http://127.0.0.1:{unused_port()}", plugins=[telemetry.plugin], disable=["retry"])
    with pytest.raises(APIConnectionError):
        client.transcribe(WAV)
    for span in telemetry.spans:
        assert facts(span)["error.type"] == "openrouter_stt.APIConnectionError"
        assert facts(span)["openrouter_stt.maybe_billed"] is False
        assert (span.status.is_ok, span.status.description, span.events) == (False, None, ())
    (point,) = telemetry.points("gen_ai.client.operation.duration")
    assert point.attributes["error.type"] == "openrouter_stt.APIConnectionError"


def test_an_error_of_a_plugin(world: World, telemetry: Telemetry) -> None:
    """An error that is not the library's own is named with its module."""

    def finish() -> None:
        raise LookupError(WORDS)

    with pytest.raises(LookupError):
        world.client(plugins=[telemetry.plugin, answering(), Small("p", finish=finish)]).transcribe(WAV)
    (call,) = telemetry.spans
    assert facts(call)["error.type"] == "builtins.LookupError"
    assert "openrouter_stt.maybe_billed" not in facts(call)


def test_metrics(world: World, server: Server, telemetry: Telemetry) -> None:
    """Time, tokens and cost are counted by model and server, in the buckets that the conventions want."""
    server.will(SAID, SAID)
    client = world.client(base_url=server.url, plugins=[telemetry.plugin])
    for _ in range(2):
        client.transcribe(WAV)
    (duration,) = telemetry.points("gen_ai.client.operation.duration")
    tokens = {point.attributes["gen_ai.token.type"]: point for point in telemetry.points("gen_ai.client.token.usage")}
    (cost,) = telemetry.points("openrouter_stt.client.cost")
    assert (duration.count, tokens["input"].sum, tokens["output"].sum, cost.value) == (2, 14, 6, 0.5)
    assert (duration.explicit_bounds[1], duration.explicit_bounds[-1]) == pytest.approx((0.02, 81.92))
    assert tokens["input"].explicit_bounds[:3] == (1, 4, 16)
    genai = {f"gen_ai.{name}" for name in ("operation.name", "provider.name", "request.model", "response.model")}
    assert set(cost.attributes) == genai | {"server.address", "server.port"}


def test_what_was_paid_for_before_is_not_counted_again(world: World, server: Server, telemetry: Telemetry) -> None:
    """An answer from a cache makes a span without a request, and costs nothing."""
    server.will(SAID)
    client = world.client(base_url=server.url, plugins=[telemetry.plugin], cache="memory")
    for _ in range(2):
        client.transcribe(WAV)
    assert [facts(span).get("openrouter_stt.source") for span in telemetry.spans] == ["network", None, "cache"]
    (cost,) = telemetry.points("openrouter_stt.client.cost")
    assert cost.value == 0.25


def test_an_answer_without_usage(world: World, server: Server, telemetry: Telemetry) -> None:
    """What the server does not say is not recorded, and not recorded as 0 either."""
    server.will(Answer.of(200, {"text": "a"}), Answer.of(200, {"text": "b", "usage": {"seconds": 1.0}}))
    client = world.client(base_url=server.url, plugins=[telemetry.plugin])
    for _ in range(2):
        client.transcribe(WAV)
    assert telemetry.points("gen_ai.client.token.usage") == telemetry.points("openrouter_stt.client.cost") == []
    assert not [name for name in facts(telemetry.spans[0]) if ".usage." in name]


@pytest.mark.parametrize(
    ("base_url", "address", "port"),
    [
        ("https://stt.example/v1", "stt.example", 443),
        ("http://[::1]:8080", "::1", 8080),
        ("http://localhost", "localhost", 80),
    ],
)
def test_address(world: World, telemetry: Telemetry, base_url: str, address: str, port: int) -> None:
    """The server's address and port come from the base URL, also where it leaves the port to its scheme."""
    world.client(base_url=base_url, plugins=[telemetry.plugin, answering()]).transcribe(WAV)
    assert (facts(telemetry.spans[0])["server.address"], facts(telemetry.spans[0])["server.port"]) == (address, port)


def test_spans_nest_in_the_caller_s(world: World, server: Server, telemetry: Telemetry) -> None:
    """The call's span is inside the span that is current where it is made, and is current where other plugins run."""
    inside: list[int] = []

    async def around_attempt(attempt: Any, proceed: Any) -> Any:
        await attempt.call.blocking(lambda: inside.append(trace.get_current_span().get_span_context().span_id))
        return await proceed(attempt)

    client = world.client(base_url=server.url, plugins=[telemetry.plugin, Small("p", around_attempt=around_attempt)])
    with telemetry.tracers.get_tracer("application").start_as_current_span("page") as page:
        client.transcribe(WAV)
        assert trace.get_current_span() is page
    application, call, request = telemetry.spans
    assert (parent(call), parent(request)) == (application.context.span_id, call.context.span_id)
    assert inside == [call.context.span_id]


def pairs(telemetry: Telemetry) -> list[tuple[str, str]]:
    """Return the model of each request with that of the call it is inside, in order."""
    models = {span.context.span_id: facts(span)["gen_ai.request.model"] for span in telemetry.spans}
    requests = [span for span in telemetry.spans if span.name == "POST"]
    return sorted((models[span.context.span_id], models[parent(span) or 0]) for span in requests)


def test_concurrent_calls_in_threads(server: Server, telemetry: Telemetry) -> None:
    """Calls of one client in several threads at once do not mix."""
    together = threading.Barrier(4)
    server.will(*[Answer(meanwhile=lambda: together.wait(10)) for _ in range(4)])
    with (
        Client("key", base_url=server.url, plugins=[telemetry.plugin], autoload=False) as client,
        ThreadPoolExecutor(4) as pool,
    ):
        list(pool.map(lambda number: client.transcribe(WAV, model=f"m{number}"), range(4)))
    assert pairs(telemetry) == [("m0", "m0"), ("m1", "m1"), ("m2", "m2"), ("m3", "m3")]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_concurrent_calls_in_tasks(server: Server, telemetry: Telemetry, backend: str) -> None:
    """Calls of one client in several tasks at once do not mix."""
    together = threading.Barrier(4)
    server.will(*[Answer(meanwhile=lambda: together.wait(10)) for _ in range(4)])

    async def main() -> None:
        async with (
            AsyncClient("key", base_url=server.url, plugins=[telemetry.plugin], autoload=False) as client,
            anyio.create_task_group() as tasks,
        ):
            for number in range(4):
                tasks.start_soon(lambda name: client.transcribe(WAV, model=name), f"m{number}")

    anyio.run(main, backend=backend)
    assert pairs(telemetry) == [("m0", "m0"), ("m1", "m1"), ("m2", "m2"), ("m3", "m3")]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_cancelled_call(server: Server, telemetry: Telemetry, backend: str) -> None:
    """Its spans end as errors, named after what the event loop raises."""

    async def main() -> None:
        @hookimpl(trylast=True)  # and listed first: so it is inside of the request's span
        async def around_attempt() -> Transcription:
            scope.cancel()
            await anyio.sleep_forever()

        plugins = [Small("p", around_attempt=around_attempt), telemetry.plugin]
        async with AsyncClient("key", base_url=server.url, plugins=plugins, autoload=False) as client:
            with anyio.CancelScope() as scope:
                await client.transcribe(WAV, model="m")

    anyio.run(main, backend=backend)
    assert [str(facts(span)["error.type"]).rpartition(".")[2] for span in telemetry.spans] == [
        "CancelledError" if backend == "asyncio" else "Cancelled"
    ] * 2


def test_nothing_confidential(world: World, server: Server, clock: Clock, telemetry: Telemetry) -> None:
    """Neither spans nor metrics hold text, the key, or the server's words."""
    server.will(SAID, BUSY, BUSY, BUSY)
    client = world.client("sk-secret", base_url=server.url, plugins=[telemetry.plugin])
    client.transcribe(WAV)
    with pytest.raises(APIStatusError):
        client.transcribe(wav(bytes(800)), language="en")
    written = "".join(span.to_json() for span in telemetry.spans) + str(telemetry.reader.get_metrics_data())
    secrets = (WORDS, COMPLAINT, "sk-secret", repr(WAV[:20]), base64.b64encode(WAV[:30]).decode())
    assert not [secret for secret in secrets if secret in written]


def test_without_a_provider(world: World) -> None:
    """Where the application sets up no telemetry, nothing is recorded and calls work."""
    assert world.client(plugins=[OpenTelemetry, answering("hi")]).transcribe(WAV).text == "hi"


def test_without_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """The module can be imported without OpenTelemetry; making the plugin says what to install."""
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(ConfigurationError, match=r'install "openrouter-stt\[otel\]"'):
        OpenTelemetry()
