"""What a cache keeps: answers as text, each with its checksum, schema and time, and claims to those on their way."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from time import time
from typing import Final

from ._database import Database
from ._info import CacheInfo
from ._owner import is_gone, new_owner
from ._place import files
from ._tables import SCHEMA

LOOK_AGAIN: Final = 0.1  # seconds
LONGEST_CLAIM: Final = 120.0  # seconds; what is known to have ended sooner holds nobody up
_FIND: Final = (
    "SELECT schema, answer, checksum, kept, used < (SELECT max(used) FROM answers) FROM answers WHERE key = ?"
)
_USE: Final = "UPDATE answers SET used = (SELECT max(used) + 1 FROM answers) WHERE key = ?"
_KEEP: Final = (
    "INSERT OR REPLACE INTO answers SELECT ?, ?, ?, ?, ?, ?, coalesce((SELECT max(used) FROM answers), 0) + 1"
)
_INFO: Final = "SELECT count(*), coalesce(sum(bytes), 0), min(kept), max(kept) FROM answers"


class DamagedEntryError(ValueError):
    """An entry is not what was kept; it was removed."""


class Answers:
    """The answers in a folder: those used last, up to `size` bytes of them and `ttl` seconds (None: for ever) old.

    Everything may raise sqlite3.Error, OSError and `ConfigurationError`.
    """

    def __init__(self, folder: Path, *, size: int, ttl: float | None) -> None:
        self.size = size
        self.ttl = ttl
        self._database = Database(folder)
        self._owner, self._process = "", 0

    def find(self, key: str) -> str | None:
        """Return what is kept under a key, and note its use. Raises `DamagedEntryError`."""
        with self._database.lent() as database:
            answer, is_last_used = self._sound(database, key)
            if answer is not None and not is_last_used:
                with suppress(sqlite3.Error):  # another process may be writing, or nobody may
                    database.execute(_USE, (key,))
        return answer

    def keep(self, key: str, answer: str) -> None:
        """Keep an answer, unless it is larger than all may be, and end the claim to it."""
        now, size = time(), len(answer.encode())
        with self._database.written() as database:
            database.execute("DELETE FROM claims WHERE key = ?", (key,))
            if self.ttl is not None:  # those of the future may be found again when the clock is right
                database.execute("DELETE FROM answers WHERE kept <= ?", (now - self.ttl,))
            if size <= self.size:
                database.execute(_KEEP, (key, SCHEMA, answer, _checksum(key, answer, now), size, now))
                self._make_room(database)

    def forget(self, key: str) -> None:
        """Keep nothing under a key."""
        with self._database.written() as database:
            database.execute("DELETE FROM answers WHERE key = ?", (key,))

    def claim(self, key: str, seconds: float) -> float | None:
        """Claim an answer for as long; or return when to look again, where another has, or the answer is there."""
        now, own = time(), self._own()
        with self._database.written() as database:
            if self._sound(database, key)[0] is not None:
                return LOOK_AGAIN
            row = database.execute("SELECT owner, until FROM claims WHERE key = ?", (key,)).fetchone()
            if row and now < row[1] <= now + LONGEST_CLAIM and row[0] != own and not is_gone(row[0]):
                return min(float(row[1]) - now, LOOK_AGAIN)
            database.execute("DELETE FROM claims WHERE until <= ?", (now,))
            until = now + min(seconds, LONGEST_CLAIM)
            database.execute("INSERT OR REPLACE INTO claims VALUES (?, ?, ?)", (key, own, until))
        return None

    def release(self, key: str) -> None:
        """End this process's claim."""
        with self._database.written() as database:
            database.execute("DELETE FROM claims WHERE key = ? AND owner = ?", (key, self._own()))

    def info(self) -> CacheInfo:
        """Describe what is kept."""
        with self._database.lent() as database:
            entries, size, oldest, newest = database.execute(_INFO).fetchone()
            on_disk = [path.stat().st_size for path in files(self._database.folder) if not path.match("*-shm")]
        return CacheInfo(
            entries=entries,
            bytes=size,
            file_bytes=sum(on_disk),
            oldest=oldest and datetime.fromtimestamp(oldest, UTC),
            newest=newest and datetime.fromtimestamp(newest, UTC),
            schema=SCHEMA,
        )

    def clear(self) -> int:
        """Forget everything, and return how many answers that were; no file keeps any of them."""
        with self._database.lent() as database:
            (entries,) = database.execute("SELECT count(*) FROM answers").fetchone()
            database.executescript("DELETE FROM answers; DELETE FROM claims; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)")
        return int(entries)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def _own(self) -> str:
        if self._process != os.getpid():  # a forked child claims for itself
            self._process, self._owner = os.getpid(), new_owner()
        return self._owner

    def _sound(self, database: sqlite3.Connection, key: str) -> tuple[str | None, bool]:
        """Return an answer that may be given, and whether it is the one used last."""
        row = database.execute(_FIND, (key,)).fetchone()
        if row is None:
            return None, False
        schema, answer, checksum, kept, is_older = row
        if schema != SCHEMA:
            return None, False
        if checksum != _checksum(key, answer, kept):
            database.execute("DELETE FROM answers WHERE key = ?", (key,))
            raise DamagedEntryError("an entry of the cache is damaged")
        if self.ttl is not None and not 0 <= time() - kept < self.ttl:
            return None, False
        return answer, not is_older

    def _make_room(self, database: sqlite3.Connection) -> None:
        """Forget what was used longest ago."""
        (size,) = database.execute("SELECT sum(bytes) FROM answers").fetchone()
        excess, last = size - self.size, -1
        oldest_first = database.execute("SELECT used, bytes FROM answers ORDER BY used")
        while excess > 0:
            last, freed = oldest_first.fetchone()
            excess -= freed
        database.execute("DELETE FROM answers WHERE used <= ?", (last,))


def _checksum(key: str, answer: str, kept: float) -> str:
    return sha256(f"{SCHEMA}\n{key}\n{kept!r}\n{answer}".encode()).hexdigest()
