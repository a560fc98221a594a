"""The caches: what they keep, how much, for how long, and for whom."""

from __future__ import annotations

import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from openrouter_stt import ConfigurationError, HookSpecs, Transcription, hookimpl
from openrouter_stt_plugins import cache as cache_module
from openrouter_stt_plugins._cache import _answers
from openrouter_stt_plugins.cache import DiskCache, MemoryCache, cache_plugin
from openrouter_stt_plugins.retry import Retry
from tests.support.caches import FULL, size_of, text
from tests.support.server import Answer, Server
from tests.support.sounds import WAV, wav
from tests.support.worlds import World

Make = Callable[..., Any]


@pytest.fixture(params=["memory", "disk"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Make a cache of either kind; those on disk share one folder."""
    return MemoryCache if request.param == "memory" else lambda **settings: DiskCache(tmp_path / "kept", **settings)


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


@pytest.mark.parametrize("cache_of", [lambda _: MemoryCache(entries=2), lambda path: DiskCache(path, size=200)])
def test_forgets_what_was_used_longest_ago(cache_of: Callable[[Path], Any], tmp_path: Path) -> None:
    """Beyond its size a cache forgets the answer that was used longest ago; being read is a use."""
    cache = cache_of(tmp_path)
    assert 2 * size_of(text(1)) < 200 < 3 * size_of(text(1))
    for number in (1, 2):
        cache.cache_set(str(number), text(number))
    cache.cache_get("1")
    cache.cache_set("3", text(3))
    assert [number for number in (1, 2, 3) if cache.cache_get(str(number))] == [1, 3]
    cache.close()


def test_an_answer_larger_than_all_is_not_kept(tmp_path: Path) -> None:
    """It would push out everything, and then have no room itself."""
    cache = DiskCache(tmp_path, size=size_of(text(1)))
    cache.cache_set("small", text(1))
    cache.cache_set("large", text(10))
    assert (cache.cache_get("small"), cache.cache_get("large")) == (text(1), None)
    cache.close()


@pytest.mark.parametrize("module", [cache_module, _answers], ids=["memory", "disk"])
def test_forgets_after_its_time(module: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer is there until its time is over; being read does not make it younger."""
    now = [1000.0]
    monkeypatch.setattr(module, "monotonic" if module is cache_module else "time", lambda: now[0])
    cache = MemoryCache(ttl=10) if module is cache_module else DiskCache(tmp_path, ttl=10)
    cache.cache_set("key", FULL)
    now[0] += 9.9
    assert cache.cache_get("key") == FULL
    now[0] += 0.1
    assert cache.cache_get("key") is None
    cache.close()


def test_an_answer_from_the_future_is_a_miss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that was set back does not make answers live longer; when it is right again they are there."""
    now = [1000.0]
    monkeypatch.setattr(_answers, "time", lambda: now[0])
    cache = DiskCache(tmp_path, ttl=10)
    cache.cache_set("key", FULL)
    now[0] -= 1
    cache.cache_set("other", text(1))
    assert (cache.cache_get("key"), cache.cache_get("other")) == (None, text(1))
    now[0] += 2
    assert cache.cache_get("key") == FULL
    cache.close()


def test_what_is_past_its_time_leaves_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the next answer that is kept, whether or not somebody asks for it."""
    now = [1000.0]
    monkeypatch.setattr(_answers, "time", lambda: now[0])
    cache = DiskCache(tmp_path, ttl=10)
    cache.cache_set("old", FULL)
    now[0] += 11
    cache.cache_set("new", text(1))
    assert cache.info().entries == 1
    cache.close()


def test_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a time nothing is too old, nor from the future."""
    now = [1e9]
    monkeypatch.setattr(_answers, "time", lambda: now[0])
    cache = DiskCache(tmp_path, ttl=None)
    cache.cache_set("key", FULL)
    for now[0] in (0.0, 1e10):
        assert cache.cache_get("key") == FULL
    cache.close()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: MemoryCache(entries=0), "1 entry or more, not 0"),
        (lambda: MemoryCache(ttl=0), "ttl must be seconds above 0, or None, not 0"),
        (lambda: MemoryCache(entries="9"), "1 entry or more, not '9'"),  # type: ignore[arg-type]
        (lambda: MemoryCache(ttl="1 h"), "ttl must be seconds above 0, or None, not '1 h'"),  # type: ignore[arg-type]
        (lambda: DiskCache("f", size="1 GB"), "1 byte or more, not '1 GB'"),  # type: ignore[arg-type]
        (lambda: cache_plugin(Retry()), "or a plugin with the hook cache_get, not Retry$"),
        (lambda: cache_plugin(Retry), "or a plugin with the hook cache_get, not the class Retry$"),
        (lambda: cache_plugin(7), "or a plugin with the hook cache_get, not int$"),
        (lambda: DiskCache("f", size=0), "1 byte or more, not 0"),
        (lambda: DiskCache("f", ttl=float("nan")), "ttl must be seconds above 0, or None, not nan"),
    ],
)
def test_settings_that_are_none(wrong: Callable[[], object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        wrong()


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    assert DiskCache(f"{tmp_path}/a://b").folder == tmp_path / "a:" / "b"


def test_settings_have_names(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        MemoryCache(1)  # type: ignore[misc]
    with pytest.raises(TypeError):
        DiskCache(tmp_path, 1)  # type: ignore[misc]


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


@pytest.mark.parametrize("kind", ["memory", "disk"])
def test_in_a_client(world: World, server: Server, tmp_path: Path, kind: str) -> None:
    """The second call for the same audio is answered from the cache: nothing is sent, the text is the same."""
    server.will(Answer.of(200, {"text": "hi", "usage": {"cost": 0.5}}, x_generation_id="gen-1"))
    driver = world.client(base_url=server.url, cache="memory" if kind == "memory" else tmp_path)
    sent, kept = driver.transcribe(WAV), driver.transcribe(WAV)
    assert (kept.source, kept.attempts, len(server.requests)) == ("cache", 0, 1)
    assert kept == sent.replace(source="cache", attempts=0)
    assert kept.response is not None


def test_no_key_of_the_api_on_disk(world: World, server: Server, tmp_path: Path) -> None:
    """Neither the key nor the audio is in any file of the cache, also while it is in use."""
    world.client("sk-or-v1-secret", base_url=server.url, cache=tmp_path).transcribe(WAV)
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"hello" in kept
    assert b"secret" not in kept
    assert WAV[44:] not in kept


def test_locks_that_are_held_are_not_waited_for_after_a_fork() -> None:
    """What is done in a forked child, done here; `tests/facade/test_forks.py` forks."""
    cache = MemoryCache()
    cache.cache_set("key", FULL)
    with cache._lock:
        cache_module._unlock()
        assert cache.cache_get("key") == FULL


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
    with pytest.raises(
        ConfigurationError, match=r'cache must be "memory", the path of a folder, or a plugin .* not bool$'
    ):
        cache_plugin(True)
