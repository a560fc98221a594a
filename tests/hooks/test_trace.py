"""OPENROUTER_STT_TRACE=1: which plugin did what in which hook of a call, in order, and how long it took."""

from __future__ import annotations

import base64
import io
import re
import sys
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint

from openrouter_stt import APIError, AsyncClient, CallFinished, Client, Event, Transcription, hookimpl
from openrouter_stt._engine import Engine
from openrouter_stt._pipeline import Pipeline
from openrouter_stt._trace import Step
from tests.hooks.small_plugins import Small, adding, answering
from tests.support.clock import Clock
from tests.support.distributions import Install
from tests.support.server import Answer, Server
from tests.support.sounds import WAV
from tests.support.worlds import World


@pytest.fixture(autouse=True)
def _traced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENROUTER_STT_TRACE", "1")


Printed = pytest.CaptureFixture[str]


def steps(report: str) -> list[tuple[str, ...]]:
    """Return hook, plugin and outcome of each line below the headings; hooks inside others are indented."""
    lines = [line[24:] for line in report.splitlines() if re.match(r" +\d", line)]
    return [tuple(re.split(r" {2,}", line.lstrip())) for line in lines]


async def pass_on(value: Any, proceed: Any) -> Any:
    return await proceed(value)


def around_call(function: Any, name: str = "around") -> Small:
    async def around(call: Any, proceed: Any) -> Any:
        return await function(call, proceed)

    return Small(name, around_call=around)


def test_report(world: World, clock: Clock, capsys: Printed) -> None:
    """Each step has its time, and its own time without what it waited for; the first listed is outermost."""

    async def slow(call: Any, proceed: Any) -> Any:
        clock.advance(1)
        answer = await proceed(call)
        clock.advance(2)
        return answer

    def engine(call: Any) -> Transcription:
        clock.advance(0.25)
        return Transcription(text="hello", model="m")

    plugins = [around_call(slow, "slow"), around_call(pass_on, "quick"), Small("engine", answer=engine), adding("!")]
    world.client(plugins=plugins, disable=["logging", "retry"]).transcribe(WAV, model="m")
    assert capsys.readouterr().err == (
        "openrouter-stt trace: a call of 'm' answered by 'engine', requests: 0, 3250.00 ms\n"
        "   total ms     own ms  hook, plugin, outcome\n"
        "    3250.00    3000.00  around_call    'slow'    passed it on\n"
        "     250.00       0.00    around_call  'quick'   passed it on\n"
        "     250.00     250.00      answer     'engine'  answered\n"
        "       0.00       0.00      finish     '!'       changed it\n"
    )


def test_requests_and_retries(world: World, server: Server, clock: Clock, capsys: Printed) -> None:
    """Requests are steps as well; who lets an error through is not said to raise it."""
    server.will(Answer(503))

    async def around_attempt(attempt: Any, proceed: Any) -> Any:
        return await proceed(attempt)

    plugin = Small("p", around_attempt=around_attempt)
    world.client(base_url=server.url, plugins=[plugin], disable=["local"]).transcribe(WAV)
    told = [step for step in steps(capsys.readouterr().err) if "event" not in step[0]]
    assert told == [
        ("encode_audio", "'encoding'", "answered"),
        ("around_attempt", "'p'", "let ServiceUnavailableError through"),
        ("(request)", "the API", "raised ServiceUnavailableError"),
        ("retry", "'retry'", "answered"),
        ("around_attempt", "'p'", "passed it on"),
        ("(request)", "the API", "answered"),
    ]


def test_outcomes(world: World, capsys: Printed, install: Install) -> None:
    """A step tells what came of it, and whose it was."""
    install("silent", "from openrouter_stt import hookimpl\n@hookimpl(tryfirst=True)\ndef answer(call): ...\n")

    async def twice(call: Any, proceed: Any) -> Any:
        await proceed(call)
        return await proceed(call)

    def event(event: Any) -> None:
        raise KeyError("words")

    plugins = [around_call(twice), Small("p", event=event, finish=lambda call: None), answering()]
    driver = world.client(plugins=plugins, autoload=True, disable=["logging", "local", "retry"])
    driver.transcribe(WAV)
    once = [
        ("answer", "'silent' (silent 1.2)", "no answer"),
        ("answer", "'engine'", "answered"),
        ("finish", "'p'", "left it as it is"),
    ]
    assert steps(capsys.readouterr().err) == [
        ("event CallStarted", "'p'", "raised KeyError"),
        ("around_call", "'around'", "passed it on 2 times"),
        *once,
        *once,
        ("event CallFinished", "'p'", "raised KeyError"),
    ]


def test_events_that_are_not_wanted(world: World, capsys: Printed) -> None:
    """An observer that is not told leaves no trace; one that cannot say what it wants does."""

    def wants(plugin: object, kind: type[Event]) -> bool:
        if kind is CallFinished:
            raise KeyError("words")
        return False

    plugins = [Small("p", event=hookimpl(events=wants)(lambda event: None)), answering()]
    world.client(plugins=plugins).transcribe(WAV)
    assert steps(capsys.readouterr().err) == [
        ("answer", "'engine'", "answered"),
        ("event CallFinished", "'p'", "raised KeyError"),
    ]


def test_without_proceed(world: World, capsys: Printed) -> None:
    """A plugin that does not pass a call on is seen to answer by itself."""

    async def skip(call: Any, proceed: Any) -> Any:
        return Transcription(text="skipped", model="m")

    world.client(plugins=[around_call(skip)], disable=["logging", "retry"]).transcribe(WAV)
    assert steps(capsys.readouterr().err) == [("around_call", "'around'", "answered by itself")]


def test_failure(world: World, server: Server, capsys: Printed) -> None:
    """A call that fails has its report, with the kind of the error and the requests that were sent."""
    server.will(Answer(400))
    with pytest.raises(APIError):
        world.client(base_url=server.url).transcribe(WAV, model="m")
    assert "trace: a call of 'm' raised BadRequestError, requests: 1, " in capsys.readouterr().err


def test_nothing_confidential(world: World, server: Server, clock: Clock, capsys: Printed) -> None:
    """Neither the key nor audio, text, options' values or the words of errors are printed."""
    key, words = "sk-or-v1-0123456789", "what was said in confidence"
    server.will(Answer.of(503, {"error": {"code": 503, "message": words}}), Answer.of(200, {"text": words}))

    def event(event: Any) -> None:
        raise KeyError(words)

    driver = world.client(key, base_url=server.url, cache="memory", plugins=[Small("p", event=event)])
    for _ in range(2):
        driver.transcribe(WAV, language="tlh")
    shown = capsys.readouterr().err
    assert shown.count("openrouter-stt trace") == 2
    audio = (repr(WAV[:20]), base64.b64encode(WAV[:30]).decode())
    assert not [secret for secret in (key, words, "tlh", *audio) if secret in shown]


def test_waiting_for_several_at_once() -> None:
    """Time in which at least one `proceed` is waited for counts once."""
    times = iter([0.0, 1.0, 9.0, 10.0])
    step = Step("around_call")
    with step.timed(lambda: next(times)), step.waiting(lambda: next(times)), step.waiting(lambda: next(times)):
        pass
    assert (step.seconds, step.inside, step.proceeded) == (10.0, 8.0, 2)


@pytest.mark.parametrize("value", [None, "0", "off", ""])
def test_switched_off(value: str | None, world: World, monkeypatch: pytest.MonkeyPatch, capsys: Printed) -> None:
    """Without the switch nothing is printed, and calls run on what does not know of traces."""
    monkeypatch.delenv("OPENROUTER_STT_TRACE")
    if value is not None:
        monkeypatch.setenv("OPENROUTER_STT_TRACE", value)
    driver = world.client(plugins=[answering()])
    driver.transcribe(WAV)
    assert capsys.readouterr().err == ""
    pipeline = driver.client._pipeline
    assert (type(pipeline), type(pipeline.engine)) == (Pipeline, Engine)


class Full(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError("no space left")


def closed() -> io.StringIO:
    stream = io.StringIO()
    stream.close()
    return stream


@pytest.mark.parametrize("make", [lambda: None, Full, closed], ids=["none", "full", "closed"])
def test_no_standard_error(world: World, monkeypatch: pytest.MonkeyPatch, make: Any) -> None:
    """A call that was paid for does not fail where nothing can be printed."""
    driver = world.client(plugins=[answering()])
    monkeypatch.setattr(sys, "stderr", make())
    assert driver.transcribe(WAV).text == "hello"


def test_a_call_inside_a_call(world: World, capsys: Printed) -> None:
    """A plugin that asks a client of its own has that call reported by itself."""
    with Client("k", plugins=[answering("inner", name="inner")], autoload=False) as inner:

        async def ask(call: Any, proceed: Any) -> Any:
            inner.transcribe(WAV, model="other")
            return await proceed(call)

        plugins = [around_call(ask), answering(name="outer")]
        world.client(plugins=plugins, disable=["logging", "retry"]).transcribe(WAV, model="m")
    first, second = capsys.readouterr().err.split("openrouter-stt trace: ")[1:3]
    assert ("a call of 'other'" in first, "'outer'" in first) == (True, False)
    assert ("a call of 'm'" in second, "'inner'" in second) == (True, False)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_concurrent_calls(backend: str, capsys: Printed) -> None:
    """Each report holds the steps of its own call."""

    async def in_turns(call: Any, proceed: Any) -> Any:
        await checkpoint()
        answer = await proceed(call)
        await checkpoint()
        return answer

    async def calls() -> None:
        plugins = [around_call(in_turns), answering()]
        client = AsyncClient("k", plugins=plugins, autoload=False, disable=["logging", "retry"])
        async with client, anyio.create_task_group() as tasks:
            for model in ("a", "b", "c"):
                tasks.start_soon(lambda model=model: client.transcribe(WAV, model=model))

    anyio.run(calls, backend=backend)
    reports = capsys.readouterr().err.split("openrouter-stt trace: ")[1:4]
    assert sorted(report.split("'")[1] for report in reports) == ["a", "b", "c"]
    assert [len(steps(report)) for report in reports] == [2, 2, 2]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_cancelled(backend: str, capsys: Printed) -> None:
    """A call that is cancelled has its report too."""

    async def cancelled() -> None:
        with anyio.CancelScope() as scope:

            async def wait(call: Any, proceed: Any) -> Any:
                scope.cancel()
                await call.sleep(60)

            async with AsyncClient("k", plugins=[around_call(wait)], autoload=False) as client:
                await client.transcribe(WAV, model="m")

    anyio.run(cancelled, backend=backend)
    assert re.search(r"trace: a call of 'm' raised Cancelled(Error)?, ", capsys.readouterr().err)


def test_close(world: World, capsys: Printed) -> None:
    """What plugins do when a client is closed is reported as well."""
    driver = world.client(plugins=[Small("p", close=lambda: None)])
    driver.close()
    report = capsys.readouterr().err
    assert report.startswith("openrouter-stt trace: a client closed, ")
    assert steps(report) == [("close", "'p'", "told")]
