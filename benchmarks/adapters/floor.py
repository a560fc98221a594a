"""The floor: read, base64 and a socket, in the same blocks as ours; no HTTP library, no errors, no deadline."""

from __future__ import annotations

from benchmarks.adapters import KEY, Source, Sync
from benchmarks.adapters.httpx_streamed import blocks, size

NAME = "read, base64, socket"
REQUIRES = ("pybase64==1.5.1",)
MODULE = "socket"


def sync_client(url: str) -> Sync:
    import socket
    from urllib.parse import urlsplit

    address = urlsplit(url)
    connection = socket.create_connection((address.hostname, address.port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def transcribe(source: Source) -> str:
        head = (
            f"POST {address.path}/audio/transcriptions HTTP/1.1\r\nhost: {address.netloc}\r\n"
            f"authorization: Bearer {KEY}\r\ncontent-type: application/json\r\ncontent-length: {size(source)}\r\n\r\n"
        )
        connection.sendall(head.encode())
        for block in blocks(source):
            connection.sendall(block)
        return connection.recv(64 * 1024).decode()

    return transcribe
