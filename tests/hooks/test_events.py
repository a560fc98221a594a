"""What observers are told, in which order, and what they are never told."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from openrouter_stt import (
    APIError,
    AsyncClient,
    AttemptStarted,
    Audio,
    CacheHit,
    CallFinished,
    CallStarted,
    Event,
    RetryScheduled,
    Transcription,
    hookimpl,
)
from tests.hooks.small_plugins import Observer, Small, answering, notes
from tests.support.clock import Clock
from tests.support.server import Answer, Server
from tests.support.sounds import WAV
from tests.support.worlds import World

KEY, WORDS = "sk-or-v1-0123456789", "what was said in confidence"
SAID = Answer.of(200, {"text": WORDS, "usage": {"seconds": 1.5, "cost": 0.25}})


def backup(failure: Any) -> Any:
    return failure.call.replace(model="backup") if failure.call.model != "backup" else None


def engine(call: Any) -> Any:
    return Transcription(text=WORDS, model="backup") if call.model == "backup" else None


Story = tuple[list[Answer], dict[str, Callable[..., Any]], int, list[str]]

STORIES: dict[str, Story] = {
    "plugin": ([], {"answer": lambda call: Transcription(text=WORDS, model="m")}, 1, ["CallStarted", "CallFinished"]),
    "network": ([SAID], {}, 1, ["CallStarted", "AttemptStarted", "CallFinished"]),
    "retry": (
        [Answer(503), SAID],
        {},
        1,
        ["CallStarted", "AttemptStarted", "AttemptFailed", "RetryScheduled", "AttemptStarted", "CallFinished"],
    ),
    "cache": ([SAID], {}, 2, ["CallStarted", "CacheHit", "CallFinished"]),
    "fallback": (
        [Answer(400)],
        {"fallback": backup, "answer": engine},
        1,
        ["CallStarted", "AttemptStarted", "AttemptFailed", "FallbackChosen", "CallFinished"],
    ),
    "failure": (
        [Answer.of(400, {"error": {"code": 400, "message": f"cannot say {WORDS}"}})],
        {},
        1,
        ["CallStarted", "AttemptStarted", "AttemptFailed", "CallFailed"],
    ),
}


def told(world: World, server: Server, story: str) -> list[Event]:
    """Run a story and return what an observer is told of its last call."""
    answers, hooks, calls, _ = STORIES[story]
    server.will(*answers)
    observer = Observer()
    plugins = [observer, Small("p", **hooks)] if hooks else [observer]
    driver = world.client(KEY, base_url=server.url, cache="memory", plugins=plugins)
    for _ in range(calls):
        observer.events.clear()
        try:
            driver.transcribe(WAV, model="m", language="en")
        except APIError:
            assert story == "failure"
    return observer.events


@pytest.mark.parametrize("story", STORIES)
def test_sequence(world: World, server: Server, clock: Clock, story: str) -> None:
    """Observers are told of each step of a call, in order, and by one id."""
    events = told(world, server, story)
    assert [type(event).__name__ for event in events] == STORIES[story][3]
    assert len({event.call_id for event in events}) == 1


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (CallFinished, ["CallFinished"]),
        (Event, ["CallStarted", "CacheHit", "CallFinished"]),
        ((CacheHit, RetryScheduled, CallFinished), ["CacheHit", "CallFinished"]),
        (lambda plugin, kind: plugin.name == "p" and kind is not CacheHit, ["CallStarted", "CallFinished"]),
        ((), []),
    ],
    ids=["class", "base class", "tuple", "function", "none"],
)
def test_those_that_are_wanted(world: World, wanted: Any, told: list[str]) -> None:
    """An observer is told the events for which it is marked; a function that says which is asked of each."""
    events: list[str] = []

    @hookimpl(events=wanted)
    def event(event: Event) -> None:
        events.append(type(event).__name__)

    driver = world.client(plugins=[Small("p", event=event), answering()], cache="memory")
    driver.transcribe(WAV)
    events.clear()
    driver.transcribe(WAV)
    assert events == told


def test_what_nobody_wants_is_not_made(
    world: World, server: Server, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Built-in observers want nothing of a call that goes well, until there is a retry to be given back."""
    made: list[str] = []

    def noting(init: Callable[..., None]) -> Callable[..., None]:
        def noted(event: Event, **facts: Any) -> None:
            made.append(type(event).__name__)
            init(event, **facts)

        return noted

    for kind in (CallStarted, AttemptStarted, CacheHit, CallFinished):
        monkeypatch.setattr(kind, "__init__", noting(kind.__init__))
    observer = Small("p", event=hookimpl(events=CacheHit)(lambda event: None))
    driver = world.client(base_url=server.url, plugins=[observer], cache="memory")
    for _ in range(2):
        driver.transcribe(WAV)
    assert made == ["CacheHit"]
    server.will(Answer(503), SAID)
    driver.transcribe(WAV, model="other")
    assert made == ["CacheHit", "CallFinished"]


def test_each_is_asked_once(world: World) -> None:
    """A function that says what is wanted is asked once for each event, made or not, and gets the plugin."""
    asked: list[tuple[object, str]] = []

    def wants(plugin: object, kind: type[Event]) -> bool:
        asked.append((plugin, kind.__name__))
        return kind is CallFinished

    plugin = Small("p", event=hookimpl(events=wants)(lambda event: None))
    world.client(plugins=[plugin, answering()]).transcribe(WAV)
    assert asked == [(plugin, "CallStarted"), (plugin, "CallFinished")]


def test_twins_and_threads_are_told_what_they_want(world: World) -> None:
    """Each function has a mark of its own, those that wait as well."""
    told: list[str] = []

    class Twins:
        name = "twins"

        @hookimpl(events=CallStarted)
        def event(self, event: Event) -> None:
            told.append(f"def {type(event).__name__}")

        @hookimpl(specname="event", events=CallFinished)
        async def event_async(self, event: Event) -> None:
            told.append(f"async def {type(event).__name__}")

    slow = Small("slow", event=hookimpl(blocking=True, events=CallFinished)(lambda event: told.append("slow")))
    world.client(plugins=[Twins(), slow, answering()]).transcribe(WAV)
    own = ["def CallStarted"] if world.name == "sync" else ["async def CallFinished"]
    assert told == [*own, "slow"]


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize(("raised", "shown"), [(LookupError, LookupError), (StopIteration, RuntimeError)])
def test_a_plugin_that_cannot_say_what_it_wants(
    world: World,
    caplog: pytest.LogCaptureFixture,
    strict: bool,
    raised: type[Exception],
    shown: type[Exception],
) -> None:
    """Such an error is one of the hook itself: it is logged and passed over, or raised with blame."""

    def wants(plugin: object, kind: type[Event]) -> bool:
        raise raised(kind)

    plugins = [Small("p", event=hookimpl(events=wants)(lambda event: None)), observer := Observer(), answering()]
    driver = world.client(plugins=plugins, strict=strict)
    if strict:
        with pytest.raises(shown) as caught:
            driver.transcribe(WAV)
        assert notes(caught.value) == ["raised in plugin 'p', hook event"]
        return
    driver.transcribe(WAV)
    assert [type(event).__name__ for event in observer.events] == ["CallStarted", "CallFinished"]
    warned = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warned == [f"plugin 'p', hook event failed with {shown.__name__} and was passed over; strict=True raises it"]


@pytest.mark.parametrize("story", STORIES)
def test_nothing_confidential(world: World, server: Server, clock: Clock, story: str) -> None:
    """No event shows text, audio or the key."""
    shown = repr(told(world, server, story))
    assert not [
        secret for secret in (KEY, WORDS, repr(WAV[:20]), base64.b64encode(WAV[:30]).decode()) if secret in shown
    ]


def test_finished_tells_the_result(world: World, server: Server, clock: Clock) -> None:
    """The last event of a call tells where the answer came from, how long it is and what it cost."""
    (finished,) = [event for event in told(world, server, "retry") if isinstance(event, CallFinished)]
    assert (finished.source, finished.attempts, finished.characters) == ("network", 2, len(WORDS))
    assert finished.usage is not None
    assert finished.usage.cost == 0.25
    assert finished.seconds == pytest.approx(sum(clock.waits))


def test_retry_tells_the_wait(world: World, server: Server, clock: Clock) -> None:
    """The event of a retry tells the number of the request to come and the seconds until then."""
    server.will(Answer(503, headers={"Retry-After": "7"}))
    observer = Observer()
    world.client(base_url=server.url, plugins=[observer]).transcribe(WAV)
    (retry,) = [event for event in observer.events if isinstance(event, RetryScheduled)]
    assert (retry.number, retry.delay) == (2, 7.0)


@pytest.mark.parametrize(
    ("source", "format", "seconds"),
    [
        (WAV, None, 0.05),
        (Audio.from_pcm(bytes(32_000), sample_rate=16_000), None, 1.0),
        (Audio.from_pcm(bytes(32_000), sample_rate=16_000), "flac", 1.0),
        (WAV, "wav", None),
    ],
    ids=["file", "samples", "samples as FLAC", "file of a stated format"],
)
def test_attempts_tell_the_duration(
    world: World, server: Server, source: Any, format: str | None, seconds: float | None
) -> None:
    """Of samples and of files whose headers were read; observers and plugins around the attempt are told the same."""
    seen: list[float | None] = []

    async def around_attempt(attempt: Any, proceed: Any) -> Any:
        seen.append(attempt.duration)
        return await proceed(attempt)

    observer = Observer()
    plugins = [observer, Small("p", around_attempt=around_attempt)]
    world.client(base_url=server.url, plugins=plugins).transcribe(source, format=format)
    (started,) = [event for event in observer.events if isinstance(event, AttemptStarted)]
    assert [started.duration] == seen == [seconds]


def test_around_call_is_inside(world: World) -> None:
    """Observers are told of the start before, and of the end after, the plugins around the call."""
    steps: list[str] = []

    async def around_call(call: Any, proceed: Any) -> Any:
        steps.append("in")
        answer = await proceed(call)
        steps.append("out")
        return answer

    observer = Small("p", event=lambda event: steps.append(type(event).__name__), around_call=around_call)
    world.client(plugins=[observer, answering()]).transcribe(WAV)
    assert steps == ["CallStarted", "in", "out", "CallFinished"]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_cancelled_call_has_ended(backend: str) -> None:
    """A call that is cancelled is told to have failed, so that spans and gauges come to their end."""
    observer = Observer()

    async def cancelled() -> None:
        with anyio.CancelScope() as scope:

            async def around_call(call: Any, proceed: Any) -> Any:
                scope.cancel()
                await call.sleep(60)

            plugins = [observer, Small("p", around_call=around_call)]
            async with AsyncClient("key", autoload=False, plugins=plugins) as client:
                await client.transcribe(WAV, model="m")

    anyio.run(cancelled, backend=backend)
    assert [type(event).__name__ for event in observer.events] == ["CallStarted", "CallFailed"]
