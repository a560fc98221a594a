"""What httpx says went wrong, in our own errors."""

from __future__ import annotations

import re
import socket
import ssl
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, Self

import attrs
import httpx

from ._body import Body
from ._errors import (
    APIConnectionError,
    APITimeoutError,
    ConfigurationError,
    ConnectionErrorKind,
    STTError,
)
from ._exchange import Exchange

_PROXY: Final = "it looks like http://user:password@host:port, with a slash in the password written as %2F"
_CUT: Final = re.compile("disconnected|closed connection")  # how httpx tells a cut connection from garbage


@attrs.define
class InOurWords:
    """Takes the error of a block, `maybe_billed` where all of the body was handed over, and closes the body.

    What is `taken` is to be raised behind the block: inside, it would carry httpx's along, whose request holds the key,
    and the frames of httpx, which hold audio.
    """

    body: Body
    exchange: Exchange
    error: STTError = attrs.field(init=False)
    _handled: BaseException | None = attrs.field(factory=sys.exception, init=False, repr=False)  # by the caller

    def taken(self) -> STTError:
        """Give up the error: its traceback will have the frame that has this, and would keep itself alive."""
        error = self.error
        del self.error
        return error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: object) -> bool:
        self.body.close()
        if isinstance(error, STTError):
            self.error, error.__context__ = error.with_traceback(None), None
        elif isinstance(error, (httpx.HTTPError, TimeoutError, socket.gaierror, UnicodeError)):
            causes = list(_story(error, self._handled))
            self.error = _translated(error, causes, self.body, self.exchange)
            _forget(causes)
        for failure in self.exchange.failures if error is None or hasattr(self, "error") else ():
            _forget(_story(failure, self._handled))
        self.exchange.failures.clear()
        return hasattr(self, "error")


@contextmanager
def settings_in_our_words() -> Iterator[None]:
    """Raise what httpx says of the environment's proxies and certificates as a `ConfigurationError`.

    Of a proxy it repeats what it takes for the port: a part of the password, where that has a slash.
    """
    try:
        yield
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        hint = 'for SOCKS install "httpx[socks]"' if isinstance(error, ImportError) else _PROXY
        raise ConfigurationError(
            f"the proxy of HTTPS_PROXY or ALL_PROXY cannot be used: {hint}, or Client(trust_env=False)"
        ) from None
    except OSError as error:
        raise ConfigurationError(
            f"the certificates of SSL_CERT_FILE or SSL_CERT_DIR cannot be read: {error}; correct or unset them"
        ) from None


def _story(error: BaseException | None, handled: BaseException | None) -> Iterator[BaseException]:
    """Walk down to what the system said; trying several addresses makes a group of errors.

    What the caller handled is no part of it, though Python says so; and what it handled may go in a circle.
    """
    seen = set[int]()
    while handled is not None and id(handled) not in seen:
        seen.add(id(handled))
        handled = handled.__context__
    left = [error]
    while left:
        error = left.pop()
        if error is None or id(error) in seen:
            continue
        seen.add(id(error))
        yield error
        left += [error.__context__, error.__cause__]
        if isinstance(error, BaseExceptionGroup):
            left += reversed(error.exceptions)


def _forget(errors: Iterable[BaseException]) -> None:
    """Take errors out of each circle of errors and frames: the frames hold our audio."""
    for error in errors:
        error.__traceback__ = None


def _translated(error: Exception, causes: Sequence[BaseException], body: Body, exchange: Exchange) -> STTError:
    sent = body.complete
    match error:
        case httpx.ConnectTimeout() | httpx.PoolTimeout() if exchange.left > 0:
            return APIConnectionError(
                f"no connection to {exchange.host} in time; check the network; nothing was sent", kind="timeout"
            )
        case TimeoutError() | httpx.TimeoutException() if not body.begun:
            return APITimeoutError(
                f"the deadline of the call passed, with no connection to {exchange.host} in time; check the network, "
                "or give the call a longer timeout; nothing was sent"
            )
        case TimeoutError() | httpx.TimeoutException():
            outcome = "the outcome is unknown and may be billed" if sent else "the request was not sent whole"
            return APITimeoutError(
                f"the deadline of the call passed; {outcome}; a longer timeout may help", maybe_billed=sent
            )
        case httpx.ProxyError():
            return _proxy_error("refused the connection")
        case httpx.ConnectError() | socket.gaierror():
            return _no_connection(causes, exchange)
        case httpx.UnsupportedProtocol() | httpx.LocalProtocolError() | UnicodeError():
            return ConfigurationError(f"the request cannot be made: {error}; check base_url, headers and the proxy")
        case httpx.RemoteProtocolError() if not _CUT.search(str(error)):
            return APIConnectionError(
                f"{exchange.host} does not speak HTTP; check base_url", kind="protocol", maybe_billed=sent
            )
        case _ if sent and exchange.stale:
            return APIConnectionError(
                "a kept connection was cut as the request was sent; it may have been billed",
                kind="reset",
                maybe_billed=True,
                stale=True,
            )
        case _:
            outcome = "after the request was sent; it may have been billed" if sent else "while the request was sent"
            return APIConnectionError(f"the connection was cut {outcome}", kind="reset", maybe_billed=sent)


_REFUSED: Final = "{host} refused the connection; check base_url and the network"
_CAUSES: Final[tuple[tuple[type[BaseException], ConnectionErrorKind, str], ...]] = (
    (socket.gaierror, "dns", "the name {host} cannot be looked up; check base_url and the network"),
    (ssl.SSLError, "tls", "the certificate or TLS of {host} cannot be accepted; check SSL_CERT_FILE and the clock"),
    (OSError, "refused", _REFUSED),
)
# How OpenSSL says that what came is no TLS, the last one as of 3.2; not every Python knows the reason's name.
_NOT_TLS: Final = re.compile("wrong version number|http request|record layer failure")
_NO_TLS: Final = "{host} speaks no TLS there; check the scheme and port of base_url and of a proxy"


def _no_connection(causes: Sequence[BaseException], exchange: Exchange) -> APIConnectionError:
    if exchange.proxy and not any(isinstance(cause, ssl.SSLError) for cause in causes):
        return _proxy_error("cannot be reached")
    host = "the server or its proxy" if exchange.proxy else exchange.host
    for kind, name, message in _CAUSES:
        for cause in causes:
            if isinstance(cause, kind):
                words = _NO_TLS if _NOT_TLS.search(str(cause)) else message
                return APIConnectionError(f"{words.format(host=host)} ({cause}); nothing was sent", kind=name)
    return APIConnectionError(f"{_REFUSED.format(host=host)}; nothing was sent", kind="refused")


def _proxy_error(what: str) -> APIConnectionError:
    return APIConnectionError(f"the proxy {what}; check HTTPS_PROXY and NO_PROXY; nothing was sent", kind="proxy")
