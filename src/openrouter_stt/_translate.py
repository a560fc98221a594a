"""What httpx says went wrong, in our own errors."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import httpx

from ._body import Body
from ._errors import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    ConfigurationError,
    ConnectionErrorKind,
)

_CUT: Final = re.compile("disconnected|closed connection")  # how httpx tells a cut connection from garbage


@contextmanager
def in_our_words(body: Body) -> Iterator[None]:
    """Raise httpx's errors as ours, `maybe_billed` where all of the body was handed over, and close the body."""
    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        raise _translated(error, body.complete) from None
    finally:
        body.close()


@contextmanager
def proxies_in_our_words() -> Iterator[None]:
    """Raise what httpx says of the environment's proxies as a `ConfigurationError`."""
    try:
        yield
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        raise ConfigurationError(f"the proxy of HTTPS_PROXY or ALL_PROXY cannot be used: {error}") from None


def _translated(error: Exception, sent: bool) -> APIError | ConfigurationError:
    match error:
        case httpx.ConnectTimeout() | httpx.PoolTimeout():
            return APIConnectionError("no connection to the server in time; nothing was sent", kind="timeout")
        case TimeoutError() | httpx.TimeoutException():
            outcome = "the outcome is unknown and may be billed" if sent else "the request was not sent whole"
            return APITimeoutError(f"the deadline of the call passed; {outcome}", maybe_billed=sent)
        case httpx.ProxyError():
            return APIConnectionError("the proxy refused the connection; check HTTPS_PROXY and NO_PROXY", kind="proxy")
        case httpx.ConnectError():
            return _no_connection(error)
        case httpx.UnsupportedProtocol() | httpx.InvalidURL() | httpx.LocalProtocolError():
            return ConfigurationError(f"the request cannot be made: {error}; check base_url, headers and the proxy")
        case httpx.RemoteProtocolError() if not _CUT.search(str(error)):
            return APIConnectionError(
                "the server does not speak HTTP; check base_url", kind="protocol", maybe_billed=sent
            )
        case _:
            outcome = "after the request was sent; it may have been billed" if sent else "while the request was sent"
            return APIConnectionError(f"the connection was cut {outcome}", kind="reset", maybe_billed=sent)


_CAUSES: Final[tuple[tuple[type[BaseException], ConnectionErrorKind, str], ...]] = (
    (socket.gaierror, "dns", "the server's name cannot be looked up; check base_url and the network"),
    (ssl.SSLError, "tls", "the server's certificate or TLS cannot be accepted; check SSL_CERT_FILE and the clock"),
)


def _no_connection(error: Exception) -> APIConnectionError:
    causes = list(_causes(error))
    for kind, name, message in _CAUSES:
        for cause in causes:
            if isinstance(cause, kind):
                return APIConnectionError(f"{message} ({cause}); nothing was sent", kind=name)
    return APIConnectionError(
        "the server refused the connection; check base_url and the network; nothing was sent", kind="refused"
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Walk down to what the system said; trying several addresses makes a group of errors."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for each in error.exceptions:
                yield from _causes(each)
        error = error.__cause__ or error.__context__
