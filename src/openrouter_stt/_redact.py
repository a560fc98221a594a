"""Take out of a server's words what the request held: it may repeat the key, the audio, or a text beside an error."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

REDACTED: Final = "[redacted]"
SHORTEST: Final = 8  # characters; less cannot be told from other words
_LONG: Final = re.compile(r"[A-Za-z0-9+/]{64,}={0,2}")  # as audio in base64 is


def redacted(value: Any, secrets: Iterable[str]) -> Any:
    """Return a parsed document without the secrets, and without runs of base64."""
    secrets = [*secrets]
    return _changed(value, lambda text: _LONG.sub(REDACTED, _hidden(text, secrets)))


def without(value: Any, secret: str) -> Any:
    """Return a parsed document without the secret."""
    return _changed(value, lambda text: _hidden(text, [secret]))


def _hidden(text: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        if len(secret) >= SHORTEST:
            text = text.replace(secret, REDACTED)
    return text


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {change(name): _changed(each, change) for name, each in value.items()}
    return [_changed(each, change) for each in value] if isinstance(value, list) else value
