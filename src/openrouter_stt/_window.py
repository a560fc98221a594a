"""A stream over a function that reads at an offset."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, BinaryIO, Protocol

if TYPE_CHECKING:
    from typing_extensions import Buffer


class ReadAt(Protocol):
    """Reads up to `count` bytes at `offset`."""

    def __call__(self, offset: int, count: int, /) -> bytes: ...


class Window(io.RawIOBase):
    """A raw, seekable stream over `read_at`, with a position of its own."""

    def __init__(self, read_at: ReadAt, size: int, owned: BinaryIO | None = None) -> None:
        self._read_at, self._size, self._owned, self._position = read_at, size, owned, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        self._position = max(base + offset, 0)
        return self._position

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer)
        wanted = max(min(view.nbytes, self._size - self._position), 0)
        block = self._read_at(self._position, wanted) if wanted else b""
        view[: len(block)] = block
        self._position += len(block)
        return len(block)

    def close(self) -> None:
        if self._owned is not None:
            self._owned.close()
        super().close()
