"""Keep answers, so that the same audio is not paid for twice: in memory, or in a folder on disk."""

from __future__ import annotations

import json
import os
import re
import threading
from collections import OrderedDict
from pathlib import Path
from time import monotonic
from typing import Final
from weakref import WeakValueDictionary

from openrouter_stt import Call, ConfigurationError, HookSpecs, Transcription, hookimpl

from ._cache import DATABASE, Answers, CacheInfo
from ._numbers import is_number

__all__ = ["DATABASE", "CacheInfo", "DiskCache", "MemoryCache", "cache_plugin"]

_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)  # RFC 3986, 3.1; what follows may be a password
MONTH: Final = 30 * 24 * 3600.0  # seconds


class MemoryCache(HookSpecs):
    """Keeps the answers used last as long as the process lives.

    Args:
        entries: How many.
        ttl: Seconds for which an answer is kept, by a clock that nobody sets; None keeps it for ever.

    Raises:
        ConfigurationError: For less than one entry, or a time that is none.
    """

    name = "cache"

    def __init__(self, *, entries: int = 1000, ttl: float | None = None) -> None:
        if not (is_number(entries) and entries >= 1):
            raise ConfigurationError(f"a cache keeps 1 entry or more, not {entries!r}")
        self.entries = entries
        self.ttl: float | None = _checked_ttl(ttl)
        self._kept: OrderedDict[str, tuple[Transcription, float]] = OrderedDict()
        self._lock = threading.Lock()
        _in_memory[id(self)] = self

    @hookimpl
    def cache_get(self, key: str) -> Transcription | None:
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            if self.ttl is not None and monotonic() - found[1] >= self.ttl:
                del self._kept[key]
                return None
            self._kept.move_to_end(key)
            return found[0]

    @hookimpl
    def cache_set(self, key: str, transcription: Transcription) -> None:
        with self._lock:
            self._kept[key] = transcription, monotonic()
            self._kept.move_to_end(key)
            if len(self._kept) > self.entries:
                self._kept.popitem(last=False)


_in_memory: Final[WeakValueDictionary[int, MemoryCache]] = WeakValueDictionary()  # by id: they may be equal


def _unlock() -> None:
    """Give caches new locks after a fork, when threads of the parent may have held them."""
    for cache in _in_memory.values():
        cache._lock = threading.Lock()


_at_fork = getattr(os, "register_at_fork", lambda **_: None)  # Windows does not fork
_at_fork(after_in_child=_unlock)


class DiskCache(HookSpecs):
    """Keeps the answers used last in a folder, for other processes and later ones.

    They are JSON in an SQLite database, and nothing else is read from it. Folder and files are their owner's alone.
    No trouble with them breaks a call: it is a miss.

    Args:
        folder: Where; it is made where it is missing. It is the cache's own: nothing else is to be in it. A relative
            one is of the folder in which the process is now, wherever it goes later; that folder itself is ".".
        size: Bytes of answers that are kept at most.
        ttl: Seconds for which an answer is kept; None keeps it for ever. One from the future, as it is when the
            machine's clock was set back, is not used.

    Raises:
        ConfigurationError: For a size or a time that is none, an empty string, and a path where something else is.
    """

    name = "cache"

    def __init__(self, folder: str | os.PathLike[str], *, size: int = 100_000_000, ttl: float | None = MONTH) -> None:
        if not (is_number(size) and size >= 1):
            raise ConfigurationError(f"a cache keeps 1 byte or more, not {size!r}")
        self.folder: Path = _checked_folder(folder)
        self.size = size
        self.ttl: float | None = _checked_ttl(ttl)
        self._answers = Answers(self.folder, size=size, ttl=ttl)

    @hookimpl(blocking=True)
    def cache_get(self, key: str) -> Transcription | None:
        answer = self._answers.find(key)
        if answer is None:
            return None
        try:
            return Transcription.from_dict(json.loads(answer))
        except Exception:  # another version wrote it
            self._answers.forget(key)
            raise

    @hookimpl(blocking=True)
    def cache_claim(self, key: str, call: Call) -> float | None:
        return self._answers.claim(key, call.remaining)

    @hookimpl(blocking=True)
    def cache_set(self, key: str, transcription: Transcription) -> None:
        self._answers.keep(key, json.dumps(transcription.to_dict()))

    @hookimpl(blocking=True)
    def cache_release(self, key: str) -> None:
        self._answers.release(key)

    @hookimpl
    def close(self) -> None:
        """Let go of the database; where clients share this cache, the next one to use it opens it again."""
        self._answers.close()

    def info(self) -> CacheInfo:
        """Describe what is kept. Raises `ConfigurationError`, sqlite3.Error or OSError where that cannot be told."""
        return self._answers.info()

    def clear(self) -> int:
        """Forget all answers, in the files too, and return how many there were. Raises as `info` does."""
        return self._answers.clear()


def cache_plugin(cache: object) -> object:
    """Make what `Client(cache=...)` says: "memory", a folder, or a plugin of one's own, which is returned."""
    if cache == "memory":
        return MemoryCache()
    if isinstance(cache, str | os.PathLike):
        return DiskCache(cache)
    looks_up: object = getattr(cache, "cache_get", None)
    if getattr(looks_up, "__func__", looks_up) not in (None, HookSpecs.cache_get):
        return cache
    what = f"the class {cache.__name__}" if isinstance(cache, type) else type(cache).__name__
    raise ConfigurationError(
        f'cache must be "memory", the path of a folder, or a plugin with the hook cache_get, not {what}'
    )


def _checked_folder(folder: str | os.PathLike[str]) -> Path:
    if scheme := _SCHEME.match(os.fspath(folder)):
        raise ConfigurationError(f"{scheme[0]}... is no folder; a server's cache is a plugin, such as RedisCache")
    if not os.fspath(folder):
        raise ConfigurationError('a cache\'s folder has a name, such as "answers"; "" would be the current folder')
    if os.path.exists(folder) and not os.path.isdir(folder):  # noqa: PTH110, PTH112  Path's own raise for some names
        raise ConfigurationError(f"{os.fspath(folder)} must be a folder for a cache, and is none; give another path")
    return Path(folder).absolute()


def _checked_ttl(ttl: float | None) -> float | None:
    if ttl is None or (is_number(ttl) and ttl > 0):
        return ttl
    raise ConfigurationError(f"ttl must be seconds above 0, or None, not {ttl!r}")
