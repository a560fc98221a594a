"""What a client is told: arguments first, then the environment, then defaults."""

from __future__ import annotations

import traceback
from typing import Any

import httpx
import pytest

import openrouter_stt
from openrouter_stt import APIError, ConfigurationError
from openrouter_stt.testing import FakeTransport
from tests.support.clock import Clock
from tests.support.server import Answer, Server, unused_port
from tests.support.sounds import WAV
from tests.support.worlds import MODEL, Driver, World


def test_a_key_given_is_sent_as_a_bearer_token(server: Server, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is preferred to the environment's."""
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-environment")
    world.client("sk-argument", base_url=server.url).transcribe(WAV)
    assert server.last.header("authorization") == "Bearer sk-argument"


def test_a_key_may_come_from_the_environment(server: Server, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blanks and line ends around it, as files and shells leave them, are no part of it."""
    monkeypatch.setenv("OPENROUTER_API_KEY", " sk-environment\n")
    world.client(None, base_url=server.url).transcribe(WAV)
    assert server.last.header("authorization") == "Bearer sk-environment"


def test_a_function_makes_a_key_for_each_call(server: Server, world: World) -> None:
    keys = iter(["sk-1", "sk-2"])
    client = world.client(lambda: next(keys), base_url=server.url)
    client.transcribe(WAV)
    client.transcribe(WAV)
    assert [request.header("authorization") for request in server.requests] == ["Bearer sk-1", "Bearer sk-2"]


@pytest.mark.parametrize("key", [None, "", "   ", lambda: ""])
def test_without_a_key_the_error_says_what_to_do(server: Server, world: World, key: Any) -> None:
    """It tells where keys are made, and how to do without."""
    client = world.client(key, base_url=server.url)
    with pytest.raises(ConfigurationError, match=r"OPENROUTER_API_KEY.*openrouter.ai.*local/moonshine-tiny"):
        client.transcribe(WAV)
    assert server.requests == []


@pytest.mark.parametrize("key", ["sk-\n1", "sk 1", "sk-ü", "sk-\u200b", b"sk-1", 7])
def test_a_key_that_no_header_can_carry_is_refused(server: Server, world: World, key: Any) -> None:
    """The error does not repeat it."""
    client = world.client(lambda: key, base_url=server.url)
    with pytest.raises(ConfigurationError, match="visible ASCII") as caught:
        client.transcribe(WAV)
    assert str(key) not in str(caught.value)
    assert server.requests == []


@pytest.mark.parametrize("end", ["", "/", "//", "/ \n"])
def test_a_base_url_may_end_in_slashes_and_blanks(server: Server, world: World, end: str) -> None:
    """As what is pasted does."""
    world.client(base_url=f" {server.url}{end}").transcribe(WAV)
    assert server.last.line == "POST /api/v1/audio/transcriptions HTTP/1.1"


def test_the_environment_sets_what_no_argument_does(
    server: Server, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENROUTER_BASE_URL", server.url)
    monkeypatch.setenv("OPENROUTER_HTTP_REFERER", "https://app.example")
    monkeypatch.setenv("OPENROUTER_X_TITLE", "From outside")
    world.client(headers={"X-Title": "App"}).transcribe(WAV)
    assert server.last.header("http-referer") == "https://app.example"
    assert server.last.header("x-title") == "App"


def test_an_async_function_gives_no_key(world: World) -> None:
    """Neither client awaits it; it ends without a warning that it was not awaited."""

    async def key() -> str:
        return "sk-or-test"

    with pytest.raises(ConfigurationError, match="a plain one, not async"):
        world.client(api_key=key).transcribe(WAV)


def test_one_call_needs_no_client(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENROUTER_BASE_URL", server.url)
    monkeypatch.setenv("OPENROUTER_STT_AUTOLOAD", "0")
    result = openrouter_stt.transcribe(WAV, model=MODEL, api_key="sk-once", language="en")
    assert (result.text, server.last.header("authorization")) == ("hello", "Bearer sk-once")
    assert server.last.json["language"] == "en"


def test_a_request_says_who_sends_it(server: Server, client: Driver) -> None:
    client.transcribe(WAV)
    assert server.last.header("user-agent") == f"openrouter-stt/{openrouter_stt.__version__}"
    assert server.last.header("content-type") == "application/json"
    assert "transfer-encoding" not in dict(server.last.headers)


@pytest.mark.parametrize(
    "headers", [{"authorization": "Bearer other"}, {"content-length": "3"}, {"Content-Type": "text/plain"}]
)
def test_headers_that_the_request_depends_on_stay(server: Server, world: World, headers: dict[str, str]) -> None:
    """They are sent once, or the setting is refused."""
    try:
        world.client(base_url=server.url, headers=headers).transcribe(WAV)
    except ConfigurationError:
        return
    assert server.last.header("authorization") == "Bearer sk-test"
    assert server.last.header("content-length") == str(len(server.last.body))
    assert server.last.header("content-type") == "application/json"


@pytest.mark.parametrize(
    "headers",
    [{"X-Title": "a\r\nEvil: 1"}, {"X-Title": "Ä"}, {"X-Title": 1}, {"X Title": "a"}, {"": "a"}, {"X-Titlé": "a"}],
    ids=repr,
)
def test_headers_that_http_cannot_carry_are_refused(world: World, headers: Any) -> None:
    with pytest.raises(ConfigurationError, match="header"):
        world.client(headers=headers)


@pytest.mark.parametrize("headers", ["X-Title: a", ["X-Title"], [("X-Title", "a")]], ids=repr)
def test_headers_are_a_mapping(world: World, headers: Any) -> None:
    with pytest.raises(ConfigurationError, match="headers must be a mapping, such as"):
        world.client(headers=headers)


BAD_URLS = [
    "openrouter.ai/api",
    "ftp://openrouter.ai",
    "https://",
    "https://host:99999",
    "https://host:port",
    "https://[::1",
    "https://host/?key=1",
    "https://host:0",
    "https://host/#part",
    "https://user@host",
]


@pytest.mark.parametrize("url", BAD_URLS)
def test_a_base_url_must_be_one(world: World, url: str) -> None:
    with pytest.raises(
        ConfigurationError, match=r"base URL must look like https://openrouter\.ai/api/v1, .* OPENROUTER_BASE_URL"
    ):
        world.client(base_url=url)


def test_a_base_url_is_a_str(world: World) -> None:
    url: Any = 5
    with pytest.raises(ConfigurationError, match="base_url must be a str, not int"):
        world.client(base_url=url)


@pytest.mark.parametrize("url", ["https://exa\x7fmple/api", "https://host/\x00"])
def test_a_url_that_http_cannot_carry_is_a_wrong_setting(world: World, url: str) -> None:
    """It is known when the client is made, or when it is used."""
    with pytest.raises(ConfigurationError, match="base_url"):
        world.client(base_url=url).transcribe(WAV)


@pytest.mark.parametrize("url", ["http://openrouter.ai/api/v1", "http://192.168.0.7:8000", "http://127.evil.example"])
def test_a_key_is_not_sent_in_clear_to_another_machine(world: World, url: str) -> None:
    """Unless the caller says so."""
    with pytest.raises(ConfigurationError, match="unencrypted"):
        world.client(base_url=url)
    assert world.client(base_url=url, allow_insecure=True)


@pytest.mark.parametrize("url", ["http://localhost:1/v1", "http://127.0.0.1:1", "http://[::1]:1", "http://127.9.9.9"])
def test_this_machine_may_be_spoken_to_in_clear(world: World, url: str) -> None:
    assert url in repr(world.client(base_url=url).client)


def test_a_transport_must_be_one_of_the_clients_kind(world: World) -> None:
    """Else it would fail in the first call, which is late and says less."""
    is_sync = world.name == "sync"
    kind = "BaseTransport" if is_sync else "AsyncBaseTransport"
    other = httpx.AsyncHTTPTransport() if is_sync else httpx.HTTPTransport()
    for given, named in ((other, type(other).__name__), (FakeTransport, "the class FakeTransport"), (1, "int")):
        with pytest.raises(ConfigurationError, match=rf"transport must be an object of httpx\.{kind}, not {named}$"):
            world.client(transport=given)


@pytest.mark.parametrize("switch", ["strict", "allow_insecure", "trust_env", "autoload"])
@pytest.mark.parametrize("value", ["false", 0, None])
def test_a_switch_is_true_or_false(world: World, switch: str, value: Any) -> None:
    """What a file of settings may hold would turn it on."""
    with pytest.raises(ConfigurationError, match=f"^{switch} must be True or False, not {value!r}$"):
        world.client(**{switch: value})


BAD_TIMEOUTS: list[Any] = [0, -1, float("nan"), float("inf"), "60", True]


@pytest.mark.parametrize("timeout", BAD_TIMEOUTS, ids=repr)
def test_a_timeout_must_be_a_time(server: Server, world: World, timeout: Any) -> None:
    """For a client and for a call."""
    with pytest.raises(ConfigurationError, match="above 0"):
        world.client(timeout=timeout)
    with pytest.raises(ConfigurationError, match="above 0"):
        world.client(base_url=server.url).transcribe(WAV, timeout=timeout)
    assert server.requests == []


@pytest.mark.parametrize("stated", ["soon", "0", "-3", "nan"])
def test_a_timeout_of_the_environment_must_be_a_time(
    world: World, monkeypatch: pytest.MonkeyPatch, stated: str
) -> None:
    monkeypatch.setenv("OPENROUTER_STT_TIMEOUT", stated)
    with pytest.raises(ConfigurationError, match="number of seconds"):
        world.client()


@pytest.mark.parametrize(
    ("environment", "argument", "of_the_call", "sends"),
    [(None, None, None, 3), ("50", None, None, 1), ("50", 500, None, 3), ("500", 500, 50, 1), ("50", 50, 500, 3)],
)
def test_the_nearest_timeout_counts(
    clock: Clock,
    server: Server,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    environment: str | None,
    argument: float | None,
    of_the_call: float | None,
    sends: int,
) -> None:
    """Each of two waits takes 100 seconds, which a call of 50 does not have."""
    if environment:
        monkeypatch.setenv("OPENROUTER_STT_TIMEOUT", environment)
    server.will(*[Answer(503, headers={"Retry-After": "100"})] * 3)
    with pytest.raises(APIError) as caught:
        world.client(base_url=server.url, timeout=argument).transcribe(WAV, timeout=of_the_call)
    assert caught.value.attempts == sends


def test_cookies_are_not_kept(server: Server, client: Driver) -> None:
    server.will(Answer(headers={"Set-Cookie": "track=1; Path=/"}))
    client.transcribe(WAV)
    client.transcribe(WAV)
    assert "cookie" not in {name.lower() for name, _ in server.last.headers}


def test_answers_are_not_looked_through_for_cookies(
    server: Server, client: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By httpx, which writes request and answer anew for that, in the standard library's words."""
    monkeypatch.delattr(httpx.Cookies, "extract_cookies")
    assert client.transcribe(WAV).text == "hello"


def test_a_proxy_of_the_environment_is_used(server: Server, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that refuses is named as the proxy, not as the server."""
    monkeypatch.setenv("HTTPS_PROXY", server.url.removesuffix("/api/v1"))
    server.will(Answer(403, b""))
    client = world.client(base_url="https://openrouter.invalid/api/v1", disable=["retry"])
    with pytest.raises(openrouter_stt.APIConnectionError, match="proxy") as caught:
        client.transcribe(WAV)
    assert (caught.value.kind, caught.value.maybe_billed) == ("proxy", False)


def test_a_proxy_that_is_no_url_is_a_wrong_setting(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks9://127.0.0.1:1")
    with pytest.raises(ConfigurationError, match="proxy"):
        world.client().transcribe(WAV)


@pytest.mark.parametrize("separator", "/?#")
def test_a_password_of_a_proxy_is_not_repeated(world: World, monkeypatch: pytest.MonkeyPatch, separator: str) -> None:
    """Not even where it is taken for a port; the error says how to write it."""
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:s3cret{separator}s3cret@127.0.0.1:1")
    with pytest.raises(ConfigurationError, match="%2F") as caught:
        world.client().transcribe(WAV)
    assert "s3cret" not in "".join(traceback.format_exception(caught.value))


def test_a_closed_port_is_not_a_wrong_setting(clock: Clock, world: World) -> None:
    """A server may be down; the error is of the connection."""
    with pytest.raises(openrouter_stt.APIConnectionError):
        world.client(base_url=f"http://localhost:{unused_port()}").transcribe(WAV)
