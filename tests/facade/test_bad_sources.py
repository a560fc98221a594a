"""What is no source is refused at once, and nothing is sent."""

from __future__ import annotations

import base64
import io
import os
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import anyio
import numpy as np
import pytest

from openrouter_stt import Audio, AudioError, ConfigurationError
from tests.support.server import Server
from tests.support.sounds import WAV
from tests.support.worlds import Driver, World

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


def _link_to_fifo(folder: Path, stack: ExitStack) -> Path:
    (folder / "link").symlink_to(_fifo(folder, stack))
    return folder / "link"


def _loop(folder: Path, stack: ExitStack) -> Path:
    (folder / "loop").symlink_to(folder / "loop")
    return folder / "loop"


def _socket(folder: Path, stack: ExitStack) -> str:
    name = os.path.relpath(folder / "socket")  # names of sockets are short
    stack.enter_context(socket.socket(socket.AF_UNIX)).bind(name)
    return name


def _unreadable(folder: Path, stack: ExitStack) -> Path:
    path = _file(folder)
    path.chmod(0)
    if os.geteuid() == 0:
        pytest.skip("root reads everything")
    return path


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
    "missing, deep in folders": (
        lambda folder, _: str(folder.joinpath(*["a folder"] * 40) / "talk.wav"),
        r"no file at '/.*/talk\.wav'; a str",
    ),
    "missing, in one's home": (lambda *_: "~/none.wav", r"no file at '~/none.wav', whose ~ only Path.expanduser\(\)"),
    "bytes that Python printed": (lambda *_: "./" + str(WAV[:300]), r"^\S+ .*a path of [\d,]+ characters"),
    "empty str": (lambda *_: "", "an empty str is no path; a str is a path, so pass audio itself as bytes"),
    "characters of a file": (lambda *_: "RIFF....WAVE", "a str is a path"),
    "base64": (
        lambda *_: base64.b64encode(WAV * 3).decode(),
        r"cannot open a path of [\d,]+ characters \(audio in base64 .*b64decode\): File name too long$",
    ),
    "NUL in a path": (lambda *_: "a\0b.wav", "cannot open"),
    "path beyond a file": (lambda folder, _: _file(folder) / "x", "cannot open"),
    "directory": (lambda folder, _: folder, "is a directory"),
    "FIFO without a writer": (_fifo, "fifo' is no regular file; pass it as an open file, or to the command line as -"),
    "device": (lambda *_: "/dev/zero", "'/dev/zero' is no regular file; pass it as an open"),
    "empty bytes": (lambda *_: b"", "is empty"),
    "empty file": (lambda folder, _: _file(folder, b"", "none.wav"), "none.wav is empty"),
    "empty file object": (lambda *_: io.BytesIO(), "the audio is empty"),
    "empty pipe": (_empty_pipe, "is empty"),
    "file at its end": (_at_its_end, r"talk.wav has nothing left to read at its position; seek\(0\) first"),
    "file in text mode": (lambda folder, stack: stack.enter_context(_file(folder).open(encoding="latin-1")), "binary"),
    "StringIO": (lambda *_: io.StringIO("RIFF"), "binary mode"),
    "closed file": (_closed, "must be open"),
    "async file": (lambda *_: anyio.wrap_file(io.BytesIO(WAV)), "pass what `await file.read\\(\\)` gives.*synchronous"),
    "file that cannot be read": (_without_permission, "not yours"),
    "URL": (lambda *_: "https://example.com/talk.mp3", "a URL is not a source: download it first"),
    "URL as a path": (lambda *_: Path("HTTPS://example.com/talk.mp3"), "a URL is not a source"),
    "URL of a bucket": (lambda *_: "s3://bucket/talk.mp3", "a URL is not a source"),
    "data URL": (lambda *_: "data:audio/wav;base64,UklGRg==", "a URL is not a source: decode its base64"),
    "link to a FIFO": (_link_to_fifo, "link' is no regular file"),
    "socket": (_socket, "cannot open .*socket"),
    "loop of links": (_loop, "cannot open .*loop"),
    "file of another": (_unreadable, "cannot open .*talk.wav.*Permission denied"),
    "a path of 100,000 characters": (lambda *_: "a" * 100_000, "cannot open"),
    "int": (lambda *_: 7, "int is not a source"),
    "None": (lambda *_: None, "NoneType is not a source"),
    "paths": (lambda *_: ["a.wav", "b.wav"], "a call takes one recording; transcribe several one by one"),
    "tuple of paths": (lambda *_: ("a.wav", "b.wav"), "a call takes one recording"),
    "tuple of Paths": (lambda *_: (Path("a.wav"), Path("b.wav")), "a call takes one recording"),
    "list": (lambda *_: [1, 2], "list is not a source"),
    "list of a name and bytes": (lambda *_: ["talk.wav", WAV], "a call takes one recording"),
    "no recordings": (lambda *_: set(), "a call takes one recording"),
    "dict": (lambda *_: {}, "dict is not a source"),
    "name and None": (lambda *_: ("talk.wav", None), "NoneType is not a source"),
    "array without a rate": (lambda *_: np.zeros(100, np.int16), "needs its sample rate"),
}


@pytest.mark.parametrize(("make", "message"), BAD.values(), ids=BAD.keys())
def test_what_is_no_source_is_refused_at_once(
    server: Server, client: Driver, make: MakeSource, message: str, tmp_path: Path
) -> None:
    """The error says what was wrong, briefly; nothing was sent, and nobody waited."""
    began = time.monotonic()
    with ExitStack() as stack, pytest.raises(AudioError, match=message) as caught:
        client.transcribe(make(tmp_path, stack))
    assert time.monotonic() - began < 1
    assert len(str(caught.value)) < 2000
    assert (server.connections, server.requests, caught.value.attempts, caught.value.maybe_billed) == (0, [], 0, False)


SIZED: dict[str, MakeSource] = {
    "file": lambda folder, _: _file(folder),
    "bytes": lambda *_: WAV,
    "name and bytes": lambda *_: ("talk.wav", WAV),
    "file object": lambda *_: io.BytesIO(WAV),
    "Audio": lambda *_: Audio.from_bytes(WAV),
    "pipe": lambda _, stack: _pipe(stack, WAV),
}


def _pipe(stack: ExitStack, data: bytes) -> Any:
    reader, writer = os.pipe()
    os.write(writer, data)
    os.close(writer)
    return stack.enter_context(os.fdopen(reader, "rb"))


@pytest.mark.parametrize("make", SIZED.values(), ids=SIZED.keys())
def test_a_recording_above_the_limit_is_refused(server: Server, world: World, make: MakeSource, tmp_path: Path) -> None:
    """One of as many bytes as the limit is taken."""
    limited = world.client(base_url=server.url, max_audio_size=len(WAV) - 1)
    with ExitStack() as stack, pytest.raises(AudioError, match=r"more than the 1,643 bytes.*max_audio_size"):
        limited.transcribe(make(tmp_path, stack))
    assert server.connections == 0
    with ExitStack() as stack:
        exact = world.client(base_url=server.url, max_audio_size=len(WAV))
        assert exact.transcribe(make(tmp_path, stack)).text == "hello"


def test_a_file_above_the_limit_is_not_read(client: Driver, tmp_path: Path) -> None:
    """By default the limit is 1 GiB, and this file would take minutes."""
    path = tmp_path / "disk.wav"
    with path.open("wb") as file:
        file.truncate(10 * 1024**4)
    with pytest.raises(AudioError, match=r"more than the 1,073,741,824 bytes"):
        client.transcribe(path)


def test_a_pipe_without_end_is_left(world: World) -> None:
    """Little more is read of it than is allowed."""

    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1) -> bytes:
            self.given += max(size, 0)
            return bytes(max(size, 0))

    endless = Endless()
    with pytest.raises(AudioError, match="more than the 5,000,000 bytes"):
        world.client(max_audio_size=5_000_000).transcribe(endless)
    assert endless.given < 7_000_000


@pytest.mark.parametrize("size", [0, -1, 1.5, True, "1 GiB", None])
def test_a_limit_must_be_a_number_of_bytes(world: World, size: Any) -> None:
    with pytest.raises(ConfigurationError, match="whole number of bytes"):
        world.client(max_audio_size=size)
