"""The certificates that are trusted, read once for all clients: it takes tens of milliseconds and half a megabyte."""

from __future__ import annotations

import os
import ssl
from functools import lru_cache

import httpx


def trusted(trust_env: bool) -> ssl.SSLContext:
    """Return what httpx trusts by itself, with SSL_CERT_FILE or SSL_CERT_DIR where the environment is heeded.

    Raises OSError for certificates that cannot be read.
    """
    named = [os.environ.get(name) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR")] if trust_env else []
    return _read(trust_env, *((place, _state(place)) for place in named))


@lru_cache(maxsize=4)
def _read(trust_env: bool, *_: object) -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=trust_env)


def _state(place: str | None) -> tuple[int, int, int] | None:
    """Tell one content of a place from another."""
    try:
        status = os.stat(place or "")  # noqa: PTH116  Path("") is the current folder
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns
