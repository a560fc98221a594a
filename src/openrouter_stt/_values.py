"""The frozen values that hooks receive and callers get: all of them our own, none of httpx or generated code."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

import attrs

from ._audio import Audio
from ._errors import STTError

if TYPE_CHECKING:
    from ._runtime import Runtime
    from ._wire import STTResponse

T = TypeVar("T")


class _Replaceable:
    def replace(self, **changes: Any) -> Self:
        """Return a copy with some attributes changed."""
        return attrs.evolve(self, **changes)  # type: ignore[misc]  # every subclass is an attrs class


@attrs.frozen(kw_only=True)
class Usage(_Replaceable):
    """What a transcription cost, as the server counts it; None where it did not say (spec: STTUsage)."""

    cost: float | None = None  # US dollars
    seconds: float | None = None  # of audio
    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None


@attrs.frozen(kw_only=True)
class Transcription(_Replaceable):
    """What was said, and how it was found out.

    `source` is "network", "cache" or the name of the plugin that answered; `attempts` counts the requests begun;
    `generation_id` is OpenRouter's id of the paid generation. `response` is the whole answer as the spec describes
    it, None when the text did not come from the server or a plugin changed it.
    """

    text: str = attrs.field(repr=False)
    model: str
    usage: Usage | None = None
    generation_id: str | None = None
    attempts: int = 0
    source: str = ""
    response: STTResponse | None = attrs.field(default=None, repr=False, eq=False)

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote. Raises KeyError or TypeError for anything else."""
        from ._wire import read_response

        usage, response = document["usage"], document["response"]
        return cls(
            text=document["text"],
            model=document["model"],
            usage=None if usage is None else Usage(**usage),
            generation_id=document["generation_id"],
            response=None if response is None else read_response(response),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return what a cache has to keep, as JSON can hold it; how the answer was come by is not part of it."""
        return {
            "text": self.text,
            "model": self.model,
            "usage": None if self.usage is None else attrs.asdict(self.usage),
            "generation_id": self.generation_id,
            "response": None if self.response is None else self.response.to_dict(),
        }

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some attributes changed; a changed text drops `response`, which holds the old one."""
        if changes.get("text", self.text) != self.text:
            changes.setdefault("response", None)
        return super().replace(**changes)


@attrs.frozen(kw_only=True)
class Call(_Replaceable):
    """One call of `transcribe`, on its way through the hooks.

    `options` are the request's optional fields as the spec names them, `format` the wire format if one was asked
    for, `fingerprint` names the installed plugins that change audio or text. In `around` hooks a call also is what
    may be awaited: `sleep`, `blocking`, `io` and `gather` work in the sync and the async client alike.
    """

    id: str
    model: str
    audio: Audio
    options: Mapping[str, Any] = attrs.field(factory=dict[str, Any], repr=False)
    format: str | None = None
    base_url: str
    deadline: float = attrs.field(repr=False)  # on the clock of `now`
    fingerprint: str = attrs.field(default="", repr=False)
    _runtime: Runtime = attrs.field(alias="runtime", repr=False, eq=False)

    @property
    def remaining(self) -> float:
        """Seconds left until the deadline, never negative."""
        return max(self.deadline - self._runtime.now(), 0.0)

    async def sleep(self, seconds: float) -> None:
        """Wait without holding up other calls."""
        await self._runtime.sleep(seconds)

    async def blocking(self, function: Callable[..., T], *args: Any) -> T:
        """Run a function that takes long: in a worker thread in the async client, right here in the sync one."""
        return await self._runtime.blocking(function, *args)

    async def io(self, sync: Callable[[], T], async_: Callable[[], Awaitable[T]]) -> T:
        """Do input or output in the client's own way: `sync` in the sync client, `async_` in the async one."""
        return await self._runtime.io(sync, async_)

    async def gather(self, *awaitables: Awaitable[T]) -> list[T]:
        """Await all and return their results in order: at once in the async client, one by one in the sync one."""
        return await self._runtime.gather(*awaitables)


@attrs.frozen(kw_only=True)
class Attempt(_Replaceable):
    """One request about to be sent: `number` counts from 1; `size` is bytes of audio, in the wire's `format`.

    `duration` is the audio's in seconds, where its headers tell it.
    """

    call: Call
    number: int
    size: int
    format: str
    duration: float | None


@attrs.frozen(kw_only=True)
class Failure(_Replaceable):
    """An attempt, or with `fallback` a whole call, that ended in an error.

    `attempt` is the number of the last attempt, from 1; `error.attempts` counts the requests that were begun, which
    differs where a plugin around the attempt sent none or several.
    """

    call: Call
    error: STTError
    attempt: int


class Stop:
    """The type of `STOP`, by which a `retry` hook says that the error stands, whatever other plugins think."""

    def __repr__(self) -> str:
        return "openrouter_stt.STOP"


STOP: Final = Stop()

Proceed = Callable[[Call], Awaitable[Transcription]]
ProceedAttempt = Callable[[Attempt], Awaitable[Transcription]]
