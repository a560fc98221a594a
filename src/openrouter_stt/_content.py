"""Where the bytes of a recording come from: each content knows its size and can be read again from its start."""

from __future__ import annotations

import inspect
import io
import os
import re
import stat
import tempfile
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, Protocol, cast

import attrs

from ._errors import AudioError
from ._window import ReadAt, Window

if TYPE_CHECKING:
    from typing_extensions import Buffer

SPOOL_LIMIT = 8 * 1024 * 1024  # a stream without seek() is kept in memory up to here, in a temporary file above
COARSEST = 2_000_000_000  # nanoseconds: FAT's
BLOCK = 1024 * 1024
LONGEST_SHOWN = 255  # characters, of a path in a message
LONGEST_WITH_SUFFIX = 1000
_SUFFIX = re.compile(r"\.\w{1,5}")  # of a file; neither base64 nor what Python prints of bytes ends so
_IRREGULAR = "no regular file; pass it as an open file, or to the command line as -"


class Content(Protocol):
    """Bytes of a known size that can be read any number of times."""

    @property
    def size(self) -> int:
        """How many bytes there are."""
        ...

    def open(self) -> BinaryIO:
        """Open a fresh, seekable pass over the bytes; the caller closes it."""
        ...

    def intact(self) -> bool:
        """Tell whether the bytes still are what they were when this content was made, as far as can be known."""
        ...


@attrs.frozen
class BytesContent:
    """Bytes in memory, not copied."""

    data: memoryview = attrs.field(repr=False)

    @classmethod
    def of(cls, data: Buffer) -> BytesContent:
        view = memoryview(data)
        return cls((view if view.c_contiguous else memoryview(view.tobytes())).cast("B"))

    @property
    def size(self) -> int:
        return self.data.nbytes

    def open(self) -> BinaryIO:
        whole = self.data.obj
        if type(whole) is bytes and len(whole) == self.size:
            return io.BytesIO(whole)  # shares it
        return cast(BinaryIO, io.BufferedReader(Window(_read_view(self.data), self.size)))

    def intact(self) -> bool:
        return True


@attrs.frozen
class FileContent:
    """A regular file, which must not change between the look at it and the last byte read."""

    path: Path
    identity: tuple[int, int, int] = attrs.field(repr=False)  # inode, size in bytes, mtime in nanoseconds

    @classmethod
    def of(cls, path: Path) -> FileContent:
        descriptor, status = _open_regular(path)
        os.close(descriptor)
        return cls(path, _identity(status))

    @property
    def size(self) -> int:
        return self.identity[1]

    def open(self) -> BinaryIO:
        descriptor, status = _open_regular(self.path)
        if _identity(status) != self.identity:
            os.close(descriptor)
            raise AudioError(f"{self.path} was changed while it was used; transcribe it again")
        return os.fdopen(descriptor, "rb")

    def settled(self) -> bool:
        """Tell whether a change from now on will show in the file's time; clocks of some file systems are coarse."""
        return time.time_ns() - self.identity[2] > COARSEST

    def intact(self) -> bool:
        try:
            status = self.path.stat()
        except OSError:
            return False
        return _identity(status) == self.identity


@attrs.frozen
class StreamContent:
    """What a seekable binary file object holds from the position it was given at; the object stays the caller's."""

    file: IO[bytes] = attrs.field(repr=False)
    start: int
    size: int
    lock: threading.Lock = attrs.field(repr=False, eq=False)  # one for all contents of a file

    def open(self) -> BinaryIO:
        def read_at(offset: int, count: int) -> bytes:
            with self._held():
                self.file.seek(self.start + offset)
                return self.file.read(count)

        return cast(BinaryIO, io.BufferedReader(Window(read_at, self.size)))

    def intact(self) -> bool:
        with self._held():
            return _end_of(self.file) == self.start + self.size

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Keep the position to one reader; the file is the caller's, who may have closed it."""
        with self.lock:
            try:
                yield
            except (OSError, ValueError) as error:
                raise AudioError(f"the file object cannot be read any more: {error}") from None


@attrs.frozen
class JoinedContent:
    """A content between a header and a footer."""

    header: bytes = attrs.field(repr=False)
    middle: Content
    footer: bytes = attrs.field(default=b"", repr=False)

    @property
    def size(self) -> int:
        return len(self.header) + self.middle.size + len(self.footer)

    def open(self) -> BinaryIO:
        middle = self.middle.open()
        end = len(self.header) + self.middle.size

        def read_at(offset: int, count: int) -> bytes:
            if offset < len(self.header):
                return self.header[offset : offset + count]
            if offset >= end:
                return self.footer[offset - end : offset - end + count]
            middle.seek(offset - len(self.header))
            return middle.read(min(count, end - offset))

        return cast(BinaryIO, io.BufferedReader(Window(read_at, self.size, middle)))

    def intact(self) -> bool:
        return self.middle.intact()


def stream_content(file: IO[bytes], most: int) -> Content:
    """Take a file object from its present position; what cannot be read twice is kept in a temporary file.

    Of that not much more than `most` bytes are read, which is for the caller to refuse.
    """
    _require_binary(file)
    if not _seekable(file):
        return _spooled(file, most)
    with (lock := _lock_of(file)):
        start = file.tell()
        size = max(_end_of(file) - start, 0)
        file.seek(start)
    return StreamContent(file, start, size, lock)


def at_the_end(content: Content) -> bool:
    """Tell whether a file object was given with its position behind all that it holds."""
    return isinstance(content, StreamContent) and content.start > 0 and content.size == 0


_locks: weakref.WeakKeyDictionary[IO[bytes], threading.Lock] = weakref.WeakKeyDictionary()


def _lock_of(file: IO[bytes]) -> threading.Lock:
    try:
        return _locks.setdefault(file, threading.Lock())
    except TypeError:  # of a kind that cannot be a key
        return threading.Lock()


def _end_of(file: IO[bytes]) -> int:
    return file.seek(0, os.SEEK_END)


def _require_binary(file: IO[bytes]) -> None:
    nothing: object = file.read(0)
    if not isinstance(nothing, bytes | bytearray | memoryview):
        if inspect.iscoroutine(nothing):
            nothing.close()
            raise TypeError("its read() is async, so pass what `await file.read()` gives")
        raise TypeError(f"its read() gives {type(nothing).__name__}, not bytes")


def _seekable(file: IO[bytes]) -> bool:
    try:
        return file.seekable()
    except AttributeError:
        return False


def _spooled(file: IO[bytes], most: int) -> Content:
    spool = tempfile.SpooledTemporaryFile(SPOOL_LIMIT)  # noqa: SIM115  lives as long as its content
    size = 0
    while size <= most and (block := file.read(BLOCK)):
        size += spool.write(block)
    content = StreamContent(cast("IO[bytes]", spool), 0, size, threading.Lock())
    weakref.finalize(content, spool.close)
    return content


def _open_regular(path: Path) -> tuple[int, os.stat_result]:
    """Open without waiting on what is no file: a named pipe without a writer would block for ever."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        home = ", whose ~ only Path.expanduser() makes your home" if str(path).startswith("~") else ""
        raise AudioError(f"no file at {_shown(path)}{home}; a str is a path, so pass audio itself as bytes") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise AudioError(f"cannot open {_shown(path)}: {reason}") from None
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        kind = "a directory" if stat.S_ISDIR(status.st_mode) else _IRREGULAR
        raise AudioError(f"{str(path)!r} is {kind}")
    return descriptor, status


def _shown(path: Path) -> str:
    """Return a path for a message; a str that is audio, in base64 or as Python prints bytes, is not repeated."""
    text = str(path)
    if len(text) <= (LONGEST_WITH_SUFFIX if _SUFFIX.fullmatch(path.suffix) else LONGEST_SHOWN):
        return repr(text)
    return f"a path of {len(text):,} characters (audio in base64 is to be decoded, by base64.b64decode)"


def _identity(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_ino, status.st_size, status.st_mtime_ns


def _read_view(data: memoryview) -> ReadAt:
    return lambda offset, count: bytes(data[offset : offset + count])
