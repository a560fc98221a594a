"""Every kind of source arrives at the server byte by byte."""

from __future__ import annotations

import array
import io
import mmap
import os
import socket
import tempfile
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from openrouter_stt import Audio
from tests.support.server import Answer, Server
from tests.support.sounds import WAV, wav
from tests.support.worlds import Driver

MakeSource = Callable[[Path, ExitStack], Any]


def _file(folder: Path, data: bytes = WAV, name: str = "talk.wav") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def _mapped(folder: Path, stack: ExitStack) -> mmap.mmap:
    file = stack.enter_context(_file(folder).open("rb"))
    return stack.enter_context(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _at_a_position(folder: Path, stack: ExitStack) -> io.BytesIO:
    file = io.BytesIO(b"a header of ten words" + WAV)
    file.seek(-len(WAV), os.SEEK_END)
    return file


def _fed(target: Any, stack: ExitStack, data: bytes = WAV) -> None:
    """Write from a thread, as another process would."""

    def feed() -> None:
        with target:
            target.write(data)

    thread = threading.Thread(target=feed)
    thread.start()
    stack.callback(thread.join)


def _pipe(folder: Path, stack: ExitStack) -> Any:
    reader, writer = os.pipe()
    _fed(os.fdopen(writer, "wb"), stack)
    return stack.enter_context(os.fdopen(reader, "rb"))


def _socket(folder: Path, stack: ExitStack) -> Any:
    reader, writer = socket.socketpair()
    _fed(writer.makefile("wb"), stack)
    writer.close()
    stack.enter_context(reader)
    return stack.enter_context(reader.makefile("rb"))


def _spooled(folder: Path, stack: ExitStack) -> Any:
    file = stack.enter_context(tempfile.SpooledTemporaryFile())  # noqa: SIM115  the stack closes it
    file.write(WAV)
    file.seek(0)
    return file


class OnlyReads:
    """The least that a file object can be."""

    def __init__(self) -> None:
        self.read = io.BytesIO(WAV).read


class Unhashable(io.BytesIO):
    """A file object that cannot be a key, as one that compares by its content is."""

    __hash__ = None  # type: ignore[assignment]


SOURCES: dict[str, MakeSource] = {
    "str": lambda folder, _: str(_file(folder)),
    "path": lambda folder, _: _file(folder),
    "name of no extension": lambda folder, _: _file(folder, name="Aufnahme für Änne"),
    "bytes": lambda *_: WAV,
    "bytearray": lambda *_: bytearray(WAV),
    "memoryview": lambda *_: memoryview(WAV),
    "memoryview with steps": lambda *_: memoryview(bytes(b for byte in WAV for b in (byte, 0)))[::2],
    "mmap": _mapped,
    "array": lambda *_: array.array("h", WAV),
    "file": lambda folder, stack: stack.enter_context(_file(folder).open("rb")),
    "file without a buffer": lambda folder, stack: stack.enter_context(_file(folder).open("rb", buffering=0)),
    "BytesIO": lambda *_: io.BytesIO(WAV),
    "BytesIO at a position": _at_a_position,
    "pipe": _pipe,
    "socket": _socket,
    "SpooledTemporaryFile": _spooled,
    "object that only reads": lambda *_: OnlyReads(),
    "object without a hash": lambda *_: Unhashable(WAV),
    "name and bytes": lambda *_: ("talk.wav", WAV),
    "name and file": lambda *_: ("talk.wav", io.BytesIO(WAV)),
    "Audio of bytes": lambda *_: Audio.from_bytes(WAV),
    "Audio of a path": lambda folder, _: Audio.from_path(_file(folder)),
    "Audio of a file": lambda *_: Audio.from_file(io.BytesIO(WAV)),
}


@pytest.mark.parametrize("make", SOURCES.values(), ids=SOURCES.keys())
def test_each_kind_of_source_arrives_whole(server: Server, client: Driver, make: MakeSource, tmp_path: Path) -> None:
    with ExitStack() as stack:
        client.transcribe(make(tmp_path, stack))
    assert (server.last.audio, server.last.format) == (WAV, "wav")


SEVERAL_BLOCKS = wav(bytes(range(256)) * 800)


@pytest.mark.parametrize(
    "make", [io.BytesIO, Audio.from_bytes, lambda data: ("talk.wav", data)], ids=["file", "bytes", "named"]
)
@pytest.mark.parametrize("length", [3 * 65_536, 3 * 65_536 + 1, len(SEVERAL_BLOCKS) - 1, len(SEVERAL_BLOCKS)])
def test_no_length_is_cut_where_blocks_meet(server: Server, client: Driver, make: Any, length: int) -> None:
    """Base64 pads the end of the audio alone."""
    data = SEVERAL_BLOCKS[:length]
    client.transcribe(make(data), format="wav")
    assert server.last.audio == data


def test_a_file_object_stays_the_caller_s(server: Server, client: Driver) -> None:
    """It is neither closed nor used up: the same bytes are sent for a second call from the same place."""
    file = io.BytesIO(WAV)
    client.transcribe(file)
    file.seek(0)
    client.transcribe(file)
    assert server.requests[0].body == server.requests[1].body


def test_a_long_pipe_can_be_sent_again(
    clock: object, server: Server, client: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is longer than memory is meant for is kept in a temporary file, for further attempts."""
    monkeypatch.setattr("openrouter_stt._content.SPOOL_LIMIT", 1000)
    server.will(Answer(503))
    with ExitStack() as stack:
        client.transcribe(_pipe(Path(), stack))
    assert [request.audio for request in server.requests] == [WAV, WAV]
