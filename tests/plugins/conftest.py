"""What the tests of the disk's cache share."""

from __future__ import annotations

import pytest

from openrouter_stt_plugins._cache import _answers


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time of the cache on disk, to be moved."""
    now = [1000.0]
    monkeypatch.setattr(_answers, "time", lambda: now[0])
    return now
