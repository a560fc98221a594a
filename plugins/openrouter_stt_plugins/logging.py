"""Log what happens in a call to the standard library's logger "openrouter_stt.events", below "openrouter_stt".

Each record carries its facts as attributes named `stt_...`, for formatters that write structured logs. No record holds
audio, text, the key, or a message of the server, which may repeat any of them.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from typing import Any, Final

import attrs

from openrouter_stt import (
    AttemptFailed,
    CallFailed,
    CallFinished,
    Event,
    FallbackChosen,
    HookSpecs,
    RetryScheduled,
    STTError,
    hookimpl,
)

logger: Final = logging.getLogger("openrouter_stt.events")
logger.addHandler(logging.NullHandler())  # what is heard is the application's choice: results and errors tell it, too

_LEVELS: Final[defaultdict[type[Event], int]] = defaultdict(
    lambda: logging.DEBUG,
    {
        AttemptFailed: logging.INFO,
        CallFailed: logging.WARNING,
        CallFinished: logging.INFO,
        FallbackChosen: logging.WARNING,
        RetryScheduled: logging.WARNING,
    },
)


class Logging(HookSpecs):
    """Logs retries, fallbacks and failures as warnings, answers as information, the rest for debugging."""

    name = "logging"

    @hookimpl(events=lambda _, kind: logger.isEnabledFor(_LEVELS[kind]))
    def event(self, event: Event) -> None:
        facts = _facts(event)
        words = " ".join(f"{name}={value}" for name, value in facts.items() if value is not None)
        extra = {"stt_event": type(event).__name__, **{f"stt_{name}": value for name, value in facts.items()}}
        logger.log(_LEVELS[type(event)], "%s %s", type(event).__name__, words, extra=extra)


def _facts(event: Event) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for name, value in attrs.asdict(event, recurse=False).items():
        if isinstance(value, BaseException):
            facts |= _error_facts(value)
        elif name == "usage":
            facts["cost"] = value.cost if value else None
        else:
            facts[name] = round(value, 3) if isinstance(value, float) else value
    return facts


def _error_facts(error: BaseException) -> dict[str, Any]:
    facts: dict[str, Any] = {"error": type(error).__name__}
    if isinstance(error, STTError):
        facts |= {
            "status": getattr(error, "status", None),
            "kind": getattr(error, "kind", None),
            "maybe_billed": error.maybe_billed,
            "request_id": error.request_id,
        }
    return facts


plugin = Logging
