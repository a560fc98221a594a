"""Undo the compression of an answer, which nobody asked for, within bounds."""

from __future__ import annotations

import zlib
from typing import Final

from ._errors import APIResponseError

LARGEST_ANSWER: Final = 64 * 1024 * 1024  # bytes, decompressed


def decompressed(body: bytes, encoding: str) -> bytes:
    """Return an answer without its compression. Raises `APIResponseError` where it is too large or cannot be undone."""
    if encoding.strip().lower() in ("", "identity") or body.lstrip().startswith(b"{"):
        return body
    plain = bytearray()
    while body:  # a gzip file may have several members
        unzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # gzip or zlib, by its header
        try:
            plain += unzip.decompress(body, LARGEST_ANSWER + 1 - len(plain))
        except zlib.error:
            raise _unreadable(encoding) from None
        if len(plain) > LARGEST_ANSWER:
            raise too_large()
        if not unzip.eof:
            raise _unreadable(encoding)
        body = unzip.unused_data
    return bytes(plain)


def _unreadable(encoding: str) -> APIResponseError:
    return APIResponseError(
        f"the answer came compressed ({encoding}) and cannot be read; it may have been billed", maybe_billed=True
    )


def too_large() -> APIResponseError:
    """Make the error of an answer above the limit."""
    return APIResponseError(f"the answer is larger than {LARGEST_ANSWER:,} bytes", maybe_billed=True)
