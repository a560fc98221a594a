"""The errors of the library, in one tree.

STTError
├── ConfigurationError
├── AudioError
├── PluginError
└── APIError
    ├── APIConnectionError
    ├── APITimeoutError
    ├── APIResponseError
    └── APIStatusError
        └── one class per status the API documents, written by the generator
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from openrouter_stt_api import errors
from openrouter_stt_api.errors import *  # noqa: F403  the generator decides which statuses have a class
from openrouter_stt_api.errors import APIError, STTError
from openrouter_stt_api.errors import error_class as error_class  # noqa: PLC0414  for _answer

ConnectionErrorKind = Literal["dns", "refused", "tls", "proxy", "reset", "protocol", "timeout"]


class ConfigurationError(STTError):
    """The client was set up or called in a way that cannot work: no key, unknown option, missing extra ..."""


class AudioError(STTError):
    """The audio cannot be sent: missing, unreadable, empty, of no known format, or changed while it was sent."""


class PluginError(STTError):
    """A plugin cannot be used, or broke the contract of a hook."""


class APIConnectionError(APIError):
    """The exchange with the server broke off.

    `kind` says where: "dns" (name look-up), "refused" (no connection), "timeout" (no connection in time), "tls",
    "proxy", "reset" (the connection was cut), "protocol" (what came back was not HTTP). `stale` tells that a connection
    kept from an earlier call was cut as the request came in, before a byte of an answer: most likely the server had
    closed it, and never saw the request.
    """

    def __init__(
        self,
        message: str,
        *,
        kind: ConnectionErrorKind,
        attempts: int = 0,
        maybe_billed: bool = False,
        retry_after: float | None = None,
        request_id: str | None = None,
        stale: bool = False,
    ) -> None:
        super().__init__(
            message,
            attempts=attempts,
            maybe_billed=maybe_billed,
            retry_after=retry_after,
            request_id=request_id,
        )
        self.kind: ConnectionErrorKind = kind
        self.stale = stale


class APITimeoutError(APIError):
    """The deadline of the call passed before an answer was there."""


class APIResponseError(APIError):
    """The server reported success, with an answer that cannot be used."""


if not TYPE_CHECKING:  # checkers want a literal list; without one they take the names above and the star's
    __all__ = [  # noqa: PLE0604  a star in it
        "APIConnectionError",
        "APIResponseError",
        "APITimeoutError",
        "AudioError",
        "ConfigurationError",
        "PluginError",
        *errors.__all__,
    ]
