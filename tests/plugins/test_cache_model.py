"""The caches against a dict that does what they promise, in any order of steps."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any
from unittest import mock

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from openrouter_stt import Transcription
from openrouter_stt_plugins import cache as cache_module
from openrouter_stt_plugins._cache import _answers
from openrouter_stt_plugins.cache import DiskCache, MemoryCache
from tests.support.caches import size_of

TTL = 100
KEYS = st.sampled_from("abcdef")


def answer(letters: int) -> Transcription:
    return Transcription(text="x" * letters, model="m")


class MemoryMachine(RuleBasedStateMachine):
    """A dict in the order of use, of answers with the time at which they were kept."""

    clock = cache_module, "monotonic"
    bound = 4  # answers

    def __init__(self) -> None:
        super().__init__()
        self.now = 1e6
        self.model: dict[str, tuple[Transcription, float]] = {}
        self.patch = mock.patch.object(*self.clock, lambda: self.now)
        self.patch.start()

    def make(self) -> Any:
        return MemoryCache(entries=self.bound, ttl=TTL)

    def weight(self, kept: Transcription) -> int:
        return 1

    @initialize()
    def begin(self) -> None:
        self.cache = self.make()

    def is_alive(self, key: str) -> bool:
        return key in self.model and 0 <= self.now - self.model[key][1] < TTL

    @rule(key=KEYS, letters=st.integers(0, 300))
    def keep(self, key: str, letters: int) -> None:
        kept = answer(letters)
        self.cache.cache_set(key, kept)
        self.purge()
        if self.weight(kept) <= self.bound:
            self.model.pop(key, None)
            self.model[key] = kept, self.now
        while sum(self.weight(each) for each, _ in self.model.values()) > self.bound:
            del self.model[next(iter(self.model))]

    def purge(self) -> None:
        """Memory is freed as room is needed."""

    @rule(key=KEYS)
    def look(self, key: str) -> None:
        found = self.cache.cache_get(key)
        if self.is_alive(key):
            self.model[key] = self.model.pop(key)
            assert found == self.model[key][0]
        else:
            self.missed(key)
            assert found is None

    def missed(self, key: str) -> None:
        self.model.pop(key, None)

    @rule(seconds=st.integers(1, 60))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds

    def teardown(self) -> None:
        self.cache.close()
        self.patch.stop()


class DiskMachine(MemoryMachine):
    """The same on disk, where processes end, are killed, and use it beside each other, and clocks are set back."""

    clock = _answers, "time"
    bound = 1000  # bytes

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.killed: list[Any] = []

    def make(self) -> Any:
        return DiskCache(Path(self.folder.name), size=self.bound, ttl=TTL)

    def weight(self, kept: Transcription) -> int:
        return size_of(kept)

    def purge(self) -> None:
        """With each answer that is kept, those that are too old go."""
        self.model = {key: (kept, at) for key, (kept, at) in self.model.items() if self.now - at < TTL}

    def missed(self, key: str) -> None:
        """What is not found stays until it is too old: the clock may be wrong."""

    @rule(seconds=st.integers(1, 60))
    def clock_is_set_back(self, seconds: int) -> None:
        self.now -= seconds

    @rule()
    def process_ends(self) -> None:
        self.cache.close()
        self.cache = self.make()

    @precondition(lambda self: len(self.killed) < 5)
    @rule()
    def process_is_killed_while_it_writes(self) -> None:
        """What it had begun is not there; its connection is never closed."""
        database = self.cache._answers._database._connected()
        database.execute("BEGIN IMMEDIATE")
        database.execute("DELETE FROM answers")
        database.rollback()  # as the system does for it
        self.killed.append(self.cache)
        self.cache = self.make()

    @invariant()
    def keeps_within_its_size(self) -> None:
        info = self.cache.info() if hasattr(self, "cache") else None
        if info is not None:
            assert info.entries == len(self.model)
            assert info.bytes == sum(self.weight(kept) for kept, _ in self.model.values()) <= self.bound

    def teardown(self) -> None:
        for cache in self.killed:
            cache.close()
        super().teardown()
        self.folder.cleanup()


TestMemory = MemoryMachine.TestCase
TestMemory.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestDisk = DiskMachine.TestCase
TestDisk.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
