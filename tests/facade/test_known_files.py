"""A client with a cache reads a file for its key once, as long as inode, size and time are the same."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from openrouter_stt import Audio
from openrouter_stt._cachekey import Digests
from tests.support.server import Server
from tests.support.sounds import WAV, wav
from tests.support.worlds import World

LARGE = 2 * 1024 * 1024  # bytes, which an event loop does not hash by itself
HOUR = 3600 * 10**9


def write(path: Path, data: bytes, age: int = HOUR) -> None:
    """Write in place, as of so many nanoseconds ago in relation to the file's first writing."""
    before = path.stat().st_mtime_ns if path.exists() else None
    path.write_bytes(data)
    time = path.stat().st_mtime_ns - age if before is None else before
    os.utime(path, ns=(time, time))


@pytest.mark.parametrize("size", [1600, LARGE])
def test_a_file_that_is_as_it_was_is_not_read_again(server: Server, world: World, tmp_path: Path, size: int) -> None:
    """Other bytes under the same inode, size and time show it: they are not seen."""
    path = tmp_path / "talk.wav"
    client = world.client(base_url=server.url, cache="memory")
    write(path, wav(b"\x01\x00" * (size // 2)))
    client.transcribe(path)
    write(path, wav(b"\x02\x00" * (size // 2)))
    assert client.transcribe(path).source == "cache"


def test_another_time_is_another_file(server: Server, world: World, tmp_path: Path) -> None:
    path = tmp_path / "talk.wav"
    client = world.client(base_url=server.url, cache="memory")
    write(path, WAV)
    client.transcribe(path)
    path.write_bytes(wav(b"\x02\x01" * 800))
    assert client.transcribe(path).source == "network"


def test_a_file_of_this_moment_is_read_again(server: Server, world: World, tmp_path: Path) -> None:
    """It may be written once more within one tick of its file system's clock; here it is as of an hour from now."""
    path = tmp_path / "talk.wav"
    client = world.client(base_url=server.url, cache="memory")
    write(path, WAV, age=-HOUR)
    client.transcribe(path)
    write(path, wav(b"\x02\x01" * 800))
    assert client.transcribe(path).source == "network"


def test_a_client_knows_so_many_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With one more it begins anew."""
    monkeypatch.setattr("openrouter_stt._cachekey.MOST_DIGESTS", 2)
    audios = []
    for number in range(3):
        write(tmp_path / f"{number}.wav", wav(bytes([number, 0]) * 800))
        audios.append(Audio.from_path(tmp_path / f"{number}.wav"))
    digests, known = Digests(), list[list[bool]]()
    for audio in audios:
        assert digests.of(audio) == audio.digest()
        known.append([digests.known(each) is not None for each in audios])
    assert known == [[True, False, False], [True, True, False], [False, False, True]]
