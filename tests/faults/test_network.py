"""Networks, names, certificates and proxies that fail: the error names the kind and one fix, and nothing was sent."""

from __future__ import annotations

import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from openrouter_stt import (
    APIConnectionError,
    APITimeoutError,
    AsyncClient,
    Client,
    ConfigurationError,
    _aiohttp,
    _transport,
)
from tests.faults.hostile import Hostile, answers, response
from tests.faults.table import OK, TEXT
from tests.support.clock import Clock
from tests.support.server import unused_port
from tests.support.sounds import WAV
from tests.support.worlds import MODEL, AsyncDriver, Driver, World

NO_CONNECTION = "deadline .* passed, with no connection to .+ in time; check the network, .*; nothing was sent"


def refusal(world: World, url: str, **settings: Any) -> APIConnectionError:
    with pytest.raises(APIConnectionError) as caught:
        world.client(base_url=url, **settings).transcribe(WAV)
    assert not caught.value.maybe_billed
    return caught.value


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A resolver that does not answer, until the test is over."""
    go_on = threading.Event()

    def getaddrinfo(host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0) -> Any:
        if flags & socket.AI_NUMERICHOST:  # as trio asks first, without a thread
            raise socket.gaierror(socket.EAI_NONAME, "no address")
        go_on.wait(10)
        raise socket.gaierror(socket.EAI_AGAIN, "slow")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    yield go_on
    go_on.set()


def test_a_look_up_ends_at_the_deadline(stuck: threading.Event, world: World) -> None:
    """No system call that takes a name can be interrupted; the call ends all the same."""
    with pytest.raises(APITimeoutError, match=NO_CONNECTION) as caught:
        world.client(base_url="https://api.invalid", timeout=0.1).transcribe(WAV)
    stuck.set()
    assert (caught.value.attempts, caught.value.maybe_billed) == (1, False)


@pytest.fixture
def full() -> Iterator[str]:
    """The address of a server that takes no connection, since two that came before wait for it."""
    with socket.socket() as listener, ExitStack() as stack:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(2):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_a_deadline_before_any_connection_is_told(full: str, world: World) -> None:
    """It is shorter than the time to connect; waiting longer is not all that may help."""
    with pytest.raises(APITimeoutError, match=NO_CONNECTION) as caught:
        world.client(base_url=full, timeout=0.1).transcribe(WAV)
    assert (caught.value.attempts, caught.value.maybe_billed) == (1, False)


def test_connecting_has_a_time_of_its_own(
    stuck: threading.Event, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No deadline passed, and nothing was sent."""
    for module in (_transport, _aiohttp):
        monkeypatch.setattr(module, "CONNECT_TIMEOUT", 0.05)
    assert refusal(world, "https://api.invalid", disable=["retry"]).kind == "timeout"
    stuck.set()


@pytest.mark.parametrize("host", [f"{'a' * 64}.invalid", "a..invalid"])
def test_a_name_that_is_none_is_told(world: World, host: str) -> None:
    """By us or by the resolver, whoever sees it first."""
    with pytest.raises((ConfigurationError, APIConnectionError), match="base_url"):
        world.client(base_url=f"https://{host}/v1", disable=["retry"]).transcribe(WAV)


def test_a_name_with_addresses_that_do_not_answer_shares_the_time(
    hostile: Hostile, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that does is found."""
    real = socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        if host not in ("two.test", b"two.test"):
            return real(host, port, *args, **options)
        return [
            *real("127.0.0.2", unused_port(), type=socket.SOCK_STREAM),
            *real("127.0.0.1", port, type=socket.SOCK_STREAM),
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    case = hostile.case(OK, "two.test")
    assert world.client(base_url=case.url, allow_insecure=True).transcribe(WAV).text == "hello"


def test_a_transport_may_be_shared_with_other_clients(hostile: Hostile) -> None:
    """A connection that ours opened serves them without our deadline."""
    case = hostile.case(OK)
    transport = httpx.HTTPTransport()
    with Client("sk", base_url=case.url, autoload=False, transport=transport) as client:
        client.transcribe(WAV, model=MODEL)
        other = httpx.Client(transport=transport)
        assert other.post(f"{case.url}/mine", content=b"{}").json() == {"text": "hello"}


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_an_async_transport_may_be_shared_with_other_clients(hostile: Hostile, backend: str) -> None:
    case = hostile.case(OK)

    async def main() -> None:
        transport = httpx.AsyncHTTPTransport()
        async with AsyncClient("sk", base_url=case.url, autoload=False, transport=transport) as client:
            await client.transcribe(WAV, model=MODEL)
            other = httpx.AsyncClient(transport=transport)
            assert (await other.post(f"{case.url}/mine", content=b"{}")).json() == {"text": "hello"}

    anyio.run(main, backend=backend)


def test_a_connection_that_another_client_opened_serves_ours(hostile: Hostile) -> None:
    """Its first byte is not seen, which is no sign of an answer that came too early."""
    case = hostile.case(OK)
    transport = httpx.HTTPTransport()
    httpx.Client(transport=transport).post(f"{case.url}/mine", content=b"{}")
    with Client("sk", base_url=case.url, autoload=False, transport=transport) as client:
        assert client.transcribe(WAV, model=MODEL).text == "hello"


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_connection_that_another_async_client_opened_serves_ours(hostile: Hostile, backend: str) -> None:
    case = hostile.case(OK)

    async def main() -> str:
        transport = httpx.AsyncHTTPTransport()
        await httpx.AsyncClient(transport=transport).post(f"{case.url}/mine", content=b"{}")
        async with AsyncClient("sk", base_url=case.url, autoload=False, transport=transport) as client:
            return (await client.transcribe(WAV, model=MODEL)).text

    assert anyio.run(main, backend=backend) == "hello"


def test_a_certificate_that_nobody_vouches_for_is_refused(hostile_tls: Hostile, world: World) -> None:
    """No request is sent, and it is not tried again."""
    case = hostile_tls.case(OK, "localhost")
    error = refusal(world, case.url)
    assert (error.kind, error.attempts, case.requests) == ("tls", 1, [])
    assert "SSL_CERT_FILE" in str(error)


def test_a_host_that_refuses_the_connection_is_named(world: World) -> None:
    """As it stands in base_url."""
    error = refusal(world, f"http://127.0.0.1:{unused_port()}", disable=["retry"])
    assert (error.kind, str(error).startswith("127.0.0.1 refused the connection; check base_url")) == ("refused", True)


@pytest.fixture(params=[b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-OpenSSH_9.6\r\n"], ids=["HTTP", "SSH"])
def plain(request: pytest.FixtureRequest) -> Iterator[str]:
    """The https:// address of a server that speaks something else."""

    class Plain(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            with suppress(ConnectionError):  # it hangs up, perhaps without a word
                self.request.sendall(request.param)
                self.request.recv(65536)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Plain) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"https://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_a_server_without_tls_is_told(plain: str, world: World) -> None:
    """No certificate is amiss, but the address."""
    error = refusal(world, plain)
    assert (error.kind, error.attempts) == ("tls", 1)
    assert str(error).startswith("127.0.0.1 speaks no TLS there; check the scheme and port of base_url")
    assert "SSL_CERT_FILE" not in str(error)


@pytest.mark.parametrize("words", ["[SSL: HTTP_REQUEST] http request", "[SSL] record layer failure (_ssl.c:1033)"])
def test_openssl_has_other_words_for_what_is_no_tls(world: World, words: str) -> None:
    """Here they come from a transport of the caller's."""

    def refused(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(words) from ssl.SSLError(1, words)

    error = refusal(world, "https://api.invalid", transport=httpx.MockTransport(refused))
    assert (error.kind, "speaks no TLS" in str(error), words in str(error)) == ("tls", True, True)


@pytest.mark.usefixtures("trusted")
def test_a_certificate_of_another_name_is_refused(hostile_tls: Hostile, world: World) -> None:
    case = hostile_tls.case(OK, "127.0.0.1")
    assert (refusal(world, case.url).kind, case.requests) == ("tls", [])


@pytest.mark.usefixtures("trusted")
def test_ssl_cert_file_names_who_is_trusted(hostile_tls: Hostile, world: World) -> None:
    """But for a client that does not heed the environment."""
    case = hostile_tls.case(answers(response(200, TEXT)), "localhost")
    assert world.client(base_url=case.url).transcribe(WAV).text == "hello"
    assert refusal(world, case.url, trust_env=False).kind == "tls"


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("end", ["close", "reset"])
def test_tls_that_is_cut_may_have_been_billed(hostile_tls: Hostile, world: World, end: str) -> None:
    case = hostile_tls.case(answers(response(200, TEXT)[:-3], end), "localhost")
    with pytest.raises(APIConnectionError) as caught:
        world.client(base_url=case.url).transcribe(WAV)
    assert (caught.value.kind, caught.value.maybe_billed, len(case.requests)) == ("reset", True, 1)


@pytest.mark.parametrize("content", [None, b"", b"no certificate"], ids=["missing", "empty", "other"])
def test_certificates_that_cannot_be_read_are_a_wrong_setting(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    path = tmp_path / "authority.pem"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with pytest.raises(ConfigurationError, match=r"SSL_CERT_FILE.*correct or unset"):
        world.client(disable=["retry"]).transcribe(WAV)


PROXIES = {
    "nobody there": lambda: f"http://127.0.0.1:{unused_port()}",
    "unknown": lambda: "http://proxy.invalid:3128",
}


@pytest.mark.parametrize("make", PROXIES.values(), ids=PROXIES.keys())
def test_a_proxy_that_fails_is_named(world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch, make: Any) -> None:
    """One that answers with a refusal is, too: see the tests of settings."""
    monkeypatch.setenv("HTTPS_PROXY", make())
    error = refusal(world, "https://api.invalid", disable=["retry"])
    assert (error.kind, "HTTPS_PROXY" in str(error)) == ("proxy", True)


def test_socks_without_its_extra_says_what_to_install(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1080")
    with pytest.raises(ConfigurationError, match=r'ALL_PROXY.*install "httpx\[socks\]", or Client\(trust_env=False\)'):
        world.client().transcribe(WAV)


def test_a_client_may_pass_the_environment_s_proxies_by(
    hostile: Hostile, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{unused_port()}")
    url = hostile.case(OK, "localhost").url.replace("localhost", socket.gethostname())
    monkeypatch.setattr(socket, "getaddrinfo", _to_loopback(socket.getaddrinfo))
    assert world.client(base_url=url, allow_insecure=True, trust_env=False).transcribe(WAV).text == "hello"
    assert refusal(world, url, allow_insecure=True).kind == "proxy"


def _to_loopback(real: Any) -> Any:
    return lambda host, port, *args, **options: real("127.0.0.1", port, *args, **options)


def _ask_while_handling(driver: Driver, handled: Exception) -> None:
    if isinstance(driver, AsyncDriver):
        driver.portal.call(_await_while_handling, driver.client, handled)
    try:
        raise handled
    except OSError:
        driver.transcribe(WAV)


async def _await_while_handling(client: Any, handled: Exception) -> None:
    try:
        raise handled
    except OSError:
        await client.transcribe(WAV, model=MODEL)


def test_what_the_caller_handles_is_no_cause(world: World) -> None:
    """Not even where its story goes in a circle, as that of errors does which are raised from each other."""
    driver = world.client(base_url=f"http://127.0.0.1:{unused_port()}", disable=["retry"])
    handled, other = socket.gaierror("the caller's"), KeyError()
    handled.__context__, other.__context__ = other, handled
    with pytest.raises(APIConnectionError) as caught:
        _ask_while_handling(driver, handled)
    assert caught.value.kind == "refused"


def test_what_is_handled_around_the_event_loop_is_no_cause(backend: str) -> None:
    """Its tasks handle it as well, says Python."""
    handled, other = socket.gaierror("the caller's"), KeyError()
    handled.__context__, other.__context__ = other, handled

    async def main() -> None:
        url = f"http://127.0.0.1:{unused_port()}"
        async with AsyncClient("sk", base_url=url, autoload=False, disable=["retry"]) as client:
            await client.transcribe(WAV, model=MODEL)

    try:
        raise handled
    except OSError:
        with pytest.raises(APIConnectionError) as caught:
            anyio.run(main, backend=backend)
    assert caught.value.kind == "refused"
    assert handled.__context__ is other


def test_an_error_that_is_its_own_cause_is_told() -> None:
    """A transport may raise what Python cannot print, either."""

    class Circular(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            error = httpx.ConnectError("")
            raise error from error

    client = Client("sk", autoload=False, disable=["retry"], transport=Circular())
    with pytest.raises(APIConnectionError) as caught:
        client.transcribe(WAV, model=MODEL)
    assert caught.value.kind == "refused"
