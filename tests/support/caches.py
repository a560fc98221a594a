"""Caches to keep answers in, and answers to keep."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from openrouter_stt import Transcription, Usage, hookimpl

MakeCache = Callable[[Path], Any]
CACHES: dict[str, MakeCache] = {"memory": lambda _: "memory", "folder": lambda folder: folder / "answers"}
FULL = Transcription(text="grüße", model="m", usage=Usage(cost=0.25, seconds=1.5), generation_id="gen-1")


class Constant:
    """A cache of one's own, with keys of its own."""

    name = "cache"

    def __init__(self) -> None:
        self.kept: dict[str, Transcription] = {}

    @hookimpl
    def cache_key(self) -> str:
        return "always"

    @hookimpl
    def cache_get(self, key: str) -> Transcription | None:
        return self.kept.get(key)

    @hookimpl
    def cache_set(self, key: str, transcription: Transcription) -> None:
        self.kept[key] = transcription


class Claimed(Constant):
    """A cache in which another process has claimed everything, and may keep an answer after some looks."""

    def __init__(self, wait: Callable[[], Any], gets_it_after: int = 10**9) -> None:
        super().__init__()
        self.wait, self.looks, self.gets_it_after = wait, 0, gets_it_after
        self.released: list[str] = []

    @hookimpl
    def cache_get(self, key: str) -> Transcription | None:
        self.looks += 1
        return Transcription(text="theirs", model="m") if self.looks > self.gets_it_after else None

    @hookimpl
    def cache_claim(self, key: str) -> Any:
        return self.wait()

    @hookimpl
    def cache_release(self, key: str) -> None:
        self.released.append(key)


def text(number: int) -> Transcription:
    return Transcription(text=str(number), model="m")


def size_of(answer: Transcription) -> int:
    """Return the bytes that a cache on disk keeps of an answer."""
    return len(json.dumps(answer.to_dict()))
