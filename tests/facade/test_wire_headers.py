"""The headers of a request: each is sent once, and to nobody but the server."""

from __future__ import annotations

import pytest

from openrouter_stt import ConfigurationError
from tests.support.server import Server, serving
from tests.support.sounds import WAV
from tests.support.worlds import World


@pytest.mark.parametrize("name", ["user-agent", "User-Agent", "USER-AGENT", "accept", "Accept", "aCCEPT"])
def test_a_header_of_the_client_takes_the_place_of_ours(server: Server, world: World, name: str) -> None:
    """However it is written, there is one of its name."""
    world.client(base_url=server.url, headers={name: "mine/1"}).transcribe(WAV)
    assert [value for key, value in server.last.headers if key.lower() == name.lower()] == ["mine/1"]


@pytest.mark.parametrize("names", [("x-title", "X-Title"), ("X-TITLE", "x-title")])
def test_a_header_given_twice_is_sent_once(server: Server, world: World, names: tuple[str, str]) -> None:
    """The last of the client's own spellings counts."""
    world.client(base_url=server.url, headers=dict(zip(names, ("first", "last"), strict=True))).transcribe(WAV)
    assert server.last.header("x-title") == "last"


def test_blanks_around_a_value_are_not_sent(server: Server, world: World) -> None:
    """Whatever sends it: h11 refuses them, aiohttp does not."""
    world.client(base_url=server.url, headers={"X-Title": " My app "}).transcribe(WAV)
    assert server.last.header("x-title") == "My app"


@pytest.mark.parametrize("name", ["Accept-Encoding", "Authorization", "Content-Length", "Expect"])
@pytest.mark.parametrize("spelled", [str, str.lower, str.upper], ids=["Title-Case", "lower", "UPPER"])
def test_headers_that_are_the_clients_business_cannot_be_set(world: World, name: str, spelled: type[str]) -> None:
    with pytest.raises(ConfigurationError, match="cannot be set"):
        world.client(headers={spelled(name): "mine"})


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_no_proxy_sees_what_is_sent_to_this_machine(
    server: Server, world: World, monkeypatch: pytest.MonkeyPatch, host: str, variable: str
) -> None:
    """It would read the key, which goes over plain HTTP here."""
    with serving() as proxy:
        monkeypatch.setenv(variable, proxy.url.removesuffix("/api/v1"))
        world.client(base_url=server.url.replace("127.0.0.1", host)).transcribe(WAV)
    assert (proxy.connections, len(server.requests)) == (0, 1)
