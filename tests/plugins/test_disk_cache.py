"""The cache on disk beside other processes that use its folder."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from openrouter_stt import Transcription
from openrouter_stt_plugins._cache import _database
from openrouter_stt_plugins.cache import DiskCache
from tests.support.server import Server
from tests.support.sounds import WAV, wav
from tests.support.worlds import World


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other process does not finish in these tests, so that waiting for it is in vain."""
    monkeypatch.setattr(_database, "LONGEST_WAIT", 0.01)


@contextmanager
def _writing(folder: Path, lock: str = "IMMEDIATE") -> Iterator[None]:
    """Be another process that has begun to write."""
    with closing(sqlite3.connect(folder / "answers.sqlite3", isolation_level=None)) as other:
        other.execute(f"BEGIN {lock}")
        yield
        other.execute("ROLLBACK")


def test_an_answer_is_found_while_another_process_writes(world: World, server: Server, tmp_path: Path) -> None:
    """It was paid for once; that its use cannot be noted is no reason to pay again."""
    client = world.client(base_url=server.url, cache=tmp_path, strict=True)
    client.transcribe(WAV)
    with _writing(tmp_path):
        assert client.transcribe(WAV).source == "cache"
    assert client.transcribe(WAV).source == "cache"
    assert len(server.requests) == 1


def test_a_folder_is_opened_while_another_process_writes(world: World, server: Server, tmp_path: Path) -> None:
    """A client that begins then finds what is kept."""
    world.client(base_url=server.url, cache=tmp_path).transcribe(WAV)
    with _writing(tmp_path):
        assert world.client(base_url=server.url, cache=tmp_path, strict=True).transcribe(WAV).source == "cache"


def test_an_answer_that_cannot_be_kept_is_returned(world: World, server: Server, tmp_path: Path) -> None:
    """The cache is warned of, and used again as soon as it can be."""
    client = world.client(base_url=server.url, cache=tmp_path)
    client.transcribe(WAV)
    other = wav(b"\x03\x04" * 800)
    with _writing(tmp_path):
        assert client.transcribe(other).source == "network"
    assert [client.transcribe(other).source for _ in range(2)] == ["network", "cache"]


def test_a_new_folder_that_another_process_holds_is_used_later(world: World, server: Server, tmp_path: Path) -> None:
    """As two that begin at once may find it: the first call keeps nothing, and the others do."""
    client = world.client(base_url=server.url, cache=tmp_path)
    with _writing(tmp_path, "EXCLUSIVE"):
        assert client.transcribe(WAV).source == "network"
    assert [client.transcribe(WAV).source for _ in range(2)] == ["network", "cache"]


def test_use_is_noted_once_the_other_process_is_done(tmp_path: Path) -> None:
    """What was read meanwhile counts as used no later than before, and what is read after it does."""
    cache = DiskCache(tmp_path, size=200)
    for name in ("one", "two"):
        cache.cache_set(name, Transcription(text=name, model="m"))
    with _writing(tmp_path):
        assert cache.cache_get("two") is not None
    assert cache.cache_get("one") is not None
    cache.cache_set("three", Transcription(text="three", model="m"))
    assert [name for name in ("one", "two", "three") if cache.cache_get(name)] == ["one", "three"]
    cache.close()


def test_a_relative_folder_stays_where_it_was(
    world: World, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A daemon goes to the root folder; what it has paid for is found all the same."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    client = world.client(base_url=server.url, cache="kept", strict=True)
    client.transcribe(WAV)
    monkeypatch.chdir("elsewhere")
    assert client.transcribe(WAV).source == "cache"
    assert [*(tmp_path / "elsewhere").iterdir()] == []
