"""The cache on disk, asked directly: at the bounds of its settings, and beside them."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from openrouter_stt import ConfigurationError, Transcription
from openrouter_stt_plugins import cache as cache_module
from openrouter_stt_plugins._cache import DATABASE, _answers, _database, _place
from openrouter_stt_plugins._cache._answers import Answers, DamagedEntryError
from openrouter_stt_plugins._cache._database import Database
from openrouter_stt_plugins._cache._tables import is_ours
from openrouter_stt_plugins.cache import DiskCache, MemoryCache
from tests.support.caches import FULL, text

posix_alone = pytest.mark.skipif(os.name != "posix", reason="Windows has no such permissions")


@pytest.fixture
def answers(now: list[float], tmp_path: Path) -> Iterator[Answers]:
    """Twelve bytes of answers, for sixteen seconds."""
    answers = Answers(tmp_path / "kept", size=12, ttl=16)
    yield answers
    answers.close()


@pytest.fixture
def other(answers: Answers, tmp_path: Path) -> Iterator[Answers]:
    """The same folder in another process."""
    other = Answers(tmp_path / "kept", size=12, ttl=16)
    yield other
    other.close()


def rows(answers: Answers, statement: str, *values: object) -> list[Any]:
    with answers._database.lent() as database:
        return database.execute(statement, values).fetchall()


def test_what_is_kept_where_nothing_is_said(tmp_path: Path) -> None:
    """A thousand answers in memory for ever; 100 MB on disk for thirty days."""
    memory, disk = MemoryCache(), DiskCache(tmp_path)
    assert (memory.entries, memory.ttl) == (1000, None)
    assert (disk.size, disk.ttl) == (100_000_000, 30 * 24 * 60 * 60)
    assert _database.LONGEST_WAIT == 0.5


def test_the_least_that_can_be_kept(tmp_path: Path) -> None:
    """One entry, one byte, an instant."""
    memory, disk = MemoryCache(entries=1, ttl=1e-9), DiskCache(tmp_path, size=1, ttl=0.5)
    assert (memory.entries, memory.ttl, disk.size, disk.ttl) == (1, 1e-9, 1, 0.5)
    for wrong in ({"entries": 0}, {"entries": float("nan")}, {"ttl": -1}):
        with pytest.raises(ConfigurationError):
            MemoryCache(**wrong)  # type: ignore[arg-type]


def test_memory_is_used_last_when_it_is_read_or_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """And an answer that is replaced is as young as the new one."""
    now = [0.0]
    monkeypatch.setattr(cache_module, "monotonic", lambda: now[0])
    cache = MemoryCache(entries=2, ttl=10)
    for number in (1, 2):
        cache.cache_set(str(number), text(number))
    now[0] = 5
    cache.cache_set("1", text(7))
    cache.cache_set("3", text(3))
    assert [cache.cache_get(key) for key in "123"] == [text(7), None, text(3)]
    now[0] = 14.9
    assert cache.cache_get("1") == text(7)
    now[0] = 15
    assert (cache.cache_get("1"), list(cache._kept)) == (None, ["3"])


def test_what_takes_long_does_not_hold_up_the_loop() -> None:
    """The disk is read and written in a worker thread of the async client."""
    hooks = (DiskCache.cache_get, DiskCache.cache_claim, DiskCache.cache_set, DiskCache.cache_release)
    assert [hook.__openrouter_stt_blocking__ for hook in hooks] == [True] * 4  # type: ignore[attr-defined]


@pytest.mark.parametrize(("age", "found"), [(-0.5, False), (0, True), (15.5, True), (16, False), (17, False)])
def test_how_old_an_answer_may_be(answers: Answers, now: list[float], age: float, found: bool) -> None:
    answers.keep("key", "answer")
    now[0] += age
    assert answers.find("key") == ("answer" if found else None)


@pytest.mark.parametrize(("age", "left"), [(15.5, ["new", "old"]), (16, ["new"])])
def test_when_an_answer_leaves_the_disk(answers: Answers, now: list[float], age: float, left: list[str]) -> None:
    answers.keep("old", "answer")
    now[0] += age
    answers.keep("new", "answer")
    assert rows(answers, "SELECT key FROM answers ORDER BY key") == [(name,) for name in left]


@pytest.mark.parametrize(
    ("sizes", "left"),
    [
        ([12], "0"),
        ([13], ""),
        ([6, 6], "01"),
        ([6, 7], "1"),
        ([4, 4, 4], "012"),
        ([4, 4, 5], "12"),
        ([4, 4, 9], "2"),
        ([4, 4, 8], "12"),
        ([4, 4, 12], "2"),
        ([1, 1, 1, 1, 10], "234"),
        ([5, 13], "0"),
    ],
)
def test_room_is_made(answers: Answers, sizes: list[int], left: str) -> None:
    """As little as it takes is forgotten, what was used longest ago first."""
    for number, size in enumerate(sizes):
        answers.keep(str(number), "x" * size)
    assert "".join(key for (key,) in rows(answers, "SELECT key FROM answers ORDER BY key")) == left


def test_bytes_are_counted_not_characters(answers: Answers) -> None:
    answers.keep("six", "é" * 6)
    answers.keep("seven", "é" * 7)
    assert (answers.find("six"), answers.find("seven"), answers.info().bytes) == ("é" * 6, None, 12)


def test_a_hit_on_what_was_used_last_writes_nothing(answers: Answers) -> None:
    """One on another answer notes that it was used."""
    answers.keep("a", "1")
    answers.keep("b", "2")
    used = dict(rows(answers, "SELECT key, used FROM answers"))
    assert used == {"a": 1, "b": 2}
    assert answers.find("b") == "2"
    assert dict(rows(answers, "SELECT key, used FROM answers")) == used
    assert answers.find("a") == "1"
    assert dict(rows(answers, "SELECT key, used FROM answers")) == {"a": 3, "b": 2}


def test_a_miss_notes_nothing(answers: Answers, now: list[float]) -> None:
    answers.keep("old", "1")
    answers.keep("new", "2")
    now[0] += 16
    assert answers.find("old") is None
    assert dict(rows(answers, "SELECT key, used FROM answers")) == {"old": 1, "new": 2}


@pytest.mark.parametrize("checksum", ["", "0", "zzz"])
def test_a_damaged_entry_is_removed(answers: Answers, checksum: str) -> None:
    answers.keep("key", "answer")
    rows(answers, "UPDATE answers SET checksum = ?", checksum)
    with pytest.raises(DamagedEntryError):
        answers.find("key")
    assert rows(answers, "SELECT * FROM answers") == []


@pytest.mark.parametrize("schema", [0, 2])
def test_an_entry_of_an_earlier_or_later_schema_is_a_miss(answers: Answers, schema: int) -> None:
    answers.keep("key", "answer")
    rows(answers, "UPDATE answers SET schema = ?", schema)
    assert answers.find("key") is None


@pytest.mark.parametrize(
    ("seconds", "later", "wait"),
    [
        (60, 0, 0.1),
        (60, 59, 0.1),
        (60, 59.9375, 0.0625),
        (60, 60, None),
        (60, 61, None),
        (500, 0, 0.1),
        (500, 119, 0.1),
        (500, 120, None),
        (120, 0, 0.1),
        (120, -0.5, None),
        (60, -59, 0.1),
        (60, -61, None),
    ],
)
def test_how_long_a_claim_holds(
    answers: Answers, other: Answers, now: list[float], seconds: float, later: float, wait: float | None
) -> None:
    """As long as its call, two minutes at most; others look again after a tenth of a second, or when it ends."""
    assert answers.claim("key", seconds) is None
    now[0] += later
    assert other.claim("key", 60) == wait


def test_claims_that_ended_leave_the_disk_at_once(answers: Answers, now: list[float]) -> None:
    answers.claim("one", 10)
    answers.claim("two", 10.5)
    now[0] += 10
    answers.claim("three", 10)
    assert rows(answers, "SELECT key, until FROM claims ORDER BY key") == [("three", 1020.0), ("two", 1010.5)]


def test_a_claim_is_another_s_once_it_was_taken_over(answers: Answers, other: Answers, now: list[float]) -> None:
    answers.claim("key", 1)
    now[0] += 1
    other.claim("key", 5)
    answers.release("key")
    assert answers.claim("key", 5) == 0.1


def test_one_that_died_is_not_waited_for(answers: Answers, other: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    answers.claim("key", 60)
    monkeypatch.setattr(_answers, "is_gone", lambda owner: owner == answers._owner)
    assert other.claim("key", 60) is None


def test_what_there_is_to_say(answers: Answers, now: list[float]) -> None:
    """Of an empty cache, too; the log counts as a file, and what processes share beside it does not."""
    assert (answers.info().entries, answers.info().oldest, answers.info().newest) == (0, None, None)
    answers.keep("a", "1")
    now[0] += 1
    answers.keep("b", "22")
    info = answers.info()
    assert (info.entries, info.bytes, info.schema) == (2, 3, 1)
    assert (info.oldest, info.newest) == (datetime.fromtimestamp(1000, UTC), datetime.fromtimestamp(1001, UTC))
    folder = answers._database.folder
    assert info.file_bytes == sum((folder / f"{DATABASE}{end}").stat().st_size for end in ("", "-wal"))
    assert answers.clear() == 2
    assert (answers.info().entries, (folder / f"{DATABASE}-wal").stat().st_size) == (0, 0)
    assert b"22" not in (folder / DATABASE).read_bytes()


def test_clearing_ends_claims(answers: Answers, other: Answers) -> None:
    answers.claim("key", 60)
    assert other.clear() == 0
    assert other.claim("key", 60) is None


def test_what_another_version_kept_is_forgotten(tmp_path: Path) -> None:
    """After an error that names it."""
    cache = DiskCache(tmp_path)
    cache._answers.keep("key", "[]")
    with pytest.raises(Exception, match=r"."):
        cache.cache_get("key")
    assert (cache.cache_get("key"), cache.info().entries) == (None, 0)
    cache.close()


def test_threads_share_a_cache(tmp_path: Path) -> None:
    """What one keeps another finds, over one connection."""
    cache = DiskCache(tmp_path)
    found: list[Transcription | None] = []
    keeper = threading.Thread(target=cache.cache_set, args=("key", FULL))
    keeper.start()
    keeper.join()
    reader = threading.Thread(target=lambda: found.append(cache.cache_get("key")))
    reader.start()
    reader.join()
    assert found == [FULL]
    assert cache.cache_get("key") == FULL
    cache.close()


def test_a_connection_is_kept_open(tmp_path: Path) -> None:
    """Until it is closed, the file is exchanged, or something fails."""
    database = Database(tmp_path)

    def connection() -> int:
        with database.lent() as lent:
            opened.append(lent)
            return id(lent)

    opened: list[object] = []
    assert connection() == connection()
    database.close()
    assert connection() != id(opened[0])
    (tmp_path / DATABASE).rename(tmp_path / "elsewhere")
    assert connection() != id(opened[-2])
    with pytest.raises(sqlite3.OperationalError), database.lent() as lent:
        lent.execute("no statement")
    assert connection() != id(opened[-2])
    with pytest.raises(ZeroDivisionError), database.lent():
        raise ZeroDivisionError
    assert connection() == id(opened[-2])
    database.close()
    database.close()


def test_what_is_written_is_written_whole(tmp_path: Path) -> None:
    """Or not at all."""
    answers = Answers(tmp_path, size=100, ttl=None)
    answers.keep("before", "1")
    with suppress(ZeroDivisionError), answers._database.written() as database:
        database.execute("DELETE FROM answers")
        raise ZeroDivisionError
    assert answers.find("before") == "1"
    answers.close()


@posix_alone
@pytest.mark.parametrize("mode", [0o701, 0o702, 0o704, 0o710, 0o720, 0o740, 0o777])
def test_a_folder_that_others_may_enter_is_closed(tmp_path: Path, mode: int) -> None:
    """And so are its files, unless somebody else's are in it."""
    folder = tmp_path / "kept"
    DiskCache(folder).clear()
    folder.chmod(mode)
    (folder / DATABASE).chmod(0o600 | mode & 0o077)
    DiskCache(folder).clear()
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / DATABASE)] == [0o700, 0o600]
    folder.chmod(mode)
    (folder / "b.txt").touch()
    (folder / "a.txt").touch()
    with pytest.raises(ConfigurationError, match=r"open to others, and 'a\.txt' in it"):
        DiskCache(folder).clear()
    assert stat.S_IMODE(folder.stat().st_mode) == mode


@posix_alone
@pytest.mark.parametrize("mode", [0o700, 0o500])
def test_a_folder_that_is_closed_is_left_as_it_is(tmp_path: Path, mode: int) -> None:
    """Whatever else is in it."""
    tmp_path.chmod(mode)
    (tmp_path / "thesis.txt").touch()
    _place.made_ready(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == mode
    tmp_path.chmod(0o700)


@posix_alone
def test_new_folders_are_private_from_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only once they have been closed."""
    modes: list[int] = []
    monkeypatch.setattr(_place, "_is_open", lambda status: modes.append(stat.S_IMODE(status.st_mode)))
    before = os.umask(0)
    try:
        _place.made_ready(tmp_path / "deep" / "kept")
    finally:
        os.umask(before)
    assert modes == [0o700]


@posix_alone
@pytest.mark.parametrize("user", [2**31, -1], ids=["above", "below"])
@pytest.mark.parametrize("name", ["", DATABASE])
def test_what_is_another_s_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user: int, name: str) -> None:
    folder = tmp_path / "kept"
    DiskCache(folder).clear()
    monkeypatch.setattr(os, "geteuid", lambda: user)
    if name:
        lstat = Path.lstat
        owned = os.stat_result([0o40700, 1, 1, 1, user, 0, 0, 0, 0, 0])
        monkeypatch.setattr(Path, "lstat", lambda path: owned if path == folder else lstat(path))
    with pytest.raises(ConfigurationError, match=f"belongs to user {os.getuid()}, not to {user}, who runs this"):
        DiskCache(folder).clear()


def test_a_file_is_told_from_another(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.touch()
    two.touch()
    assert _place.identity(one) == _place.identity(one) == (one.stat().st_dev, one.stat().st_ino)
    assert _place.identity(one) != _place.identity(two)
    assert _place.identity(tmp_path / "missing") is None


def _marked(folder: Path, application: int, schema: int) -> Path:
    with closing(sqlite3.connect(folder / DATABASE)) as database:
        database.execute("CREATE TABLE something (x)")
        database.execute(f"PRAGMA application_id = {application}")
        database.execute(f"PRAGMA user_version = {schema}")
        database.commit()
    return folder / DATABASE


@pytest.mark.parametrize(
    ("application", "schema", "message"),
    [
        (0, 0, "is not a cache of openrouter-stt; give the cache another folder"),
        (0, 1, "is not a cache of openrouter-stt"),
        (-5, 1, "is not a cache of openrouter-stt"),
        (0x4F525353, 1, "is not a cache of openrouter-stt"),
        (0x4F525355, 1, "is not a cache of openrouter-stt"),
        (0x4F525354, 0, "has schema 0, and this version of openrouter-stt uses 1"),
        (0x4F525354, 2, "has schema 2, and this version of openrouter-stt uses 1"),
    ],
)
def test_a_database_that_is_not_ours_is_not_used(tmp_path: Path, application: int, schema: int, message: str) -> None:
    place = _marked(tmp_path, application, schema)
    before = place.read_bytes()
    with pytest.raises(ConfigurationError, match=message):
        DiskCache(tmp_path).cache_get("key")
    assert place.read_bytes() == before
    assert is_ours(place) is (application == 0x4F525354)


def test_a_cache_names_itself(tmp_path: Path) -> None:
    """In its file's header: "ORST", of schema 1."""
    DiskCache(tmp_path).clear()
    header = (tmp_path / DATABASE).read_bytes()[:72]
    assert (header[60:64], header[68:72]) == (b"\0\0\0\1", b"ORST")
    assert is_ours(tmp_path / DATABASE)
    (tmp_path / "cut").write_bytes(header[:71])
    (tmp_path / "other").write_bytes(b"x" + header[1:])
    assert not is_ours(tmp_path / "cut")
    assert not is_ours(tmp_path / "other")
    assert (tmp_path / "cut").write_bytes(header)
    assert is_ours(tmp_path / "cut")


@pytest.mark.parametrize(
    ("name", "application", "removed"),
    [
        ("SQLITE_CORRUPT", 0x4F525354, True),
        ("SQLITE_CORRUPT_INDEX", 0x4F525354, True),
        ("SQLITE_FULL", 0x4F525354, False),
        ("SQLITE_CORRUPT", 7, False),
    ],
)
def test_what_is_removed_after_an_error(tmp_path: Path, name: str, application: int, removed: bool) -> None:
    """A cache of ours that SQLite calls corrupt, and nothing else."""
    place = _marked(tmp_path, application, 1)
    (tmp_path / "thesis.txt").touch()
    error = sqlite3.DatabaseError("made up")
    error.sqlite_errorname = name
    Database(tmp_path)._remove_if_damaged(error)
    Database(tmp_path)._remove_if_damaged(ValueError())
    assert place.exists() is not removed
    assert (tmp_path / "thesis.txt").exists()
