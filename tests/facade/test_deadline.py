"""One deadline holds for a whole call, whatever a server does to stretch it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpcore
import httpx
import pytest

from openrouter_stt import APITimeoutError, Client
from tests.support.clock import Clock
from tests.support.server import Answer, Server
from tests.support.sounds import WAV, wav
from tests.support.trials import overdue, trials
from tests.support.worlds import Driver, World

LONG = wav(bytes(16 * 1024 * 1024))  # more than the buffers between two sockets hold

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
def dripping(drip: Drip) -> Iterator[tuple[str, threading.Event]]:
    """Serve one connection on loopback that reads the request's head and then drips, a piece each 10 ms.

    The event tells that a request came.
    """
    done, came = threading.Event(), threading.Event()

    def serve() -> None:
        connection, _ = listener.accept()

        def send(piece: bytes) -> None:
            connection.sendall(piece)
            if done.wait(0.01):
                raise ConnectionError

        with connection:
            connection.recv(65536)
            came.set()
            try:
                drip(send)
                done.wait(30)
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", came
        done.set()
        socket.create_connection(listener.getsockname()).close()  # where nobody came
        thread.join()


@pytest.mark.parametrize("drip", [_headers, _early_hints, _chunk_extension, _body, _silence])
def test_a_server_that_drips_is_left_at_the_deadline(world: World, drip: Drip) -> None:
    """The server would go on for ever; nothing but the deadline ends the call, which may be billed."""
    for seconds in trials(0.4):
        with dripping(drip) as (url, came), pytest.raises(APITimeoutError) as caught:
            world.client(base_url=url).transcribe(WAV, timeout=seconds)
        if came.is_set():
            break
    assert (caught.value.attempts, caught.value.maybe_billed) == (1, True)


def test_a_deadline_that_passed_before_the_send_sends_nothing(clock: Clock, server: Server, world: World) -> None:
    """Here the function that makes the key takes longer than the call may."""

    def slow_key() -> str:
        clock.advance(700)
        return "sk-slow"

    with pytest.raises(APITimeoutError, match="before the request was sent") as caught:
        world.client(slow_key, base_url=server.url).transcribe(WAV)
    assert not caught.value.maybe_billed
    assert server.requests == []


def test_an_answer_that_is_there_is_not_dropped_for_being_late(clock: Clock, world: World) -> None:
    """It is paid for."""

    def late(request: httpx.Request) -> httpx.Response:
        clock.advance(601)
        return httpx.Response(200, json={"text": "late"})

    assert world.client(transport=httpx.MockTransport(late)).transcribe(WAV).text == "late"


def test_a_slow_upload_is_held_to_the_deadline(clock: Clock, server: Server) -> None:
    """A server that takes its time to read does not stretch a call of the sync client, which no event loop ends."""
    server.will(Answer(meanwhile=lambda: clock.advance(601)))
    client = Client("sk", base_url=server.url, autoload=False)
    with client, pytest.raises(APITimeoutError, match="not sent whole") as caught:
        client.transcribe(LONG, model="m")
    assert (caught.value.maybe_billed, caught.value.attempts) == (False, 1)


def test_a_server_that_keeps_silent_is_left_at_the_deadline(server: Server, client: Driver) -> None:
    """On the real clock: a twentieth of a second."""
    came, silence = threading.Event(), threading.Event()

    def keep_silent() -> None:
        came.set()
        silence.wait(60)

    server.will(*[Answer(meanwhile=keep_silent)] * 3)
    error = overdue(lambda seconds: client.transcribe(WAV, timeout=seconds), came.is_set, seconds=0.05)
    silence.set()
    assert error.maybe_billed


class SlowServer(httpcore.NetworkBackend, httpcore.NetworkStream):
    """A network whose server takes 200 s for each part of its answer; `limits` are what each wait might take."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.limits = clock, list[float | None]()
        self.parts = [b"HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n", b'{"text": ', b'"hello"}']

    def connect_tcp(self, *args: object, **options: object) -> httpcore.NetworkStream:
        return self

    def write(self, buffer: bytes, timeout: float | None = None) -> None: ...

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self.limits.append(timeout)
        self.clock.advance(200)
        return self.parts.pop(0)

    def close(self) -> None: ...

    def get_extra_info(self, info: str) -> None: ...


def transport_to(server: SlowServer) -> httpx.BaseTransport:
    """Make httpx's own transport, over another network: httpx has no public way to give it one."""
    transport = httpx.HTTPTransport()
    transport._pool = httpcore.ConnectionPool(network_backend=server)
    return transport


def test_each_wait_of_the_sync_client_is_what_is_left(clock: Clock) -> None:
    """No event loop ends a wait of it, so the time that earlier waits took is taken off each."""
    server = SlowServer(clock)
    with Client("sk", base_url="http://localhost", autoload=False, transport=transport_to(server)) as client:
        assert client.transcribe(WAV, model="m", timeout=600).text == "hello"
    assert server.limits == [600, 400, 200]


def test_no_wait_of_the_sync_client_begins_behind_the_deadline(clock: Clock) -> None:
    """The headers alone take longer here than the call may."""
    server = SlowServer(clock)
    server.parts[:0] = [b"HTTP/1.1 103 Early Hints\r\n\r\n"] * 3
    client = Client("sk", base_url="http://localhost", autoload=False, transport=transport_to(server))
    with client, pytest.raises(APITimeoutError, match="may be billed") as caught:
        client.transcribe(WAV, model="m", timeout=600)
    assert (caught.value.maybe_billed, caught.value.attempts) == (True, 1)
    assert server.limits == [600, 400, 200]
