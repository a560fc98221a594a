"""The tables of a cache, and what tells a database of ours from others."""

from __future__ import annotations

import sqlite3
import struct
from pathlib import Path
from typing import Final

from openrouter_stt import ConfigurationError

from ._place import close_to_others

SCHEMA: Final = 1  # of the tables and of what stands in them; a change raises it
_APPLICATION: Final = 0x4F525354  # "ORST"
_TABLES: Final = (
    # `used` counts up with each use: no clock, which may be set back, decides what is forgotten.
    "CREATE TABLE answers (key TEXT PRIMARY KEY, schema INTEGER NOT NULL, answer TEXT NOT NULL, checksum TEXT NOT NULL,"
    " bytes INTEGER NOT NULL, kept REAL NOT NULL, used INTEGER NOT NULL)",
    "CREATE INDEX by_use ON answers (used, bytes)",
    "CREATE INDEX by_age ON answers (kept)",
    "CREATE TABLE claims (key TEXT PRIMARY KEY, owner TEXT NOT NULL, until REAL NOT NULL)",
    f"PRAGMA application_id = {_APPLICATION}",
    f"PRAGMA user_version = {SCHEMA}",
)
_FACTS: Final = (
    "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_master)"
    " FROM pragma_application_id, pragma_user_version"
)
_NEW: Final = (0, 0, 0)
_HEADER: Final = struct.Struct(">15s 53x i")  # https://www.sqlite.org/fileformat.html#the_database_header


def prepare(connection: sqlite3.Connection, place: Path) -> None:
    """Make the tables of a new database. Raises `ConfigurationError` for one that is not ours."""
    if _facts(connection, place) == _NEW:
        close_to_others(place.parent)  # before there is something in it
        connection.execute("PRAGMA journal_mode = WAL")
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            if _facts(connection, place) == _NEW:  # else another process was quicker
                for statement in _TABLES:
                    connection.execute(statement)
    application, schema, _ = _facts(connection, place)
    if application != _APPLICATION:
        raise _another_s(place)
    if schema != SCHEMA:
        raise ConfigurationError(
            f"{place} has schema {schema}, and this version of openrouter-stt uses {SCHEMA}; give the cache another "
            "folder, or remove this one"
        )
    connection.execute("PRAGMA synchronous = NORMAL")  # in WAL mode the database stays whole when the power fails
    connection.execute("PRAGMA journal_size_limit = 4000000")  # bytes; busy processes let the log grow


def _facts(connection: sqlite3.Connection, place: Path) -> tuple[int, ...]:
    try:
        facts: tuple[int, ...] = connection.execute(_FACTS).fetchone()
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorname", "") in ("SQLITE_NOTADB", "SQLITE_CORRUPT") and not is_ours(place):
            raise _another_s(place) from None
        raise
    return facts


def _another_s(place: Path) -> ConfigurationError:
    return ConfigurationError(f"{place} is not a cache of openrouter-stt; give the cache another folder")


def is_ours(place: Path) -> bool:
    """Tell from the first bytes of a database, which may be damaged, whether it is a cache of openrouter-stt."""
    with place.open("rb") as file:
        header = file.read(_HEADER.size)
    return len(header) == _HEADER.size and _HEADER.unpack(header) == (b"SQLite format 3", _APPLICATION)
