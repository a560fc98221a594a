"""The one place where the facade meets generated models: a call becomes a request, a reply becomes an answer."""

from __future__ import annotations

import contextlib
import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from functools import cache, lru_cache
from secrets import token_hex
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Final, TypeVar, Union, get_args, get_origin, is_typeddict

import attrs

from openrouter_stt_api import DEFAULT_BASE_URL, operation
from openrouter_stt_api.options import OPTIONS, Option, TranscriptionOptions
from openrouter_stt_api.providers import PROVIDER_SLUGS

from ._audio import Audio
from ._body import Body
from ._errors import ConfigurationError

if TYPE_CHECKING:
    from openrouter_stt_api.operation import Answer

__all__ = [
    "DEFAULT_BASE_URL",
    "OPTIONS",
    "Answer",
    "Option",
    "Request",
    "TranscriptionOptions",
    "checked_options",
    "read_response",
    "request_of",
]

T = TypeVar("T")
_MARKER: Final = token_hex(16)  # stands for the audio in the JSON text; nobody can guess it
_ENCODER: Final = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
_FIELDS: Final = {option.name: option.field or option.name for option in OPTIONS}
_SCALARS: Final[Mapping[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "json": (),
}
_KINDS: Final = {option.name: _SCALARS[option.kind] for option in OPTIONS}


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
    """Return the options that are set (None says not).

    Raises `ConfigurationError` for one the spec does not know, or knows as a value of another kind.
    """
    if not options:
        return {}
    for name in options:
        if name not in _FIELDS:
            close = get_close_matches(name, [*_FIELDS, "format", "timeout"], 1)
            known = f"there are {', '.join(sorted(_FIELDS))}; settings such as base_url go to Client(...)"
            hint = f"did you mean {close[0]!r}?" if close else known
            raise ConfigurationError(f"the API has no option {name!r}; {hint}")
        _check_kind(name, options[name])
    if _is_object("provider") and not isinstance(options.get("provider"), Mapping | None):
        raise ConfigurationError('provider must be a mapping, such as {"options": {"openai": {...}}}')
    try:
        return {name: _copied(value) for name, value in options.items() if value is not None}
    except RecursionError:
        raise ConfigurationError("the options do not fit the API: they are nested too deeply") from None


def _check_kind(name: str, value: object) -> None:
    kinds = _KINDS[name]
    fits = isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))  # which Python counts as an int
    if kinds and value is not None and not fits:
        wanted = " or ".join(kind.__name__ for kind in kinds)
        raise ConfigurationError(f"{name} must be {wanted}, not {type(value).__name__}")


@cache
def _is_object(name: str) -> bool:
    """Tell whether the spec knows an option as an object, and as nothing else."""
    stated = TranscriptionOptions.__annotations__.get(name)
    kinds = set(get_args(stated) if get_origin(stated) in (Union, UnionType) else (stated,)) - {NoneType}
    return all(is_typeddict(kind) or get_origin(kind) is Mapping for kind in kinds)


def _copied(value: Any) -> Any:
    """Return a copy of JSON's kind, which nobody else can change, and whose objects are dicts."""
    if isinstance(value, Mapping):
        return {name: _copied(item) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
        return [_copied(item) for item in value]
    return value


def request_of(model: str, options: Mapping[str, Any], audio: Audio) -> Request:
    """Make the request for encoded audio. Raises `ConfigurationError` where the options do not fit the spec."""
    fields = {
        **{_FIELDS[name]: value for name, value in checked_options(options).items()},
        "model": model,
        "input_audio": {"data": _MARKER, "format": audio.format},
    }
    try:
        method, path, headers, prefix, suffix = _around_audio(_ENCODER.encode(fields))
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise ConfigurationError(f"the options do not fit the API: {error}") from None
    _warn_of_unknown_providers(options)
    return Request(method, path, headers, audio, prefix, suffix)


@lru_cache(maxsize=16)
def _around_audio(fields: str) -> tuple[str, str, Mapping[str, str], bytes, bytes]:
    """Write a request of these fields, given as JSON, once for all calls that differ in their audio alone."""
    kwargs = operation.request(json.loads(fields))
    prefix, _, suffix = _ENCODER.encode(kwargs["json"]).partition(_MARKER)
    return kwargs["method"], kwargs["url"], kwargs["headers"], prefix.encode(), suffix.encode()


def read_response(document: Mapping[str, Any]) -> Answer | None:
    """Read an answer's JSON object, which has a text; other fields that do not fit the spec are left out.

    Returns None where nothing fits: a paid text is not lost for it.
    """
    if not isinstance(document.get("usage"), dict | None):  # generated code takes it for an object without looking
        document = {name: value for name, value in document.items() if name != "usage"}
    return fitting(operation.answer, document)


def fitting(read: Callable[[Mapping[str, Any]], T], document: Mapping[str, Any]) -> T | None:
    """Read a document without the optional fields that make generated code raise; None if a needed one does."""
    with contextlib.suppress(Exception):
        return read(document)
    for left_out in [name for name in document if name != "text"]:
        with contextlib.suppress(Exception):
            return read({name: value for name, value in document.items() if name != left_out})
    kept: dict[str, Any] = {"text": document["text"]}
    for name, value in document.items():
        with contextlib.suppress(Exception):
            read({**kept, name: value})
            kept[name] = value
    with contextlib.suppress(Exception):
        return read(kept)
    return None


def _warn_of_unknown_providers(options: Mapping[str, Any]) -> None:
    provider = options.get("provider")
    slugs: Any = provider.get("options") if isinstance(provider, Mapping) else None
    for slug in slugs if isinstance(slugs, Mapping) else ():
        if PROVIDER_SLUGS and slug not in PROVIDER_SLUGS:
            close = get_close_matches(str(slug), PROVIDER_SLUGS, 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            warnings.warn(
                f"the API knows no provider {slug!r} and drops its options silently{hint}", UserWarning, stacklevel=2
            )
