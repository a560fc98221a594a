"""A large file takes no more memory than a small one."""

from __future__ import annotations

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pybase64
import pytest

from tests.support.server import Request, serving
from tests.support.sounds import wav
from tests.support.spec import ROOT
from tests.support.worlds import WORLDS

SIZE = 200_000_000  # bytes
MOST_ADDED = 16_000_000
BLOCK = 3 * 256 * 1024


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A WAV file of 200 MB that takes no room on the disk: silence behind a header."""
    path = tmp_path_factory.mktemp("memory") / "large.wav"
    path.write_bytes(wav(b"").replace(b"data\0\0\0\0", b"data" + SIZE.to_bytes(4, "little")))
    with path.open("r+b") as file:
        file.truncate(44 + SIZE)
    return path


def digest_of(path: Path, request: Request) -> str:
    """Return the SHA-256 of the body that the request should have had, from its ends and the file."""
    start = request.body.index(b'"data":"') + 8
    expected = sha256(request.body[:start])
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            expected.update(pybase64.b64encode(block))
    expected.update(request.body[request.body.index(b'"', start) :])
    return expected.hexdigest()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of memory is read from Linux's /proc")
@pytest.mark.parametrize("world", WORLDS)
def test_200_mb_add_less_than_16_mb(world: str, large: Path, tmp_path: Path) -> None:
    """Measured in a process of its own; the server gets every byte."""
    small = tmp_path / "small.wav"
    small.write_bytes(wav(bytes(2_000_000)))
    with serving(keep=64 * 1024) as server:
        child = subprocess.run(
            [sys.executable, "-m", "tests.support.memory_child", world, server.url, str(large), str(small)],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        )
    assert int(child.stdout) < MOST_ADDED
    assert server.last.size == int(server.last.header("content-length")) > SIZE * 4 / 3
    assert server.last.digest == digest_of(large, server.last)
