"""The one place where the facade meets generated models: a call becomes a request, a reply becomes an answer."""

from __future__ import annotations

import contextlib
import json
import warnings
from collections.abc import Mapping
from copy import deepcopy
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final, Protocol, Self, TypeVar, cast
from uuid import uuid4

import attrs

from openrouter_stt_api import DEFAULT_BASE_URL
from openrouter_stt_api.options import OPTIONS, Option, TranscriptionOptions
from openrouter_stt_api.providers import PROVIDER_SLUGS

from ._audio import Audio
from ._body import Body
from ._errors import ConfigurationError

if TYPE_CHECKING:
    from openrouter_stt_api.models import STTResponse

__all__ = [
    "DEFAULT_BASE_URL",
    "OPTIONS",
    "Option",
    "Request",
    "STTResponse",
    "TranscriptionOptions",
    "checked_options",
    "read_response",
    "request_of",
]

Readable = TypeVar("Readable", bound="_FromDict")
_NAMES: Final = frozenset(option.name for option in OPTIONS)


class _FromDict(Protocol):
    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any], /) -> Self: ...


@attrs.frozen
class Request:
    """A request as the spec describes it, its body cut where the audio's base64 goes."""

    method: str
    path: str
    headers: Mapping[str, str]
    audio: Audio
    _prefix: bytes = attrs.field(repr=False)
    _suffix: bytes = attrs.field(repr=False)

    def body(self) -> Body:
        """Make a fresh pass over the body, the same bytes each time."""
        return Body(self._prefix, self.audio, self._suffix)


def checked_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that are set (None says not). Raises `ConfigurationError` for one the spec does not know."""
    for name in options:
        if name not in _NAMES:
            close = get_close_matches(name, [*_NAMES, "format", "timeout"], 1)
            known = f"there are {', '.join(sorted(_NAMES))}; settings such as base_url go to Client(...)"
            hint = f"did you mean {close[0]!r}?" if close else known
            raise ConfigurationError(f"the API has no option {name!r}; {hint}")
    if not isinstance(options.get("provider"), Mapping | None):
        raise ConfigurationError('provider must be a mapping, such as {"options": {"openai": {...}}}')
    return {name: deepcopy(value) for name, value in options.items() if value is not None}


def request_of(model: str, options: Mapping[str, Any], audio: Audio) -> Request:
    """Make the request for encoded audio. Raises `ConfigurationError` where the options do not fit the spec."""
    from openrouter_stt_api.api.stt import create_audio_transcriptions
    from openrouter_stt_api.models import STTRequest

    marker = uuid4().hex
    fields = {
        **checked_options(options),
        "model": model,
        "input_audio": {"data": marker, "format": audio.format},
    }
    try:
        kwargs = create_audio_transcriptions._get_kwargs(body=STTRequest.from_dict(fields))  # pyright: ignore[reportPrivateUsage]
        text = json.dumps(kwargs["json"], separators=(",", ":"), allow_nan=False)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise ConfigurationError(f"the options do not fit the API: {error}") from None
    _warn_of_unknown_providers(options)
    prefix, _, suffix = text.partition(marker)
    return Request(kwargs["method"], kwargs["url"], kwargs["headers"], audio, prefix.encode(), suffix.encode())


def read_response(document: Mapping[str, Any]) -> STTResponse:
    """Read an answer's JSON object, which has a text; other fields that do not fit the spec are left out."""
    from openrouter_stt_api.models import STTResponse

    if not isinstance(document.get("usage"), dict | None):  # generated code takes it for an object without looking
        document = {name: value for name, value in document.items() if name != "usage"}
    return fitting(STTResponse, document)


def fitting(model: type[Readable], document: Mapping[str, Any]) -> Readable:
    """Read a model without the optional fields that make its generated code raise."""
    with contextlib.suppress(Exception):
        return model.from_dict(document)
    kept: dict[str, Any] = {"text": document["text"]}
    for name, value in document.items():
        with contextlib.suppress(Exception):
            model.from_dict({**kept, name: value})
            kept[name] = value
    return model.from_dict(kept)


def _warn_of_unknown_providers(options: Mapping[str, Any]) -> None:
    provider = cast("Mapping[str, Any]", options.get("provider") or {})
    for slug in provider.get("options") or {}:
        if PROVIDER_SLUGS and slug not in PROVIDER_SLUGS:
            close = get_close_matches(str(slug), PROVIDER_SLUGS, 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            warnings.warn(
                f"the API knows no provider {slug!r} and drops its options silently{hint}", UserWarning, stacklevel=2
            )
