"""The soak does what it says, for a moment."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.soak.__main__ import serving, soak
from tests.support.worlds import ASYNC_WORLDS


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving() as address:
        yield address


@pytest.mark.parametrize("name", ["sync", *ASYNC_WORLDS])
def test_each_call_ends_as_the_table_says(name: str, address: str) -> None:
    tally, _, after = soak(name, address, 1)
    assert tally.wrong == []
    assert tally.calls.total() >= 16
    assert after.files > 0
