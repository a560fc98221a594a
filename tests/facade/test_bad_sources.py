"""What is no source is refused at once, and nothing is sent."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import anyio
import numpy as np
import pytest

from openrouter_stt import AudioError
from tests.support.server import Server
from tests.support.sounds import WAV
from tests.support.worlds import Driver

MakeSource = Callable[[Path, ExitStack], Any]


def _file(folder: Path, data: bytes = WAV, name: str = "talk.wav") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def _closed(folder: Path, stack: ExitStack) -> Any:
    with _file(folder).open("rb") as file:
        return file


def _at_its_end(folder: Path, stack: ExitStack) -> Any:
    file = stack.enter_context(_file(folder).open("rb"))
    file.seek(0, os.SEEK_END)
    return file


def _empty_pipe(folder: Path, stack: ExitStack) -> Any:
    reader, writer = os.pipe()
    os.close(writer)
    return stack.enter_context(os.fdopen(reader, "rb"))


def _fifo(folder: Path, stack: ExitStack) -> Path:
    os.mkfifo(folder / "fifo")
    return folder / "fifo"


def _in_bytes(folder: Path, stack: ExitStack) -> os.DirEntry[bytes]:
    _file(folder)
    (entry,) = os.scandir(os.fsencode(folder))
    return entry


def _without_permission(folder: Path, stack: ExitStack) -> Any:
    class Refused(io.RawIOBase):
        def readinto(self, buffer: Any) -> int:
            raise PermissionError("not yours")

        def read(self, size: int = -1) -> bytes:
            raise PermissionError("not yours")

    return Refused()


BAD: dict[str, tuple[MakeSource, str]] = {
    "missing": (lambda folder, _: str(folder / "nothing.wav"), "no file at .*nothing.wav.*a str is a path"),
    "empty str": (lambda *_: "", "an empty str is no path; a str is a path, so pass audio itself as bytes"),
    "characters of a file": (lambda *_: "RIFF....WAVE", "a str is a path"),
    "NUL in a path": (lambda *_: "a\0b.wav", "cannot open"),
    "path beyond a file": (lambda folder, _: _file(folder) / "x", "cannot open"),
    "directory": (lambda folder, _: folder, "is a directory"),
    "FIFO without a writer": (_fifo, "fifo' is no regular file"),
    "device": (lambda *_: "/dev/zero", "'/dev/zero' is no regular file"),
    "empty bytes": (lambda *_: b"", "is empty"),
    "empty file": (lambda folder, _: _file(folder, b"", "none.wav"), "none.wav is empty"),
    "empty file object": (lambda *_: io.BytesIO(), "is empty"),
    "empty pipe": (_empty_pipe, "is empty"),
    "file at its end": (_at_its_end, "is empty"),
    "file in text mode": (lambda folder, stack: stack.enter_context(_file(folder).open(encoding="latin-1")), "binary"),
    "StringIO": (lambda *_: io.StringIO("RIFF"), "binary mode"),
    "closed file": (_closed, "must be open"),
    "async file": (lambda *_: anyio.wrap_file(io.BytesIO(WAV)), "synchronous"),
    "file that cannot be read": (_without_permission, "not yours"),
    "URL": (lambda *_: "https://example.com/talk.mp3", "a URL is not a source"),
    "int": (lambda *_: 7, "int is not a source"),
    "None": (lambda *_: None, "NoneType is not a source"),
    "list": (lambda *_: [1, 2], "list is not a source"),
    "name and None": (lambda *_: ("talk.wav", None), "NoneType is not a source"),
    "array without a rate": (lambda *_: np.zeros(100, np.int16), "needs its sample rate"),
}


@pytest.mark.parametrize(("make", "message"), BAD.values(), ids=BAD.keys())
def test_what_is_no_source_is_refused_at_once(
    server: Server, client: Driver, make: MakeSource, message: str, tmp_path: Path
) -> None:
    """The error says what was wrong; nothing was sent."""
    with ExitStack() as stack, pytest.raises(AudioError, match=message) as caught:
        client.transcribe(make(tmp_path, stack))
    assert (server.requests, caught.value.attempts, caught.value.maybe_billed) == ([], 0, False)
