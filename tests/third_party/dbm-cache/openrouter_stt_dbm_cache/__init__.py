"""A plugin for openrouter-stt that keeps answers in a file of the standard library's dbm."""

from __future__ import annotations

import dbm
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path

from openrouter_stt import ConfigurationError, HookSpecs, Transcription, hookimpl

PATH = "OPENROUTER_STT_DBM_CACHE"
MONTH = 30 * 24 * 3600.0

_one_at_a_time = threading.Lock()  # of all caches, since two of them may share a file


class DbmCache(HookSpecs):
    """Keeps answers as JSON in a dbm file at `path`, for `ttl` seconds on `clock`; None keeps them for good."""

    name = "dbm-cache"

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        ttl: float | None = MONTH,
        clock: Callable[[], float] = time.time,
    ) -> None:
        place = path or os.environ.get(PATH)
        if not place:
            raise ConfigurationError(f"the dbm cache has no file; set {PATH}, or give DbmCache(path)")
        if ttl is not None and not ttl > 0:
            raise ConfigurationError(f"ttl is {ttl}; give seconds above 0, or None to keep answers for good")
        self.path = Path(place)
        self.ttl = ttl
        self._clock = clock

    @hookimpl(blocking=True)
    def cache_get(self, key: str) -> Transcription | None:
        """Return the answer that is kept and young enough; what is neither is removed."""
        with self._opened() as file:
            kept = file.get(key)
            if kept is None:
                return None
            answer = self._read(kept, key)
            if answer is None:
                del file[key]
            return answer

    @hookimpl(blocking=True)
    def cache_set(self, key: str, transcription: Transcription) -> None:
        """Keep an answer, and when it came."""
        entry = json.dumps({"key": key, "kept": self._clock(), "answer": transcription.to_dict()})
        with self._opened() as file:
            file[key] = entry.encode()

    def _read(self, kept: bytes, key: str) -> Transcription | None:
        """Return an entry's answer; what is old, or no entry of ours, is a miss."""
        try:
            entry = json.loads(kept)
            # Programs that write to one file of dbm.dumb may mix up its entries, so each tells whose it is.
            if entry["key"] != key or (self.ttl is not None and self._clock() - entry["kept"] >= self.ttl):
                return None
            return Transcription.from_dict(entry["answer"])
        except (KeyError, TypeError, ValueError):
            return None

    @contextmanager
    def _opened(self) -> Iterator[MutableMapping[str | bytes, bytes]]:
        """Open the file for one step, so that it is whole whenever no step is under way."""
        with _one_at_a_time:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with dbm.open(os.fspath(self.path), "c", 0o600) as file:
                yield file
