"""Keep answers, so that the same audio is not paid for twice: in memory, or in a folder on disk."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path

from openrouter_stt import ConfigurationError, HookSpecs, Transcription, hookimpl

LONGEST_WAIT = 0.5  # seconds for another process to finish writing
# `used` counts up with each use: no clock, which may be set back, decides what is forgotten.
_TABLE = "CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, answer TEXT NOT NULL, used INTEGER NOT NULL)"
_FIND = "SELECT answer FROM answers WHERE key = ?"
_USE = "UPDATE answers SET used = (SELECT max(used) + 1 FROM answers) WHERE key = ?"
_KEEP = "INSERT OR REPLACE INTO answers SELECT ?, ?, coalesce(max(used), 0) + 1 FROM answers"
_FORGET = "DELETE FROM answers WHERE key IN (SELECT key FROM answers ORDER BY used DESC LIMIT -1 OFFSET ?)"


class MemoryCache(HookSpecs):
    """Keeps the `entries` answers used last, as long as the client lives."""

    name = "cache"

    def __init__(self, *, entries: int = 1000) -> None:
        self.entries = entries
        self._kept: OrderedDict[str, Transcription] = OrderedDict()
        self._lock = threading.Lock()

    @hookimpl
    def cache_get(self, key: str) -> Transcription | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    @hookimpl
    def cache_set(self, key: str, transcription: Transcription) -> None:
        with self._lock:
            self._kept[key] = transcription
            self._kept.move_to_end(key)
            if len(self._kept) > self.entries:
                self._kept.popitem(last=False)


class DiskCache(HookSpecs):
    """Keeps the `entries` answers used last in a folder, for other processes too.

    Answers are JSON in an SQLite database. The folder is made for its owner alone.
    """

    name = "cache"

    def __init__(self, folder: str | os.PathLike[str], *, entries: int = 10_000) -> None:
        self.folder: Path = Path(folder)
        self.entries = entries

    @hookimpl(blocking=True)
    def cache_get(self, key: str) -> Transcription | None:
        with self._opened() as database:
            row = database.execute(_FIND, (key,)).fetchone()
            if row is None:
                return None
            with contextlib.suppress(sqlite3.Error):  # another process may be writing
                database.execute(_USE, (key,))
        return Transcription.from_dict(json.loads(row[0]))

    @hookimpl(blocking=True)
    def cache_set(self, key: str, transcription: Transcription) -> None:
        answer = json.dumps(transcription.to_dict())
        with self._opened() as database:
            database.execute(_KEEP, (key, answer))
            database.execute(_FORGET, (self.entries,))

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """Connect for one use: SQLite's connections are neither for several threads nor for a forked child."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        place = self.folder / "answers.sqlite3"
        os.close(os.open(place, os.O_CREAT | os.O_RDWR, 0o600))
        with contextlib.closing(sqlite3.connect(place, timeout=LONGEST_WAIT)) as database, database:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute(_TABLE)
            yield database


def cache_plugin(cache: object) -> object:
    """Make what `Client(cache=...)` says: "memory", a folder, or a plugin of one's own, which is returned."""
    if cache == "memory":
        return MemoryCache()
    if isinstance(cache, str | os.PathLike):
        return DiskCache(cache)
    if hasattr(cache, "cache_get"):
        return cache
    raise ConfigurationError(f'cache must be "memory", the path of a folder, or a plugin, not {type(cache).__name__}')
