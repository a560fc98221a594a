"""The deadline of a call holds on real sockets, whatever a server does to stretch it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from openrouter_stt import APITimeoutError
from tests.support.sounds import WAV
from tests.support.worlds import World

Drip = Callable[[Callable[[bytes], None]], None]
HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def _headers(send: Callable[[bytes], None]) -> None:
    send(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while True:
        send(b"y")


def _early_hints(send: Callable[[bytes], None]) -> None:
    while True:
        send(b"HTTP/1.1 103 Early Hints\r\n\r\n")


def _chunk_extension(send: Callable[[bytes], None]) -> None:
    send(HEAD + b"1;")
    while True:
        send(b"x")


def _body(send: Callable[[bytes], None]) -> None:
    send(HEAD)
    while True:
        send(b"1\r\n \r\n")


def _silence(send: Callable[[bytes], None]) -> None:
    send(HEAD + b"1\r\n{\r\n")


@contextmanager
def dripping(drip: Drip) -> Iterator[str]:
    """Serve one connection on loopback that reads the request's head and then drips, a piece each 10 ms."""
    done = threading.Event()

    def serve() -> None:
        connection, _ = listener.accept()

        def send(piece: bytes) -> None:
            connection.sendall(piece)
            if done.wait(0.01):
                raise ConnectionError

        with connection:
            connection.recv(65536)
            try:
                drip(send)
                done.wait(30)
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        done.set()
        thread.join()


@pytest.mark.parametrize("drip", [_headers, _early_hints, _chunk_extension, _body, _silence])
def test_a_server_that_drips_is_left_at_the_deadline(world: World, drip: Drip) -> None:
    """The server would go on for ever; nothing but the deadline ends the call, which may be billed."""
    with dripping(drip) as url:
        client = world.client(base_url=url)
        with pytest.raises(APITimeoutError) as caught:
            client.transcribe(WAV, timeout=0.2)
    assert (caught.value.attempts, caught.value.maybe_billed) == (1, True)
