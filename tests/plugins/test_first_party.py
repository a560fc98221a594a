"""Our own plugins keep what is expected of others'."""

from __future__ import annotations

from pathlib import Path

import pytest

import openrouter_stt_plugins
from openrouter_stt.testing import conformance, tone
from tests.plugins.first_party import FIRST_PARTY

TONES = [tone(200.0 + 100 * index, seconds=1.0) for index in range(8)]  # of a length that FLAC makes smaller


@pytest.mark.parametrize("plugin", FIRST_PARTY)
def test_conforms(plugin: str, tmp_path: Path, redis_url: str) -> None:
    """Each passes every check of the test kit; the caches with one place for all of its clients."""
    conformance(lambda: FIRST_PARTY[plugin](tmp_path, redis_url), sources=TONES)


def test_none_is_missing() -> None:
    """Each public module of the package stands in the table."""
    modules = Path(openrouter_stt_plugins.__file__).parent.glob("[!_]*.py")
    assert {path.stem for path in modules} == {plugin.partition(",")[0] for plugin in FIRST_PARTY}
