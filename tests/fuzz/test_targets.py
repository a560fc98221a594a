"""What fuzzing asserts holds of all that it begins with, and of what it found before."""

from __future__ import annotations

import pytest

from tests.fuzz import seeds
from tests.fuzz.targets import TARGETS

FOUND = {"kept_file": [b"\xff\xff\x20\xff"]}  # a message of SQLite that is no text


@pytest.mark.parametrize("name", TARGETS)
def test_each_seed_holds(name: str) -> None:
    """So does nothing at all."""
    for data in [b"", *getattr(seeds, name)(), *FOUND.get(name, ())]:
        TARGETS[name](data)
