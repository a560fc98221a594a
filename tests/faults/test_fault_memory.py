"""No answer takes more than 256 MB of memory above an idle client; measured in a process of its own."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.hostile import Behaviour, Hostile, answers, chunked, floods, response
from tests.faults.table import MIB, OK
from tests.support.spec import ROOT

MOST = 256 * 1000 * 1000
BOMB = gzip.compress(bytes(288 * MIB), 1)  # more than may be taken
GREEDY: dict[str, Behaviour] = {
    "a gzip bomb": answers(response(200, BOMB, "Content-Encoding: gzip")),
    "a bomb in a bomb": answers(response(200, gzip.compress(BOMB), "Content-Encoding: gzip, gzip")),
    "a bomb in an error": answers(response(500, BOMB, "Content-Encoding: gzip")),
    "an endless body": floods(b"HTTP/1.1 200 OK\r\n\r\n", bytes(MIB)),
    "endless chunks": floods(chunked(end=b""), b"100000\r\n" + bytes(MIB) + b"\r\n"),
    "an endless error": floods(b"HTTP/1.1 500 No\r\n\r\n", bytes(MIB)),
    "headers of 50 MB": answers(b"HTTP/1.1 200 OK\r\nA: " + b"a" * (50 * MIB) + b"\r\n\r\n", "hang"),
    "50 MB of headers": answers(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * (8 * MIB) + b"\r\n", "hang"),
    "many small values": answers(response(200, b'{"text": "x", "a": [' + b"[]," * (20 * MIB) + b"1]}")),
    "many small objects": answers(response(200, b'{"text": "x", "a": [' + b'{"a":1},' * 330_000 + b"1]}")),
    "a text of 60 MiB": answers(response(200, b'{"text": "' + b"x" * (60 * MIB) + b'"}')),
    "brackets": answers(response(200, b"[" * (60 * MIB))),
}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of memory is read from Linux's /proc")
@pytest.mark.parametrize("world", ["sync", "asyncio", "asyncio-aiohttp"])
@pytest.mark.parametrize("behave", GREEDY.values(), ids=GREEDY.keys())
def test_memory_is_bounded(hostile: Hostile, world: str, behave: Behaviour) -> None:
    """trio's client is asyncio's but for its sockets."""
    urls = [hostile.case(each).url for each in (behave, OK)]
    child = subprocess.run(
        [sys.executable, "-m", "tests.faults.memory_child", world, *urls],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    assert int(child.stdout) < MOST
