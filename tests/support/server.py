"""A server on loopback that answers from a script and keeps every request it got, byte by byte."""

from __future__ import annotations

import base64
import json
import socket
import socketserver
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from io import BufferedReader
from typing import Any, BinaryIO, Literal

BLOCK = 1024 * 1024
Cut = Literal["before the body", "after the body", "inside the answer"]


@dataclass(frozen=True)
class Answer:
    """What the server does with one request: what it sends, or where it cuts the connection."""

    status: int = 200
    body: bytes = b'{"text": "hello"}'
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: Cut | None = None
    meanwhile: Callable[[], object] | None = None  # called when the body has begun to come in

    @classmethod
    def of(cls, status: int, document: object, **headers: str) -> Answer:
        """Answer with JSON; underscores in the names of headers stand for hyphens."""
        return cls(
            status, json.dumps(document).encode(), {name.replace("_", "-"): text for name, text in headers.items()}
        )


@dataclass
class Request:
    """A request as it came in; `body` is what was read of it, `size` and `digest` cover all of it."""

    line: str
    headers: list[tuple[str, str]]
    body: bytes = b""
    size: int = 0
    digest: str = ""
    complete: bool = False

    def header(self, name: str) -> str:
        """Return the one header of that name."""
        (value,) = [value for key, value in self.headers if key.lower() == name.lower()]
        return value

    @property
    def json(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.body)
        return document

    @property
    def audio(self) -> bytes:
        return base64.b64decode(self.json["input_audio"]["data"], validate=True)

    @property
    def format(self) -> str:
        wire_format: str = self.json["input_audio"]["format"]
        return wire_format


class Server(socketserver.ThreadingTCPServer):
    """Answers from `answers`, and when these are used up with "hello"; `requests` are those it got, in order."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, *, keep: int | None = None) -> None:
        """`keep` bounds the bytes of each body that are kept, at its start and at its end."""
        super().__init__(("127.0.0.1", 0), _Connection)
        self.keep = keep
        self.answers: list[Answer] = []
        self.requests: list[Request] = []
        self.connections = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/api/v1"

    @property
    def last(self) -> Request:
        return self.requests[-1]

    def will(self, *answers: Answer) -> None:
        """Put answers into the script."""
        self.answers.extend(answers)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients break connections in these tests; that is no news."""


class _Connection(socketserver.StreamRequestHandler):
    server: Server
    rfile: BufferedReader

    def handle(self) -> None:
        self.server.connections += 1
        while (request := _head(self.rfile)) and self._answered(request):
            pass

    def _answered(self, request: Request) -> bool:
        """Serve one request; tell whether the connection lives on."""
        self.server.requests.append(request)
        answer = self.server.answers.pop(0) if self.server.answers else Answer()
        if answer.meanwhile:
            self.rfile.peek(1)
            answer.meanwhile()
        if answer.cut == "before the body":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        _read_body(request, self.rfile, self.server.keep)
        if answer.cut == "after the body":
            return False
        sent = _head_of(answer) + answer.body
        self.wfile.write(sent if answer.cut is None else sent[: len(sent) - len(answer.body) // 2])
        return answer.cut is None


def _head(stream: BufferedReader) -> Request | None:
    if stream.peek(1)[:1] == b"\x16":  # a TLS handshake, which has no lines
        return None
    line = stream.readline().decode("latin-1").rstrip()
    headers = []
    while text := stream.readline().decode("latin-1").rstrip():
        name, _, value = text.partition(":")
        headers.append((name, value.strip()))
    return Request(line, headers) if line else None


def _read_body(request: Request, stream: BinaryIO, keep: int | None) -> None:
    lengths = [int(value) for name, value in request.headers if name.lower() == "content-length"]
    left, hashed, kept = sum(lengths[:1]), sha256(), bytearray()
    while left and (block := stream.read(min(BLOCK, left))):
        hashed.update(block)
        kept += block
        if keep is not None:
            kept[keep:-keep] = b""
        request.size += len(block)
        left -= len(block)
    request.body, request.digest, request.complete = bytes(kept), hashed.hexdigest(), left == 0


def _head_of(answer: Answer) -> bytes:
    headers = {"Content-Type": "application/json", "Content-Length": str(len(answer.body)), **answer.headers}
    lines = [f"HTTP/1.1 {answer.status} Whatever", *(f"{name}: {value}" for name, value in headers.items())]
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode("latin-1")


@contextmanager
def serving(*, keep: int | None = None) -> Iterator[Server]:
    """Run a server in a thread."""
    with Server(keep=keep) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def unused_port() -> int:
    """Return a port of loopback on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
