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
    """Something that happened; all others derive from it.

    Attributes:
        call_id: The `id` of the call in which it did.
        model: Which model the call asks, or by `CallFinished` who answered.
    """

    call_id: str
    model: str


@attrs.frozen(kw_only=True)
class CallStarted(Event):
    """A call began.

    Attributes:
        size: Bytes of audio, as the caller gave it.
    """

    size: int


@attrs.frozen(kw_only=True)
class AttemptStarted(Event):
    """A request is about to be sent, or held back by a plugin around it.

    Attributes:
        number: From 1.
        size: Bytes of audio, before base64.
        format: The wire's.
        duration: The audio's in seconds; None where its headers do not tell it.
    """

    number: int
    size: int
    format: str
    duration: float | None


@attrs.frozen(kw_only=True)
class AttemptFailed(Event):
    """A request ended in an error.

    Attributes:
        number: From 1.
        error: How it ended.
    """

    number: int
    error: STTError = attrs.field(repr=_type)


@attrs.frozen(kw_only=True)
class RetryScheduled(Event):
    """The request is sent again.

    Attributes:
        number: Of the attempt that follows.
        delay: Seconds until then.
        error: Why.
    """

    number: int
    delay: float
    error: STTError = attrs.field(repr=_type)


@attrs.frozen(kw_only=True)
class FallbackChosen(Event):
    """The call goes on with another request, for `model`.

    Attributes:
        error: Why.
    """

    error: STTError = attrs.field(repr=_type)


@attrs.frozen(kw_only=True)
class CacheHit(Event):
    """The answer was in a cache; nothing was sent."""


@attrs.frozen(kw_only=True)
class CallFinished(Event):
    """The call has its answer.

    Attributes:
        source: "network", "cache" or the name of the plugin that answered.
        attempts: How many requests were begun for it.
        characters: Of its text.
        seconds: Since the call began.
        usage: What it cost; None where nobody said. From a cache, what was paid then.
    """

    source: str
    attempts: int
    characters: int
    seconds: float
    usage: Usage | None


@attrs.frozen(kw_only=True)
class CallFailed(Event):
    """The call ended in an error, or was cancelled.

    Attributes:
        error: How it ended; also what is no Exception, such as a cancellation.
        seconds: Since the call began.
    """

    error: BaseException = attrs.field(repr=_type)
    seconds: float
