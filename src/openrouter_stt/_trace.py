"""What OPENROUTER_STT_TRACE=1 prints of each call: which plugin did what in which hook, in order, and how long it took.

Of values only types are shown: no audio, text, key or option, nor the words of an error.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any, Final

import attrs

from ._audio import Given
from ._engine import Engine, Impl
from ._errors import STTError
from ._events import Event
from ._markers import Kind
from ._pipeline import Pipeline
from ._values import Transcription

_OUTCOMES: Final[Mapping[Kind, tuple[str, str]]] = {  # of an answer, and of None
    "first": ("answered", "no answer"),
    "pipe": ("changed it", "left it as it is"),
    "all": ("told", "told"),
}


@attrs.define
class Step:
    """What one plugin did in one hook; a call with all its steps is one, too."""

    what: str
    who: str = ""
    outcome: str = ""
    depth: int = -1
    steps: list[Step] = attrs.field(factory=list["Step"], repr=False)  # those of the call, in order
    seconds: float = 0.0
    inside: float = 0.0  # seconds in which it waited for `proceed`
    proceeded: int = 0
    let_through: BaseException | None = None
    _waiting: int = 0
    _since: float = 0.0

    def below(self, what: str, who: str) -> Step:
        """Begin a step inside this one."""
        step = Step(what, who, depth=self.depth + 1, steps=self.steps)
        self.steps.append(step)
        return step

    @contextmanager
    def timed(self, now: Callable[[], float]) -> Iterator[None]:
        """Take the time of the block, and write down how it fails."""
        started = now()
        try:
            yield
        except BaseException as error:
            kind = type(error).__name__
            self.outcome = f"let {kind} through" if error is self.let_through else f"raised {kind}"
            raise
        finally:
            self.seconds = now() - started

    @contextmanager
    def waiting(self, now: Callable[[], float]) -> Iterator[None]:
        """Take the block for one in which `proceed` is waited for; there may be several at once."""
        self.proceeded += 1
        if not self._waiting:
            self._since = now()
        self._waiting += 1
        try:
            yield
        except BaseException as error:
            self.let_through = error
            raise
        finally:
            self._waiting -= 1
            if not self._waiting:
                self.inside += now() - self._since


_current: ContextVar[Step] = ContextVar("openrouter_stt_trace")


@contextmanager
def _within(step: Step) -> Iterator[None]:
    token = _current.set(step)
    try:
        yield
    finally:
        _current.reset(token)


@attrs.define
class TracingEngine(Engine):
    """Calls the hooks, and times each implementation."""

    async def around(self, name: str, value: Any, core: Callable[[Any], Awaitable[Any]]) -> Any:
        """Time the request as well: it is what most attempts wait for."""
        return await super().around(name, value, self._request(core) if name == "around_attempt" else core)

    def _called(self, impl: Impl, values: tuple[Any, ...]) -> Any:
        step = self._step(impl, values)
        with step.timed(self.runtime.now):
            answer = super()._called(impl, values)
        step.outcome = self._outcome(impl, answer)
        return answer

    def _wants(self, impl: Impl, kind: type[Event]) -> bool:
        try:
            return super()._wants(impl, kind)
        except BaseException as error:
            step = _current.get().below(f"event {kind.__name__}", impl.origin)
            step.outcome = f"raised {type(error).__name__}"
            raise

    async def _call(self, impl: Impl, values: tuple[Any, ...]) -> Any:
        step = self._step(impl, values)
        around = self.hooks[impl.hook].contract.kind == "around"
        if around:
            values = (values[0], self._proceed(step, values[1]))
        with step.timed(self.runtime.now):
            answer = await super()._call(impl, values)
        step.outcome = _proceeded(step) if around else self._outcome(impl, answer)
        return answer

    def _step(self, impl: Impl, values: tuple[Any, ...]) -> Step:
        what = f"event {type(values[0]).__name__}" if impl.hook == "event" else impl.hook
        return _current.get().below(what, impl.origin)

    def _outcome(self, impl: Impl, answer: Any) -> str:
        return _OUTCOMES[self.hooks[impl.hook].contract.kind][answer is None]

    def _proceed(self, step: Step, inner: Callable[[Any], Awaitable[Any]]) -> Callable[[Any], Awaitable[Any]]:
        async def proceed(value: Any) -> Any:
            with _within(step), step.waiting(self.runtime.now):
                return await inner(value)

        return proceed

    def _request(self, core: Callable[[Any], Awaitable[Any]]) -> Callable[[Any], Awaitable[Any]]:
        async def send(value: Any) -> Any:
            step = _current.get().below("(request)", "the API")
            with step.timed(self.runtime.now):
                answer = await core(value)
            step.outcome = "answered"
            return answer

        return send


@attrs.frozen
class TracingPipeline(Pipeline):
    """Runs calls, and prints what happened in each at its end."""

    async def transcribe(
        self, given: Given, *, model: str, format: str | None, timeout: float | None, options: Mapping[str, Any]
    ) -> Transcription:
        """Run one call."""
        call = Step(f"a call of {model!r}")
        with self._told(call):
            result = await super().transcribe(given, model=model, format=format, timeout=timeout, options=options)
            call.outcome = f"answered by {result.source!r}, requests: {result.attempts}"
        return result

    async def close(self) -> None:
        """Close the plugins, then the connections."""
        closing = Step("a client", outcome="closed")
        with self._told(closing):
            await super().close()

    @contextmanager
    def _told(self, call: Step) -> Iterator[None]:
        try:
            with _within(call), call.timed(self.runtime.now):
                yield
        except STTError as error:
            call.outcome += f", requests: {error.attempts}"
            raise
        finally:
            _write(call)


def _proceeded(step: Step) -> str:
    match step.proceeded:
        case 0:
            return "answered by itself"
        case 1:
            return "passed it on"
    return f"passed it on {step.proceeded} times"


def _write(call: Step) -> None:
    """Print the trace of a call in one piece; a call that was paid for does not fail where that cannot be done."""
    lines = [f"openrouter-stt trace: {call.what} {call.outcome}, {call.seconds * 1000:.2f} ms"]
    if call.steps:
        lines.append("   total ms     own ms  hook, plugin, outcome")
        names = [f"{'  ' * step.depth}{step.what}" for step in call.steps]
        wide, wider = max(map(len, names)), max(len(step.who) for step in call.steps)
        lines += [
            f"{step.seconds * 1000:11.2f}{(step.seconds - step.inside) * 1000:11.2f}"
            f"  {name:{wide}}  {step.who:{wider}}  {step.outcome}"
            for name, step in zip(names, call.steps, strict=True)
        ]
    if sys.stderr is not None:
        with suppress(OSError, ValueError):  # it is full or closed
            sys.stderr.write("".join(f"{line}\n" for line in lines))
            sys.stderr.flush()
