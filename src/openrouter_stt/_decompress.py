"""Undo the compression of an answer, which nobody asked for, within bounds."""

from __future__ import annotations

import zlib
from typing import Final

from ._errors import APIResponseError

LARGEST_ANSWER: Final = 64 * 1024 * 1024  # bytes, decompressed
LARGEST_ERROR: Final = 64 * 1024  # of the body of an answer that is no success
MOST_CODINGS: Final = 3  # one inside the other
MOST_MEMBERS: Final = 100  # a gzip file may have several; what is left is copied for each
_GZIP_OR_ZLIB: Final = zlib.MAX_WBITS | 32
_DEFLATE: Final = -zlib.MAX_WBITS  # what "deflate" means to some servers (RFC 9110, 8.4.1.2)
_ZLIB: Final = frozenset({"gzip", "x-gzip", "deflate"})
_NAMES: Final = _ZLIB | {"br", "compress", "zstd"}  # other words of a server are not repeated


def decompressed(body: bytes | bytearray, encoding: str, most: int) -> bytes | bytearray:
    """Return an answer without its compression. Raises `APIResponseError` where it is too large or cannot be undone."""
    codings = [coding.strip().lower() for coding in encoding.split(",")]
    codings = [coding for coding in codings if coding not in ("", "identity")]
    for coding in reversed(codings):
        if not body or body[:64].lstrip().startswith(b"{"):  # not compressed after all
            break
        if coding not in _ZLIB or len(codings) > MOST_CODINGS:
            raise _unreadable(codings)
        try:
            body = _inflated(body, _GZIP_OR_ZLIB, most)
        except zlib.error:
            body = _raw(body, codings, most)
    return body


def _raw(body: bytes | bytearray, codings: list[str], most: int) -> bytearray:
    try:
        return _inflated(body, _DEFLATE, most)
    except zlib.error:
        raise _unreadable(codings) from None


def _inflated(body: bytes | bytearray, wbits: int, most: int) -> bytearray:
    """Undo one compression. Raises `zlib.error` for what is wrong, cut short or in too many members."""
    plain = bytearray()
    for _ in range(MOST_MEMBERS):
        unzip = zlib.decompressobj(wbits=wbits)
        while not unzip.eof:
            block = unzip.decompress(body, 1024 * 1024)  # pragma: no mutate  only how much of it at once
            plain += block
            if len(plain) > most:
                raise too_large(most)
            body = unzip.unconsumed_tail
            if not (block or body or unzip.eof):
                raise zlib.error("cut short")
        body = unzip.unused_data
        if not body:
            return plain
    raise zlib.error("too many members")


def _unreadable(codings: list[str]) -> APIResponseError:
    names = ", ".join(coding if coding in _NAMES else "unknown" for coding in codings[:MOST_CODINGS])
    return APIResponseError(
        f"the answer came compressed ({names}) and cannot be read; it may have been billed", maybe_billed=True
    )


def too_large(most: int) -> APIResponseError:
    """Make the error of an answer above the limit."""
    return APIResponseError(f"the answer is larger than {most:,} bytes; it may have been billed", maybe_billed=True)
