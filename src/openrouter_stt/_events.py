"""What happens in a call, told to observers as frozen values; none shows audio, text or the key."""

from __future__ import annotations

import attrs

from ._errors import STTError
from ._values import Usage


def _type(error: BaseException) -> str:
    """Show an error by its type alone: its message may repeat what was said."""
    return type(error).__name__


@attrs.frozen(kw_only=True)
class Event:
    """Something that happened in the call `call_id`, which asks for `model`."""

    call_id: str
    model: str


@attrs.frozen(kw_only=True)
class CallStarted(Event):
    """A call began, with `size` bytes of audio."""

    size: int


@attrs.frozen(kw_only=True)
class AttemptStarted(Event):
    """Request `number` (from 1) is about to be sent, with `size` bytes of audio in `format`.

    `duration` is the audio's in seconds, where its headers tell it.
    """

    number: int
    size: int
    format: str
    duration: float | None


@attrs.frozen(kw_only=True)
class AttemptFailed(Event):
    """Request `number` ended in an error."""

    number: int
    error: STTError = attrs.field(repr=_type)


@attrs.frozen(kw_only=True)
class RetryScheduled(Event):
    """Another request follows in `delay` seconds, because of `error`."""

    number: int
    delay: float
    error: STTError = attrs.field(repr=_type)


@attrs.frozen(kw_only=True)
class FallbackChosen(Event):
    """The call goes on with another request, for `model`, because of `error`."""

    error: STTError = attrs.field(repr=_type)


@attrs.frozen(kw_only=True)
class CacheHit(Event):
    """The answer was in a cache; nothing was sent."""


@attrs.frozen(kw_only=True)
class CallFinished(Event):
    """The call has its answer, of `characters` characters, after `seconds` seconds."""

    source: str
    attempts: int
    characters: int
    seconds: float
    usage: Usage | None


@attrs.frozen(kw_only=True)
class CallFailed(Event):
    """The call ended in `error` after `seconds` seconds."""

    error: BaseException = attrs.field(repr=_type)
    seconds: float
