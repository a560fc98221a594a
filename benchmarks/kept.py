"""A call that the cache in memory answers, in processes of its own: one is quick and another slow, whatever it does."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any

ROUNDS = 5


def measured(path: Path, times: int) -> dict[str, float]:
    """Return the least CPU seconds of a hit, of a call that a plugin answers, and of hashes."""
    from blake3 import blake3

    from benchmarks import plugins
    from openrouter_stt import Client

    data = path.read_bytes()
    transport = plugins.Transport()
    answering = plugins.plugin(plugins.answer, 1)
    with (
        Client("key", transport=transport, autoload=False, cache="memory") as client,
        Client("key", transport=transport, autoload=False, plugins=[answering]) as other,
    ):
        ways: dict[str, Callable[[], object]] = {
            "SHA-256": partial(_hashed, hashlib.sha256, data),
            "BLAKE3": partial(_hashed, blake3, data),
            "bytes": partial(client.transcribe, data, model="m"),
            "path": partial(client.transcribe, path, model="m"),
            "plugin": partial(other.transcribe, data, model="m"),
        }
        for way in ways.values():
            way()
        rounds = [{name: _cpu(way, times) for name, way in ways.items()} for _ in range(ROUNDS)]
    return {name: min(each[name] for each in rounds) for name in ways}


def _hashed(kind: Callable[[bytes], Any], data: bytes) -> str:
    text: str = kind(data).hexdigest()
    return text


def _cpu(function: Callable[[], object], times: int) -> float:
    """Return the seconds of CPU time of one of so many calls."""
    gc.collect()
    gc.freeze()  # what is there by now is no call's matter
    begin = process_time()
    for _ in range(times):
        function()
    return (process_time() - begin) / times
