"""The server that all clients are measured against: it reads a request to its end, keeps nothing, and answers.

In a process of its own, so that its work is not counted as a client's. Below /flaky/ it refuses every second request,
below /slow/ it answers after 50 ms.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUFFER = 256 * 1024
SLOW = 0.05  # seconds
TEXT = "We met at nine."
DOCUMENT = b'{"text": "We met at nine.", "usage": {"cost": 0.0001, "seconds": 0.5}}'
LENGTH = re.compile(rb"content-length: *([0-9]+)", re.IGNORECASE)
refused = itertools.cycle([True, False])


def reply(status: bytes, body: bytes) -> bytes:
    headers = b"content-type: application/json\r\ncontent-length: %d\r\nretry-after: 0" % len(body)
    return b"HTTP/1.1 %s\r\n%s\r\n\r\n%s" % (status, headers, body)


ANSWER = reply(b"200 OK", DOCUMENT)
REFUSAL = reply(b"503 Service Unavailable", b'{"error": {"code": 503, "message": "Busy"}}')


class Connection(asyncio.BufferedProtocol):
    """Takes one request after another, whose bodies are counted and thrown away."""

    def __init__(self) -> None:
        self.buffer = bytearray(BUFFER)
        self.head = b""
        self.left = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def get_buffer(self, sizehint: int) -> bytearray:
        return self.buffer

    def buffer_updated(self, nbytes: int) -> None:
        if self.left:
            self.left -= nbytes
        else:
            self.head += self.buffer[:nbytes]
            head, blank, body = self.head.partition(b"\r\n\r\n")
            if not blank:
                return
            length = LENGTH.search(head)
            assert length, "a request without a length"  # noqa: S101  for whoever writes an adapter
            self.left = int(length[1]) - len(body)
        if not self.left:
            line, self.head = self.head.partition(b"\r\n")[0], b""
            answer = REFUSAL if b"/flaky/" in line and next(refused) else ANSWER
            if b"/slow/" in line:
                asyncio.get_running_loop().call_later(SLOW, self.transport.write, answer)  # type: ignore[attr-defined]
            else:
                self.transport.write(answer)  # type: ignore[attr-defined]


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201  for `running`
    await asyncio.to_thread(sys.stdin.read)  # until its parent ends


@contextmanager
def running() -> Iterator[str]:
    """Run the server while the block does, and yield its address."""
    command = [sys.executable, "-m", "benchmarks.stub"]
    with subprocess.Popen(  # noqa: S603  ourselves
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None  # noqa: S101  a pipe
        assert process.stdout is not None  # noqa: S101  a pipe
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/api/v1"
        finally:
            process.stdin.close()


if __name__ == "__main__":
    asyncio.run(serve())
