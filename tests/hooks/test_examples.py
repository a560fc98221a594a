"""Each hook has words, a list of arguments, and an example, which a client takes and which does what it shows."""

from __future__ import annotations

import inspect
import json
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import attrs
import pytest

from openrouter_stt import Audio, HookSpecs, RetryScheduled, ServiceUnavailableError, Transcription, hookimpl
from openrouter_stt._registry import contracts
from openrouter_stt.testing import WORLDS, Answer, FakeTransport, client, tone
from tests.hooks.small_plugins import Small

PUBLIC = {"Audio": Audio, "RetryScheduled": RetryScheduled, "Transcription": Transcription, "hookimpl": hookimpl}


def example(hook: str) -> str:
    """Return the code behind "Example::" in the docstring of a hook."""
    words = inspect.getdoc(getattr(HookSpecs, hook)) or ""
    code, _, _ = words.partition("Example::\n")[2].partition("\n\nKind: ")
    return textwrap.dedent(code)


@attrs.frozen
class Use:
    """An example at work: what it takes from around it, the call, and `did`, which tells what came of it."""

    did: Callable[[Transcription, FakeTransport], object]
    is_to_be: object
    names: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    attributes: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    beside: Sequence[object] = ()
    script: Sequence[Answer] = ()
    call: Mapping[str, Any] = attrs.field(factory=dict[str, Any])


def around_call() -> Use:
    spans: list[str] = []

    @contextmanager
    def start_as_current_span(name: str) -> Iterator[None]:
        spans.append(name)
        yield

    tracer = SimpleNamespace(start_as_current_span=start_as_current_span)
    return Use(lambda *_: spans, ["transcribe"], names={"tracer": tracer})


def prepare_request() -> Use:
    return Use(lambda _, transport: transport.last.options, {"language": "en"})


def cache_key() -> Use:
    keys: list[str] = []
    store = Small("store", cache_get=lambda key: keys.append(key.rpartition(" ")[2]))
    return Use(lambda *_: keys, [Audio.from_bytes(tone()).digest()], names={"json": json}, beside=[store])


class Everything(dict[str, Transcription]):
    """Has an answer for each key."""

    def get(self, key: str, default: Any = None) -> Transcription:
        return Transcription(text=f"kept for {len(key)}", model="m")


def cache_get() -> Use:
    return Use(lambda result, _: (result.text, result.source), ("kept for 64", "cache"), {}, {"answers": Everything()})


class Redis:
    """Holds claims in memory; another process has some already."""

    def __init__(self, *claimed: str) -> None:
        self.claims = {*claimed}
        self.released: list[str] = []

    def set(self, name: str, value: str, *, nx: bool, px: int) -> bool | None:
        if name in self.claims or not (nx and px > 0):
            return None
        self.claims.add(name)
        return True

    def delete(self, name: str) -> None:
        self.claims.remove(name)
        self.released.append(name)


def cache_claim() -> Use:
    looks: list[str] = []

    def cache_get(key: str) -> Transcription | None:
        looks.append(key)
        return Transcription(text="of another process", model="m") if len(looks) > 2 else None

    store = Small("store", cache_key=lambda call: "a", cache_get=cache_get)
    return Use(
        lambda result, transport: (result.text, result.source, transport.clock.waits),
        ("of another process", "cache", [0.1, 0.1]),
        attributes={"redis": Redis("claim a")},
        beside=[store],
    )


def answer() -> Use:
    engine = SimpleNamespace(run=lambda audio: f"{len(audio)} bytes")
    size = len(tone())
    return Use(
        lambda result, _: (result.text, result.source),
        (f"{size} bytes", "example"),
        attributes={"engine": engine},
        call={"model": "local/mine"},
    )


def prepare_audio() -> Use:
    names = {"denoise": lambda audio: audio[:100]}
    return Use(lambda _, transport: (transport.last.audio, transport.last.format), (tone()[:100], "wav"), names=names)


def encode_audio() -> Use:
    call = {"source": ("call.amr", b"#!AMR")}
    return Use(lambda _, transport: transport.last.audio, tone(), names={"amr_to_wav": lambda _: tone()}, call=call)


def around_attempt() -> Use:
    bucket = SimpleNamespace(wait_for=lambda tokens: 7.0 * tokens)
    return Use(lambda _, transport: transport.clock.waits, [7.0], attributes={"bucket": bucket})


def retry() -> Use:
    return Use(
        lambda result, transport: (result.attempts, transport.clock.waits),
        (5, [30.0] * 4),
        names={"ServiceUnavailableError": ServiceUnavailableError},
        script=[Answer.error(503)] * 4,
    )


def fallback() -> Use:
    engine = Small(
        "mine", answer=lambda call: Transcription(text="here", model=call.model) if "/m" in call.model else None
    )
    call = {"model": "openai/whisper-1"}
    return Use(
        lambda result, _: result.model, "local/moonshine-tiny", beside=[engine], script=[Answer.error(400)], call=call
    )


def finish() -> Use:
    names = {"redact": lambda text: text.replace("Ann", "***")}
    return Use(lambda result, _: result.text, "*** spoke", names=names, script=[Answer.text("Ann spoke")])


def cache_set() -> Use:
    answers: dict[str, Transcription] = {}
    return Use(lambda *_: [kept.text for kept in answers.values()], ["hello"], attributes={"answers": answers})


def cache_release() -> Use:
    redis = Redis("claim a")
    other = Small("other", fallback=lambda failure: failure.call.replace(model="other"))
    keys = Small("keys", cache_key=lambda call: "a" if call.model != "other" else "b", cache_set=lambda: None)
    return Use(
        lambda result, _: (result.text, redis.released, redis.claims),
        ("hello", ["claim a"], set[str]()),
        attributes={"redis": redis},
        beside=[other, keys],
        script=[Answer.error(400)],
    )


def event() -> Use:
    counted: list[str] = []
    metrics = SimpleNamespace(count=counted.append)
    return Use(lambda *_: counted, ["retries"], names={"metrics": metrics}, script=[Answer.error(503)])


def close() -> Use:
    closed: list[str] = []
    connection = SimpleNamespace(close=lambda: closed.append("closed"))
    return Use(lambda *_: closed, ["closed"], attributes={"connection": connection})


USES: dict[str, Callable[[], Use]] = {
    made.__name__: made
    for made in (
        around_call, prepare_request, cache_key, cache_get, cache_claim, answer, prepare_audio, encode_audio,
        around_attempt, retry, fallback, finish, cache_set, cache_release, event, close,
    )
}  # fmt: skip


def test_each_hook_is_tested() -> None:
    """Whoever adds a hook adds what comes of its example."""
    assert [*USES] == [*contracts()]


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("hook", USES)
def test_example_works(hook: str, world: str) -> None:
    """Each does what it shows, in the sync and the async client."""
    use = USES[hook]()
    body: dict[str, Any] = {**PUBLIC, **use.names}
    exec(example(hook), body)  # noqa: S102  our own docstring
    plugin = type("Example", (), {"name": "example", hook: body[hook], **use.attributes})()
    transport = FakeTransport(*use.script)
    with client(world, plugins=[plugin, *use.beside], transport=transport, strict=True) as driver:
        result = driver.transcribe(**use.call)
    assert use.did(result, transport) == use.is_to_be


@pytest.mark.parametrize("hook", contracts())
def test_words_and_arguments(hook: str) -> None:
    """Each has a sentence and more, and a type for each argument and for what it returns."""
    signature = inspect.signature(getattr(HookSpecs, hook))
    words = (inspect.getdoc(getattr(HookSpecs, hook)) or "").partition("\n\nExample::\n")[0]
    assert words.partition("\n\n")[2], "a second paragraph says when it is asked and what comes of its answer"
    assert [*signature.parameters] == ["self", *contracts()[hook][1]]
    annotations = [*signature.parameters.values()][1:]
    assert all(each.annotation is not each.empty for each in annotations)
    assert signature.return_annotation is not signature.empty


@pytest.mark.parametrize("hook", contracts())
def test_help_tells_kind_and_policy(hook: str) -> None:
    contract, _ = contracts()[hook]
    words = inspect.getdoc(getattr(HookSpecs, hook)) or ""
    assert words.strip().endswith(f"Kind: {contract.kind}. An error: {contract.on_error}.")
