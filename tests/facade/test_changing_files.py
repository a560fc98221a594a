"""A recording that changes under way is never sent whole, and one may be shared."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from openrouter_stt import Audio, AudioError
from tests.support.server import Answer, Server
from tests.support.sounds import WAV, wav
from tests.support.worlds import MODEL, Driver


def _file(folder: Path, data: bytes = WAV, name: str = "talk.wav") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def _grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def _shrink(path: Path) -> None:
    os.truncate(path, 100_000)


def _replace(path: Path) -> None:
    other = path.with_suffix(".new")
    other.write_bytes(path.read_bytes())
    other.replace(path)


def _remove(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("change", [_grow, _shrink, _replace, _remove])
def test_a_file_that_changes_while_it_is_sent_is_never_sent_whole(
    server: Server, client: Driver, change: Callable[[Path], None], tmp_path: Path
) -> None:
    """The server reads on when the file has changed; it must not get a request that it could answer."""
    path = _file(tmp_path, wav(bytes(16 * 1024 * 1024)))  # more than the buffers between two sockets hold
    server.will(Answer(meanwhile=lambda: change(path)))
    with pytest.raises(AudioError, match="was changed while it was sent") as caught:
        client.transcribe(path)
    client.close()
    assert caught.value.attempts == 1
    assert not any(request.complete for request in server.requests)


@pytest.mark.parametrize("change", [_grow, _replace])
def test_a_file_that_changed_before_its_use_is_refused(
    server: Server, client: Driver, change: Callable[[Path], None], tmp_path: Path
) -> None:
    """An `Audio` stands for the bytes that were there when it was made."""
    path = _file(tmp_path)
    audio = Audio.from_path(path)
    change(path)
    with pytest.raises(AudioError, match=r"talk\.wav was changed"):
        client.transcribe(audio)
    assert server.requests == []


def test_a_file_object_that_grows_while_it_is_sent_is_never_sent_whole(server: Server, client: Driver) -> None:
    file = io.BytesIO(wav(bytes(16 * 1024 * 1024)))

    def grow() -> None:
        position = file.seek(0, os.SEEK_END)
        file.write(b"more")
        file.seek(position)

    server.will(Answer(meanwhile=grow))
    with pytest.raises(AudioError, match="was changed while it was sent"):
        client.transcribe(file)
    client.close()
    assert not any(request.complete for request in server.requests)


def test_a_file_object_that_is_closed_while_it_is_sent_is_never_sent_whole(server: Server, client: Driver) -> None:
    file = io.BytesIO(wav(bytes(16 * 1024 * 1024)))
    server.will(Answer(meanwhile=file.close))
    with pytest.raises(AudioError, match="the file object cannot be read any more"):
        client.transcribe(file)
    client.close()
    assert not any(request.complete for request in server.requests)


def test_threads_may_share_an_audio_of_one_file_object(server: Server, client: Driver) -> None:
    """Each pass has a position of its own."""
    data = wav(os.urandom(3_000_000))
    audio = Audio.from_file(io.BytesIO(data))
    threads = [threading.Thread(target=client.transcribe, args=(audio,), kwargs={"model": MODEL}) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [request.audio == data for request in server.requests] == [True] * 4
