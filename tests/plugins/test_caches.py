"""The caches: what they keep, how much, for how long, and for whom."""

from __future__ import annotations

import sqlite3
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from openrouter_stt import ConfigurationError, HookSpecs, Transcription, Usage, hookimpl
from openrouter_stt_plugins.cache import DiskCache, MemoryCache, cache_plugin
from tests.support.server import Answer, Server
from tests.support.sounds import WAV, wav
from tests.support.worlds import World

Make = Callable[..., Any]
FULL = Transcription(text="grüße", model="m", usage=Usage(cost=0.25, seconds=1.5), generation_id="gen-1")


@pytest.fixture(params=["memory", "disk"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Make a cache of either kind; those on disk share one folder."""
    return MemoryCache if request.param == "memory" else lambda **settings: DiskCache(tmp_path / "kept", **settings)


def text(number: int) -> Transcription:
    return Transcription(text=str(number), model="m")


def test_keeps(make: Make) -> None:
    """What is kept under a key comes back equal, and nothing comes back under another."""
    cache = make()
    cache.cache_set("key", FULL)
    assert cache.cache_get("key") == FULL
    assert cache.cache_get("other") is None
    cache.close()


def test_replaces(make: Make) -> None:
    """The last answer kept under a key counts."""
    cache = make()
    cache.cache_set("key", text(1))
    cache.cache_set("key", text(2))
    assert cache.cache_get("key") == text(2)
    cache.close()


def test_forgets_what_was_used_longest_ago(make: Make) -> None:
    """Beyond its number of entries a cache forgets the one that was used longest ago; being read is a use."""
    cache = make(entries=2)
    for number in (1, 2):
        cache.cache_set(str(number), text(number))
    cache.cache_get("1")
    cache.cache_set("3", text(3))
    assert [number for number in (1, 2, 3) if cache.cache_get(str(number))] == [1, 3]
    cache.close()


def test_disk_outlives_its_client(tmp_path: Path) -> None:
    """What is kept in a folder is there for the next process, and for one beside it."""
    one, two = DiskCache(tmp_path / "kept"), DiskCache(tmp_path / "kept")
    one.cache_set("key", FULL)
    assert two.cache_get("key") == FULL
    one.close()
    one.close()
    assert one.cache_get("key") == FULL
    one.close()
    two.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_disk_is_private(tmp_path: Path) -> None:
    """The folder and what is in it are the owner's alone."""
    cache = DiskCache(tmp_path / "deep" / "kept")
    cache.cache_set("key", FULL)
    files = [cache.folder, *cache.folder.iterdir()]
    assert [oct(stat.S_IMODE(file.stat().st_mode) & 0o077) for file in files] == ["0o0"] * len(files)
    cache.close()


def test_close_lets_go_of_the_file(tmp_path: Path) -> None:
    """After close no connection is left, and the database is a file of its own."""
    cache = DiskCache(tmp_path)
    cache.cache_set("key", FULL)
    cache.close()
    assert [file.name for file in tmp_path.iterdir()] == ["answers.sqlite3"]


@pytest.mark.parametrize("content", [b"this is no database" * 99, b""])
def test_broken_database(
    world: World, server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    """A database that cannot be read costs no call; it is warned of, and the answer comes from the network."""
    (tmp_path / "answers.sqlite3").write_bytes(content)
    result = world.client(base_url=server.url, cache=tmp_path).transcribe(WAV)
    assert result.source == "network"
    warned = [record.getMessage() for record in caplog.records]
    assert [("cache_" in line and "DatabaseError" in line) for line in warned] == ([True, True] if content else [])


def test_entry_of_another_layout(world: World, server: Server, tmp_path: Path) -> None:
    """An entry that cannot be read is a miss, and is replaced."""
    for source in ("network", "network", "cache"):
        driver = world.client(base_url=server.url, cache=tmp_path)
        assert driver.transcribe(WAV).source == source
        driver.close()
        if len(server.requests) == 1:
            with sqlite3.connect(tmp_path / "answers.sqlite3") as database:
                database.execute("UPDATE answers SET answer = '{}'")
            database.close()


@pytest.mark.parametrize("kind", ["memory", "disk"])
def test_in_a_client(world: World, server: Server, tmp_path: Path, kind: str) -> None:
    """The second call for the same audio is answered from the cache: nothing is sent, the text is the same."""
    server.will(Answer.of(200, {"text": "hi", "usage": {"cost": 0.5}}, x_generation_id="gen-1"))
    driver = world.client(base_url=server.url, cache="memory" if kind == "memory" else tmp_path)
    sent, kept = driver.transcribe(WAV), driver.transcribe(WAV)
    assert (kept.source, kept.attempts, len(server.requests)) == ("cache", 0, 1)
    assert kept == sent.replace(source="cache", attempts=0)
    assert kept.response is not None


def test_large_recording(world: World, server: Server) -> None:
    """A recording of many blocks is found again as a small one is."""
    large = wav(bytes(3_000_000))
    driver = world.client(base_url=server.url, cache="memory")
    assert [driver.transcribe(large).source for _ in range(2)] == ["network", "cache"]


class Own(HookSpecs):
    @hookimpl
    def cache_get(self, key: str) -> Transcription:
        return FULL


def test_own_cache(world: World) -> None:
    """A plugin of one's own may be the cache."""
    assert world.client(cache=Own()).transcribe(WAV).text == FULL.text


@pytest.mark.parametrize(("setting", "kind"), [("memory", MemoryCache), ("folder", DiskCache), (Path("f"), DiskCache)])
def test_settings(setting: object, kind: type) -> None:
    """`cache=` is the word memory or the path of a folder."""
    assert type(cache_plugin(setting)) is kind


def test_wrong_setting() -> None:
    """Anything else is refused with what there is."""
    with pytest.raises(ConfigurationError, match='cache must be "memory", the path of a folder, or a plugin, not bool'):
        cache_plugin(True)
