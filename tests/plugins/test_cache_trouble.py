"""No trouble with the cache on disk breaks a call: each is a miss, with one warning that says what to do."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from openrouter_stt import ConfigurationError
from openrouter_stt_plugins._cache import _database
from openrouter_stt_plugins._cache._tables import SCHEMA
from openrouter_stt_plugins.cache import DiskCache
from tests.support.caches import FULL, text
from tests.support.server import Answer, Server
from tests.support.sounds import WAV
from tests.support.worlds import World

pytestmark = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="Windows has no such files and permissions")
root_alone = pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="mounting takes root")
NAME = "answers.sqlite3"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_database, "LONGEST_WAIT", 0.01)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A cache with 100 answers."""
    folder = tmp_path / "kept"
    cache = DiskCache(folder)
    for number in range(100):
        cache.cache_set(str(number), text(number))
    cache.close()
    return folder


def change(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / NAME, isolation_level=None)) as database:
        for statement in statements:
            database.execute(statement)


def no_database(folder: Path) -> None:
    (folder / NAME).write_bytes(b"this is no database" * 500)


def cut_in_the_header(folder: Path) -> None:
    os.truncate(folder / NAME, 60)


def another_s(folder: Path) -> None:
    (folder / NAME).unlink()
    change(folder, "CREATE TABLE answers (something TEXT)")


def a_later_schema(folder: Path) -> None:
    change(folder, f"PRAGMA user_version = {SCHEMA + 1}")


def a_directory_in_its_place(folder: Path) -> None:
    (folder / NAME).unlink()
    (folder / NAME).mkdir()


def a_link_in_place_of_the_folder(folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))
    folder.symlink_to(folder.with_name("elsewhere"))


def a_link_in_place_of_the_file(folder: Path) -> None:
    (folder / NAME).rename(folder.with_name("elsewhere"))
    (folder / NAME).symlink_to(folder.with_name("elsewhere"))


def a_link_in_place_of_the_log(folder: Path) -> None:
    (folder / f"{NAME}-wal").symlink_to(folder.with_name("elsewhere"))


def open_to_others_with_files_of_theirs(folder: Path) -> None:
    (folder / "thesis.txt").write_text("mine")
    folder.chmod(0o755)


LASTING: dict[Callable[[Path], None], str] = {
    no_database: "is not a cache of openrouter-stt; give the cache another folder",
    cut_in_the_header: "is not a cache of openrouter-stt; give the cache another folder",
    another_s: "is not a cache of openrouter-stt; give the cache another folder",
    a_later_schema: f"has schema {SCHEMA + 1}, and this version of openrouter-stt uses {SCHEMA}; give the cache",
    a_directory_in_its_place: "must be a regular file for a cache, and is something else; give",
    a_link_in_place_of_the_folder: "must be a folder for a cache, and is a symbolic link; give the cache",
    a_link_in_place_of_the_file: "must be a regular file for a cache, and is a symbolic link",
    a_link_in_place_of_the_log: "-wal must be a regular file for a cache, and is a symbolic link",
    open_to_others_with_files_of_theirs: "is open to others, and 'thesis.txt' in it is not the cache's; give the cache",
}


@pytest.mark.parametrize("break_it", LASTING, ids=lambda function: function.__name__)
def test_a_place_that_cannot_be_used_is_left_as_it_is(
    server: Server, world: World, folder: Path, break_it: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    """Calls do without, after one warning; what may be somebody's is neither read nor changed nor removed."""
    break_it(folder)
    before = snapshot(folder.parent)
    client = world.client(base_url=server.url, cache=folder)
    assert [client.transcribe(WAV).source for _ in range(2)] == ["network"] * 2
    client.close()
    (warned,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert warned.startswith("plugin 'cache', hook cache_get failed with ")
    assert LASTING[break_it] in warned
    assert snapshot(folder.parent) == before


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("", 'a cache\'s folder has a name, such as "answers"; "" would be the current folder'),
        ("redis://:secret@host/0", "redis://... is no folder; a server's cache is a plugin, such as RedisCache"),
        ("hello.wav", "hello.wav must be a folder for a cache, and is none; give another path"),
        (Path("hello.wav"), "hello.wav must be a folder for a cache, and is none; give another path"),
    ],
)
def test_a_path_that_is_never_a_cache_s_is_refused_at_once(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str | Path, message: str
) -> None:
    """Every call would be paid for again; nothing is made or changed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hello.wav").write_bytes(WAV)
    before = snapshot(tmp_path)
    with pytest.raises(ConfigurationError) as caught:
        world.client(cache=path)
    assert str(caught.value) == message
    assert snapshot(tmp_path) == before


PRINTING = """
import asyncio, sys
from openrouter_stt import AsyncClient, Client
settings = {"base_url": sys.argv[2], "cache": sys.argv[3], "plugins": [], "autoload": False}
async def main():
    async with AsyncClient("k", **settings) as client:
        for _ in range(2):
            await client.transcribe(sys.argv[4], model="m")
if sys.argv[1] == "async":
    asyncio.run(main())
else:
    with Client("k", **settings) as client:
        for _ in range(2):
            client.transcribe(sys.argv[4], model="m")
"""


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_without_logging_set_up_the_warning_is_printed(server: Server, folder: Path, kind: str) -> None:
    """Once, to standard error: what cannot be kept is paid for again."""
    open_to_others_with_files_of_theirs(folder)
    (folder.parent / "hello.wav").write_bytes(WAV)
    run = [sys.executable, "-c", PRINTING, kind, server.url, folder, folder.parent / "hello.wav"]
    (line,) = subprocess.run(run, capture_output=True, check=True, text=True).stderr.splitlines()
    assert line.startswith("plugin 'cache', hook cache_get failed with ConfigurationError (the cache ")
    assert len(server.requests) == 2


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_without_logging_set_up_events_are_not_printed(server: Server, folder: Path, kind: str) -> None:
    """A retry, though logged as a warning, is heard by choice alone."""
    server.will(Answer.of(503, {}, retry_after="0"))
    (folder.parent / "hello.wav").write_bytes(WAV)
    run = [sys.executable, "-c", PRINTING, kind, server.url, folder, folder.parent / "hello.wav"]
    assert subprocess.run(run, capture_output=True, check=True, text=True).stderr == ""


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return mode and content of everything."""
    paths = [path for path in folder.rglob("*") if path.suffix != ".sqlite3-shm"]
    return {str(path): (path.lstat().st_mode, path.read_bytes() if path.is_file() else b"") for path in paths}


def damaged_in_the_middle(folder: Path) -> None:
    with (folder / NAME).open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (file.seek(0, os.SEEK_END) - 4096))
        file.seek(4096)
        file.write(b"\xff" * 4096 * 6)


def cut_in_the_middle(folder: Path) -> None:
    os.truncate(folder / NAME, 4096 + 100)


@pytest.mark.parametrize("break_it", [damaged_in_the_middle, cut_in_the_middle])
@pytest.mark.parametrize("while_in_use", [False, True])
def test_a_damaged_cache_is_begun_anew(
    server: Server,
    world: World,
    folder: Path,
    break_it: Callable[[Path], None],
    while_in_use: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is ours to remove; after one warning, and one miss, it works again."""
    client = world.client(base_url=server.url, cache=folder)
    if while_in_use:
        client.transcribe(WAV, model="before")
        change(folder, "PRAGMA wal_checkpoint(TRUNCATE)")
    break_it(folder)
    sources = [client.transcribe(WAV, model="after").source for _ in range(3)]
    assert sources in (["network", "cache", "cache"], ["network", "network", "cache"])
    warned = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(warned) == 1


def test_a_cache_whose_schema_is_no_text_is_begun_anew(server: Server, world: World, folder: Path) -> None:
    """Python cannot decode what SQLite says of it."""
    content = (folder / NAME).read_bytes()
    place = content.index(b"CREATE TABLE claims") + 6
    (folder / NAME).write_bytes(content[:place] + b"\xff" + content[place + 1 :])
    client = world.client(base_url=server.url, cache=folder)
    assert [client.transcribe(WAV, model="7").source for _ in range(2)] == ["network", "cache"]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE answers SET answer = replace(answer, 'hello', 'hallo')",
        "UPDATE answers SET kept = kept - 1",
        "UPDATE answers SET answer = CAST(x'ff' AS TEXT)",
        "UPDATE answers SET kept = 'yesterday'",
    ],
)
def test_a_damaged_entry_is_a_miss(
    server: Server, world: World, tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Its checksum covers the answer, the key and the time; it is replaced."""
    client = world.client(base_url=server.url, cache=tmp_path)
    client.transcribe(WAV, model="7")
    change(tmp_path, damage)
    assert [client.transcribe(WAV, model="7").source for _ in range(2)] == ["network", "cache"]
    (warned,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert "DamagedEntryError" in warned or "OperationalError" in warned


def test_an_entry_under_another_s_key_is_not_given(folder: Path) -> None:
    """However it came there."""
    change(folder, "DELETE FROM answers WHERE key = '8'", "UPDATE answers SET key = '8' WHERE key = '7'")
    cache = DiskCache(folder)
    with pytest.raises(ValueError, match="damaged"):
        cache.cache_get("8")
    assert cache.cache_get("8") is None
    cache.close()


def test_an_entry_of_another_schema_is_a_miss(folder: Path) -> None:
    """It is replaced, with no warning: nothing is wrong with it."""
    change(folder, "UPDATE answers SET schema = schema + 1")
    cache = DiskCache(folder)
    assert cache.cache_get("7") is None
    cache.cache_set("7", FULL)
    assert cache.cache_get("7") == FULL
    cache.close()


LOCKS = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("PRAGMA locking_mode = EXCLUSIVE")
database.execute("BEGIN EXCLUSIVE")
database.execute("CREATE TABLE IF NOT EXISTS held (x)")
print("held", flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Have another process hold all of a database."""
    child = subprocess.Popen(
        [sys.executable, "-c", LOCKS, folder / NAME], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        yield


def test_locked_by_another_process(
    server: Server, world: World, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Calls do without it for as long, and use it afterwards."""
    client = world.client(base_url=server.url, cache=folder)
    with locked(folder):
        assert [client.transcribe(WAV).source for _ in range(2)] == ["network"] * 2
    assert [client.transcribe(WAV).source for _ in range(2)] == ["network", "cache"]
    (warned,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert "cache_get failed with OperationalError" in warned


@contextlib.contextmanager
def mounted(folder: Path, *options: str) -> Iterator[None]:
    subprocess.run(["mount", *options, folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@root_alone
def test_read_only(server: Server, world: World, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A file system that is mounted so."""
    with mounted(folder, "--bind", folder):  # type: ignore[arg-type]
        subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
        client = world.client(base_url=server.url, cache=folder)
        assert [client.transcribe(WAV).source for _ in range(2)] == ["network"] * 2
        client.close()
    (warned,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert "cache_get failed with OperationalError" in warned


@root_alone
def test_full_disk(server: Server, world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What is kept is found all the same, and when there is room again more is kept."""
    with mounted(tmp_path, "-t", "tmpfs", "-o", "size=256k,mode=0700", "tmpfs"):
        client = world.client(base_url=server.url, cache=tmp_path / "kept")
        client.transcribe(WAV, model="before")
        filler = tmp_path / "filler"
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while file.write(b"x" * 512):
                pass
        sources = [client.transcribe(WAV, model=f"{number}").source for number in range(20)]
        assert sources == ["network"] * 20
        assert client.transcribe(WAV, model="before").source == "cache"
        filler.unlink()
        assert [client.transcribe(WAV, model="after").source for _ in range(2)] == ["network", "cache"]
        client.close()
    warned = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert [line.partition(" failed with ")[2].partition(" ")[0] for line in warned] == ["OperationalError"]


@pytest.mark.parametrize("name", ["", NAME])
def test_of_another_user(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder or a file that is not ours may hold what somebody wants us to say."""
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    if name and os.getuid() == 0:
        os.chown(folder, 12345, -1)
    with pytest.raises(Exception, match=r"belongs to user \d+, not to 12345, who runs this; give the cache a folder"):
        DiskCache(folder).cache_get("7")


@pytest.mark.parametrize("mode", [0o755, 0o777, 0o750])
def test_a_folder_of_its_own_is_closed_to_others(folder: Path, mode: int) -> None:
    """As `mkdir` leaves it; the files, too."""
    folder.chmod(mode)
    (folder / NAME).chmod(0o644)
    cache = DiskCache(folder)
    assert cache.cache_get("7") == text(7)
    assert {stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())} == {0o700, 0o600}
    cache.close()


def test_files_are_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        cache = DiskCache(tmp_path / "kept")
        cache.cache_set("key", FULL)
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in cache.folder.iterdir()}
    assert modes == {NAME: 0o600, f"{NAME}-wal": 0o600, f"{NAME}-shm": 0o600}
    cache.close()


def test_a_folder_that_is_removed_while_it_is_in_use(server: Server, world: World, folder: Path) -> None:
    """It is made again."""
    client = world.client(base_url=server.url, cache=folder, strict=True)
    client.transcribe(WAV)
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    assert [client.transcribe(WAV).source for _ in range(2)] == ["network", "cache"]


def test_other_threads_hold_it_too_long(folder: Path) -> None:
    """A call does without it rather than wait for more than the longest wait."""
    cache = DiskCache(folder)
    with cache._answers._database.lent(), pytest.raises(TimeoutError, match="other threads are using the cache"):
        cache.cache_get("7")
    cache.close()


def test_a_cache_that_is_dropped_closes_its_file(folder: Path) -> None:
    """Without a word, as where nobody closes a client."""
    cache = DiskCache(folder)
    cache.cache_set("new", FULL)
    del cache
    assert [path.name for path in folder.iterdir()] == [NAME]


def test_two_that_make_a_cache_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that comes second finds it made."""
    first, second = DiskCache(tmp_path), DiskCache(tmp_path)
    prepare = _database.prepare

    def late(connection: sqlite3.Connection, place: Path) -> None:
        monkeypatch.setattr(_database, "prepare", prepare)
        seen = iter([(0, 0, 0)])

        class Connection:
            """One that looked before the other made the tables."""

            def __getattr__(self, name: str) -> object:
                return getattr(connection, name)

            def __enter__(self) -> object:
                return connection.__enter__()

            def __exit__(self, *error: object) -> object:
                return connection.__exit__(*error)  # type: ignore[arg-type]

            def execute(self, statement: str) -> object:
                answer = next(seen, None) if "sqlite_master" in statement else None
                if answer is None:
                    return connection.execute(statement)
                first.cache_set("key", FULL)
                return connection.execute("SELECT 0, 0, 0")

        prepare(Connection(), place)  # type: ignore[arg-type]

    monkeypatch.setattr(_database, "prepare", late)
    assert second.cache_get("key") == FULL
    first.close()
    second.close()
