"""One connection to the database of a cache, lent for one short piece of work at a time.

It is opened when it is first needed, and anew when the file was replaced, after any error, and after a fork: SQLite's
connections must not come into a child, not even to be closed there.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ._place import DATABASE, close_to_others, files, identity, made_ready
from ._tables import is_ours, prepare

LONGEST_WAIT = 0.5  # seconds for another thread or process to finish


class Database:
    """The database in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._closing: weakref.finalize[..., Database] | None = None
        with _forking:
            _all.add(self)

    @contextmanager
    def lent(self) -> Iterator[sqlite3.Connection]:
        """Lend the connection to one thread. Raises sqlite3.Error, OSError and `ConfigurationError`.

        A cache of ours that proves damaged is removed, so that the next one to use it begins anew.
        """
        if not self._lock.acquire(timeout=LONGEST_WAIT):
            raise TimeoutError("other threads are using the cache")
        try:
            connection = self._connected()
            try:
                with _damage_named():
                    yield connection
            except sqlite3.Error as error:
                self._close()
                self._remove_if_damaged(error)
                raise
        finally:
            self._lock.release()

    @contextmanager
    def written(self) -> Iterator[sqlite3.Connection]:
        """Lend the connection for one transaction: a process that is killed leaves all of it or nothing."""
        with self.lent() as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection

    def close(self) -> None:
        """Let go of the file; the next use opens it again."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._closing is not None:
            self._closing()
        self._connection = self._closing = None

    def _remove_if_damaged(self, error: BaseException) -> None:
        """Remove a cache of ours after an error that says so; what may be somebody's is left alone."""
        if getattr(error, "sqlite_errorname", "").startswith("SQLITE_CORRUPT") and is_ours(self.folder / DATABASE):
            for path in files(self.folder):
                path.unlink(missing_ok=True)

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None or identity(self.folder / DATABASE) != self._identity:
            self._close()
            self._connection = self._opened()
            self._closing = weakref.finalize(self, self._connection.close)
            self._identity = identity(self.folder / DATABASE)
        return self._connection

    def _opened(self) -> sqlite3.Connection:
        place = made_ready(self.folder)
        connection = sqlite3.connect(place, timeout=LONGEST_WAIT, isolation_level=None, check_same_thread=False)
        try:
            with _damage_named():
                prepare(connection, place)
            close_to_others(self.folder)
        except BaseException as error:
            connection.close()
            self._remove_if_damaged(error)
            raise
        return connection


@contextmanager
def _damage_named() -> Iterator[None]:
    """Raise as SQLite's what its driver says of a damaged file whose names or messages are no text."""
    try:
        yield
    except UnicodeDecodeError:
        damage = sqlite3.DatabaseError("the database has text that is none")
        damage.sqlite_errorname = "SQLITE_CORRUPT"
        raise damage from None


_all: Final[weakref.WeakSet[Database]] = weakref.WeakSet()
_forking: Final = threading.Lock()
_held: Final[list[Database]] = []


def _before_fork() -> None:
    _forking.acquire()
    _held.extend(sorted(_all, key=id))
    for database in _held:
        database._lock.acquire()
        database._close()


def _after_fork() -> None:
    while _held:
        _held.pop()._lock.release()
    _forking.release()


_at_fork = getattr(os, "register_at_fork", lambda **_: None)  # Windows does not fork
_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)
