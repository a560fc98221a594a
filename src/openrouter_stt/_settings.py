"""What a client was told: arguments first, then the environment, then defaults."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Coroutine, Mapping
from ipaddress import ip_address
from typing import Final, TypeVar
from urllib.parse import SplitResult, urlsplit

import attrs

from ._errors import ConfigurationError
from ._wire import DEFAULT_BASE_URL

DEFAULT_TIMEOUT: Final = 600.0
CONNECT_TIMEOUT: Final = 5.0
LONGEST_TIMEOUT: Final = 1e6  # 11 days; operating systems know no longer wait
T = TypeVar("T")
ApiKey = str | Callable[[], str] | None

_HEADER_VARIABLES: Final = {"HTTP-Referer": "OPENROUTER_HTTP_REFERER", "X-Title": "OPENROUTER_X_TITLE"}
_OURS: Final = frozenset(
    {"accept-encoding", "authorization", "content-length", "content-type", "expect", "host", "transfer-encoding"}
)
_TOKEN: Final = re.compile(r"[-!#$%&'*+.^_`|~0-9A-Za-z]+")  # RFC 9110, 5.6.2
_VISIBLE: Final = re.compile(r"[!-~]+")
_NO_KEY: Final = (
    "no API key: pass api_key=..., or set OPENROUTER_API_KEY; keys are made at https://openrouter.ai/settings/keys. "
    'To run offline without one, install "openrouter-stt[local]" and use model="local/moonshine-tiny"'
)


@attrs.frozen(repr=False)
class Key:
    """Where the API key comes from, in a wrapping that no traceback shows the inside of and no pickle writes down."""

    _source: ApiKey

    def __reduce__(self) -> str:
        raise TypeError("a key is not written down; give it to each client")

    @property
    def is_called(self) -> bool:
        """Whether the key is made anew for each call."""
        return callable(self._source)

    def read(self) -> str:
        """Return the API key. Raises `ConfigurationError` where there is none, or none that a header can carry."""
        key: object = self._source() if callable(self._source) else self._source
        if isinstance(key, Coroutine):
            key.close()
            raise ConfigurationError("the function that gives the API key must be a plain one, not async")
        if isinstance(key, str) and _VISIBLE.fullmatch(key.strip()):
            return key.strip()
        empty = not key or not str(key).strip()
        del key  # a traceback shows what a frame holds
        if empty:
            raise ConfigurationError(_NO_KEY)
        raise ConfigurationError("the API key must be a str of visible ASCII characters; check what was pasted")


@attrs.frozen
class Settings:
    """The checked settings of one client."""

    base_url: str
    timeout: float
    headers: Mapping[str, str]
    strict: bool
    key: Key
    max_audio_size: int  # bytes
    trust_env: bool  # whether the environment's proxies and certificates are used


def settings(
    *,
    key: Key,
    base_url: str | None,
    timeout: float | None,
    headers: Mapping[str, str] | None,
    strict: bool,
    allow_insecure: bool,
    trust_env: bool,
    max_audio_size: int,
) -> Settings:
    """Join arguments, environment and defaults. Raises `ConfigurationError` for what cannot work."""
    if not isinstance(base_url, str | None):
        raise ConfigurationError(f"base_url must be a str, not {type(base_url).__name__}")
    for name, switch in (("strict", strict), ("allow_insecure", allow_insecure), ("trust_env", trust_env)):
        check_switch(name, switch)
    url = (base_url or os.environ.get("OPENROUTER_BASE_URL") or DEFAULT_BASE_URL).strip().rstrip("/")
    _check_url(url, allow_insecure)
    return Settings(
        base_url=url,
        timeout=checked_timeout(timeout if timeout is not None else _environment_timeout()),
        headers=_checked_headers(headers),
        strict=strict,
        key=key,
        max_audio_size=_checked_size(max_audio_size),
        trust_env=trust_env and not _in_clear_to_this_machine(url),
    )


def switched_on(variable: str, *, default: bool) -> bool:
    """Read a switch from the environment: 0, false, no and off turn it off, anything else on."""
    stated = os.environ.get(variable, "").strip()
    return stated.casefold() not in ("0", "false", "no", "off") if stated else default


def check_switch(name: str, switch: object) -> None:
    """Raise `ConfigurationError` for what is neither True nor False: "false" and "0" would turn a switch on."""
    if not isinstance(switch, bool):
        raise ConfigurationError(f"{name} must be True or False, not {switch!r}")


def checked_timeout(timeout: float) -> float:
    """Return the timeout in seconds. Raises `ConfigurationError` unless it is a finite number above 0."""
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 < timeout < math.inf:
        raise ConfigurationError(f"timeout must be a number of seconds above 0, not {timeout!r}")
    return float(min(timeout, LONGEST_TIMEOUT))


def checked_transport(transport: T, *, is_async: bool) -> T:
    """Return what is to send. Raises `ConfigurationError` for what is no httpx transport of the client's kind."""
    method, kind = ("handle_async_request", "AsyncBaseTransport") if is_async else ("handle_request", "BaseTransport")
    if transport is None or (hasattr(transport, method) and not isinstance(transport, type)):
        return transport
    what = f"the class {transport.__name__}" if isinstance(transport, type) else type(transport).__name__
    raise ConfigurationError(f"transport must be an object of httpx.{kind}, not {what}")


def _checked_size(size: int) -> int:
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise ConfigurationError(f"max_audio_size must be a whole number of bytes from 1, not {size!r}")
    return size


def _environment_timeout() -> float:
    stated = os.environ.get("OPENROUTER_STT_TIMEOUT") or DEFAULT_TIMEOUT
    try:
        return float(stated)
    except ValueError:
        raise ConfigurationError(f"OPENROUTER_STT_TIMEOUT must be a number of seconds, not {stated!r}") from None


def _environment_headers() -> dict[str, str]:
    return {name: value for name, key in _HEADER_VARIABLES.items() if (value := os.environ.get(key))}


def _checked_headers(headers: Mapping[str, str] | None) -> Mapping[str, str]:
    if not isinstance(headers, Mapping | None):
        raise ConfigurationError('headers must be a mapping, such as {"X-Title": "My app"}')
    headers = {**_environment_headers(), **(headers or {})}
    for name, value in headers.items():
        if not isinstance(name, str) or not _TOKEN.fullmatch(name) or name.lower() in _OURS:
            raise ConfigurationError(
                f"header {name!r} cannot be set: it is no header's name, or one the client sets (the key by api_key)"
            )
        if not (isinstance(value, str) and value.isascii() and value.isprintable()):
            raise ConfigurationError(f"header {name}: its value must be a str of printable ASCII characters")
    return {name: value.strip() for name, value in headers.items()}


def _check_url(url: str, allow_insecure: bool) -> None:
    parts = _split(url)
    if parts is None:
        raise ConfigurationError(
            f"the base URL must look like {DEFAULT_BASE_URL}, without a user, a query or a fragment; "
            "check base_url and OPENROUTER_BASE_URL"
        )
    if parts.scheme == "http" and not allow_insecure and not _is_loopback(parts):
        raise ConfigurationError(
            f"http://{parts.netloc} would get the API key unencrypted: use https://, or Client(allow_insecure=True)"
        )


def _in_clear_to_this_machine(url: str) -> bool:
    """Tell whether a proxy would see the key of a request that need not go through one."""
    parts = urlsplit(url)
    return parts.scheme == "http" and _is_loopback(parts)


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        return None
    return parts if usable and not (parts.query or parts.fragment or "@" in parts.netloc) else None


def _is_loopback(parts: SplitResult) -> bool:
    try:
        return ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return parts.hostname == "localhost"
