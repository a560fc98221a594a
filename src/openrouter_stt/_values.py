"""The frozen values that hooks receive and callers get: all of them our own, none of httpx or generated code."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

import attrs

from ._audio import Audio
from ._errors import APITimeoutError, STTError

if TYPE_CHECKING:
    from ._runtime import Runtime
    from ._wire import Answer

T = TypeVar("T")


class _Replaceable:
    def replace(self, **changes: Any) -> Self:
        """Return a copy with some attributes changed."""
        return attrs.evolve(self, **changes)  # type: ignore[misc]  # every subclass is an attrs class


@attrs.frozen(kw_only=True)
class Usage(_Replaceable):
    """What a transcription cost, as the server counts it; None where it did not say (spec: STTUsage).

    Attributes:
        cost: US dollars.
        seconds: Of audio.
        input_tokens: Billed for what was sent.
        output_tokens: Generated.
        total_tokens: Both.
    """

    cost: float | None = None
    seconds: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None


_KEPT: Final[Mapping[str, Any]] = {  # what `Transcription.to_dict` writes, and the types it may have
    "text": str,
    "model": str,
    "usage": dict | None,
    "generation_id": str | None,
    "response": dict | None,
}


@attrs.frozen(kw_only=True)
class Transcription(_Replaceable):
    """What was said, and how it was found out.

    A plugin that answers makes one of `text` and `model`, with a `usage` where it knows one.

    Attributes:
        text: What was said; no repr shows it.
        model: Who heard it.
        usage: What it cost; None where nobody said. A kept answer repeats that of the call which was paid for: leave
            those with `source` "cache" and `attempts` 0 out of sums.
        generation_id: OpenRouter's id of the paid generation.
        attempts: How many requests were begun for it, those that failed included.
        source: "network", "cache" or the name of the plugin that answered.
        response: The server's whole answer as the spec describes it; None where the text is not the server's own.
    """

    text: str = attrs.field(repr=False)
    model: str
    usage: Usage | None = None
    generation_id: str | None = None
    attempts: int = 0
    source: str = ""
    response: Answer | None = attrs.field(default=None, repr=False, eq=False)

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote. Raises KeyError or TypeError for anything else."""
        from ._wire import read_response

        for name, kind in _KEPT.items():
            if not isinstance(document[name], kind):
                raise TypeError(f"{name} is a {type(document[name]).__name__}, which no answer has there")
        usage, response = document["usage"], document["response"]
        if usage is not None and not all(isinstance(amount, int | float | None) for amount in usage.values()):
            raise TypeError("usage has something that is no number")
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

    In `around` hooks it also is what may be awaited: `sleep`, `blocking`, `io` and `gather` work in the sync and the
    async client alike.

    Attributes:
        id: Of this call alone, 32 hexadecimal digits; events have it as `call_id`.
        model: Which model is asked.
        audio: The recording as the caller gave it.
        options: The request's optional fields as the spec names them, such as language; not to be changed in place.
        format: The wire format if one was asked for.
        base_url: Where the API is.
        deadline: When the call has to end, in seconds on a clock of its own; `remaining` is what to go by.
        fingerprint: Names the plugins that change audio or text, for keys of caches; a plugin may add to it.
    """

    id: str
    model: str
    audio: Audio
    options: Mapping[str, Any] = attrs.field(factory=dict[str, Any], repr=False)
    format: str | None = None
    base_url: str
    deadline: float = attrs.field(repr=False)
    fingerprint: str = attrs.field(default="", repr=False)
    _runtime: Runtime = attrs.field(alias="runtime", repr=False, eq=False)

    @property
    def remaining(self) -> float:
        """Seconds left until the deadline, never negative."""
        return max(self.deadline - self._runtime.now(), 0.0)

    async def sleep(self, seconds: float) -> None:
        """Wait without holding up other calls. In tests a fake clock jumps here.

        Raises `APITimeoutError`, at once, where the call's deadline would pass meanwhile.
        """
        if seconds >= self.remaining:
            raise APITimeoutError(f"a wait of {seconds:.1f} s would pass the deadline; give the call a longer timeout")
        await self._runtime.sleep(seconds)

    async def blocking(self, function: Callable[..., T], *args: Any) -> T:
        """Run a function that takes long: in a worker thread in the async client, right here in the sync one.

        A call that is cancelled meanwhile ends when the function does.
        """
        return await self._runtime.blocking(function, *args)

    async def io(self, sync: Callable[[], T], async_: Callable[[], Awaitable[T]]) -> T:
        """Do input or output in the client's own way: `sync` in the sync client, `async_` in the async one."""
        return await self._runtime.io(sync, async_)

    async def gather(self, *awaitables: Awaitable[T]) -> list[T]:
        """Await all and return their results in order: at once in the async client, one by one in the sync one.

        The first error ends the others and is raised.
        """
        return await self._runtime.gather(*awaitables)


@attrs.frozen(kw_only=True)
class Attempt(_Replaceable):
    """One request about to be sent.

    Attributes:
        call: The call it is sent for.
        number: From 1; a fallback's requests begin at 1 again.
        size: Bytes of audio, before base64.
        format: The wire's, such as "wav".
        duration: The audio's in seconds; None where its headers do not tell it.
    """

    call: Call
    number: int
    size: int
    format: str
    duration: float | None


@attrs.frozen(kw_only=True)
class Failure(_Replaceable):
    """An attempt, or with `fallback` a whole request with its retries, that ended in an error.

    Attributes:
        call: The call that failed, with the model it asked.
        error: How it ended; for these hooks always an `APIError`. Its `maybe_billed` tells whether it may be paid for.
        attempt: The number of the last attempt, from 1; with `fallback`, how many requests the call began.
            `error.attempts` counts those begun, which differs where a plugin around the attempt sent none or several.
    """

    call: Call
    error: STTError
    attempt: int


class Stop:
    """The type of `STOP`, by which a `retry` hook says that the error stands, whatever other plugins think."""

    def __repr__(self) -> str:
        return "openrouter_stt.STOP"


STOP: Final = Stop()

# Coroutines, not any awaitables: of these, checkers notice one that nobody awaits.
Proceed = Callable[[Call], Coroutine[Any, Any, Transcription]]
ProceedAttempt = Callable[[Attempt], Coroutine[Any, Any, Transcription]]
