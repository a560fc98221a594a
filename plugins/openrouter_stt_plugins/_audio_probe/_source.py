"""Bounded reading of an untrusted file."""

from __future__ import annotations

from typing import BinaryIO

_BUDGET = 1 << 20
_LEAST_READ = 64


class Source:
    """Random access to a file that ends early, as far as a parser can tell, once its budget is spent.

    A parser has to cope with the end of the file anywhere; making a spent budget look the same keeps every
    loop over hostile sizes finite without a second kind of failure. Every read costs at least 64 bytes of the
    budget, so that the number of reads is bounded too.
    """

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.size = size
        self._file = file
        self._budget: int = _BUDGET
        self._block = b""
        self._block_start = 0

    def read(self, offset: int, length: int) -> bytes:
        """Bytes from `offset` on: `length` of them, or fewer where the file ends."""
        start = offset - self._block_start
        if not 0 <= start <= start + length <= len(self._block):
            self._load(offset, max(length, _LEAST_READ))
            start = 0
        self._budget -= _LEAST_READ
        return self._block[start : start + length] if self._budget >= 0 else b""

    def _load(self, offset: int, length: int) -> None:
        length = min(length, self.size - offset, self._budget)
        self._block_start = offset
        self._block = b""
        if length > 0:
            self._budget -= length
            self._file.seek(offset)
            self._block = self._file.read(length)
