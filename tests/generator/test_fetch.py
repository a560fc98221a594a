"""What is fetched from a server on loopback, and what is refused."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from generator.fetch import fetch
from generator.refusal import Refusal
from generator.source import read
from tests.support.server import Answer, Server, serving, unused_port

PAGE = """> Fetch the complete index at: {here}/llms.txt before exploring further.
![image]({here}/image.png) <script src="{here}/x.js"></script>
```yaml
openapi: 3.1.0
externalDocs: {{url: "{here}/docs"}}
paths: {{/x: {{$ref: "{here}/paths.yaml#/x"}}}}
```
"""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server that no proxy stands before."""
    monkeypatch.setenv("NO_PROXY", "*")
    with serving() as running:
        yield running


def fetched(address: str, *, largest: int = 1000, timeout: float = 10) -> bytes:
    return fetch(address, largest=largest, timeout=timeout)


def answer(body: bytes = b"x", status: int = 200, **headers: str) -> Answer:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, body, {"Content-Type": "text/plain", **names})


def test_a_page_is_fetched_and_nothing_that_it_names(server: Server) -> None:
    """Its links, images, scripts, references, and what it tells its reader to do, lead to no request."""
    server.will(answer(PAGE.format(here=server.url).encode()))
    assert read(f"{server.url}/page.md?x=1", largest=1000).text.startswith("openapi: 3.1.0\n")
    assert [request.line for request in server.requests] == ["GET /api/v1/page.md?x=1 HTTP/1.1"]


def test_nothing_is_kept_between_redirects(server: Server) -> None:
    """Redirects on the same server are followed, without the cookies that it sets."""
    server.will(answer(status=302, Location="/b", Set_Cookie="a=b"), answer(b"found"))
    assert fetched(server.url) == b"found"
    assert "cookie" not in {name.lower() for name, _ in server.last.headers}


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("http://localhost:{port}/x", "redirected to http://localhost:{port}; give that address if you trust it"),
        ("http://127.0.0.1:1/x", "redirected to http://127.0.0.1:1;"),
        ("//example.org/x", "redirected to http://example.org;"),
        ("ftp://127.0.0.1/x", "only http and https addresses"),
        ("http://a:secret@127.0.0.1:{port}/", "redirected: 127.0.0.1: an address with a user or password"),
        ("http://a:b/", "cannot be fetched: Invalid URL in location header"),
        ("https://127.0.0.1:{unused}/", "cannot be fetched: All connection attempts failed"),
        ("/again", "more than 5 redirects; give the last address"),
    ],
)
def test_redirects_stay_on_the_server(server: Server, location: str, words: str) -> None:
    """Another host is not asked, whatever its port; the same over https is, and no more than five times."""
    places = {"port": server.server_address[1], "unused": unused_port()}
    server.will(*[answer(status=301, Location=location.format(**places))] * 7)
    with pytest.raises(Refusal, match=re.escape(words.format(**places))) as refused:
        fetched(server.url)
    assert "secret" not in str(refused.value)
    assert server.connections == (6 if location == "/again" else 1)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (answer(status=404), "the server answered 404 Whatever; is the address right?"),
        (answer(status=206), "the server answered 206"),
        (answer(status=304, Location="/x"), "the server answered 304"),
        (answer(Content_Type="text/html; charset=utf-8"), "an HTML page; give the address of its Markdown source"),
        (answer(Content_Encoding="gzip"), r"compressed \(gzip\) though not asked to be"),
        (answer(b"x" * 1001), "more than 1000 bytes, the largest_document"),
        (Answer(200, b"x" * 90, {"Content-Type": "text/plain"}, cut="inside the answer"), "without sending complete"),
        (Answer(cut="before the body"), "cannot be fetched: "),
        (answer(Transfer_Encoding="chunked", Content_Length=""), "cannot be fetched: "),
    ],
)
def test_what_is_no_complete_document_is_refused(server: Server, given: Answer, words: str) -> None:
    """The refusal names the address and what to do."""
    server.will(given)
    with pytest.raises(Refusal, match=words) as refused:
        fetched(f"{server.url}/page.md")
    assert str(refused.value).startswith(f"{server.url}/page.md: ")


@contextmanager
def endless(begin: bytes, more: bytes) -> Iterator[str]:
    """Serve one connection that begins, and then sends the same few bytes until the other side has gone."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            gone = threading.Event()
            with connection:
                connection.sendall(begin)
                while not gone.wait(0.01):
                    try:
                        connection.sendall(more)
                    except OSError:
                        gone.set()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        thread.join(10)


def test_an_answer_that_ends_with_its_connection_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was cut off at the end of a line would look the same."""
    monkeypatch.setenv("NO_PROXY", "*")
    with endless(b"HTTP/1.1 200 OK\r\n\r\n", b"a: 1\n") as address, pytest.raises(Refusal, match="no Content-Length"):
        fetched(address)


@pytest.mark.parametrize(
    ("begin", "more"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"A: b\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"HTTP/1.1 103 Early\r\n\r\n", b"HTTP/1.1 103 Early\r\n\r\n"),
    ],
)
def test_the_deadline_is_one_for_all_of_the_answer(monkeypatch: pytest.MonkeyPatch, begin: bytes, more: bytes) -> None:
    """A server that drips, so that no single wait is long, is left at the deadline."""
    monkeypatch.setenv("NO_PROXY", "*")
    with endless(begin, more) as address, pytest.raises(Refusal, match=r"no complete answer within 0\.2 s"):
        fetched(address, timeout=0.2)


def test_what_never_ends_is_left_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer in chunks is counted as it comes."""
    monkeypatch.setenv("NO_PROXY", "*")
    begin, chunk = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"3e8\r\n" + b"x" * 1000 + b"\r\n"
    with endless(begin, chunk) as address, pytest.raises(Refusal, match="more than 1000"):
        fetched(address)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("https://me:secret@example.org/x", "example.org: an address with a user or password"),
        ("ftp://example.org/x", "only http and https addresses"),
        ("http:///x", "only http and https addresses of a host"),
        ("http://exa\nmple.org/", "http://exa mple.org/: no address: Invalid"),
        ("http://127.0.0.1:{unused}/", "cannot be fetched: All connection attempts failed"),
    ],
)
def test_addresses_that_lead_nowhere_are_refused(monkeypatch: pytest.MonkeyPatch, address: str, words: str) -> None:
    """A password is not repeated, since it would end in a log."""
    monkeypatch.setenv("NO_PROXY", "*")
    with pytest.raises(Refusal, match=words) as refused:
        fetched(address.format(unused=unused_port()))
    assert "secret" not in str(refused.value)
    assert str(refused.value).isprintable()
