"""Threads may send one file object at once, each the whole of it."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

import pytest

from openrouter_stt import Audio
from tests.support.server import Server
from tests.support.sounds import wav
from tests.support.worlds import Driver

DATA = wav(os.urandom(1_500_000))  # of several blocks
Open = Callable[[Path], IO[bytes]]


class _Yielding(io.BytesIO):
    """Lets other threads in behind each move, as a slow disk does."""

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        position = super().seek(offset, whence)
        time.sleep(0)
        return position


def _in_memory(folder: Path) -> IO[bytes]:
    return _Yielding(DATA)


def _on_disk(folder: Path) -> IO[bytes]:
    path = folder / "talk.wav"
    path.write_bytes(DATA)
    return path.open("rb")


@pytest.mark.parametrize("opened", [_in_memory, _on_disk])
@pytest.mark.parametrize("audios", [1, 8])
def test_threads_share_a_file_object(server: Server, client: Driver, tmp_path: Path, opened: Open, audios: int) -> None:
    """Through one `Audio`, and through eight that were made of it one after the other."""
    with opened(tmp_path) as file, ThreadPoolExecutor(8) as threads:
        made = [Audio.from_file(file) for _ in range(audios)]
        results = list(threads.map(client.transcribe, made * (8 // audios)))
    assert [result.text for result in results] == ["hello"] * 8
    assert [request.audio == DATA for request in server.requests] == [True] * 8


def test_an_audio_may_be_made_of_a_file_object_that_was_sent(server: Server, client: Driver) -> None:
    """From wherever the caller has put it since."""
    file = io.BytesIO(b"front matter" + DATA)
    for _ in range(2):
        file.seek(len(b"front matter"))
        client.transcribe(Audio.from_file(file))
    assert [request.audio == DATA for request in server.requests] == [True] * 2


class _Unhashable(_Yielding):
    """Can be no key of a dictionary."""

    __hash__ = None  # type: ignore[assignment]


def test_threads_share_an_audio_of_any_kind_of_file(server: Server, client: Driver) -> None:
    """One `Audio` keeps its readers apart by itself."""
    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(client.transcribe, [Audio.from_file(_Unhashable(DATA))] * 4))
    assert [result.text for result in results] == ["hello"] * 4
    assert [request.audio == DATA for request in server.requests] == [True] * 4
