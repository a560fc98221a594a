"""What a call asks for: the model, and the options that the spec knows."""

from __future__ import annotations

from typing import Any

import pytest

from openrouter_stt import ConfigurationError
from tests.support.server import Server
from tests.support.sounds import WAV
from tests.support.worlds import MODEL, Driver


@pytest.mark.parametrize("model", ["", "  ", None, 7])
def test_a_model_must_be_named(server: Server, client: Driver, model: Any) -> None:
    with pytest.raises(ConfigurationError, match="model must be a str"):
        client.transcribe(WAV, model=model)
    assert server.requests == []


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("langage", r"did you mean 'language'\?"),
        ("formt", r"did you mean 'format'\?"),
        ("timeot", r"did you mean 'timeout'\?"),
        ("zzz", "there are language, provider, temperature"),
    ],
)
def test_an_unknown_option_is_answered_with_the_nearest(server: Server, client: Driver, name: str, hint: str) -> None:
    """An argument of the call is one of those that may be meant."""
    with pytest.raises(ConfigurationError, match=f"no option '{name}'; {hint}"):
        client.transcribe(WAV, **{name: 1})
    assert server.requests == []


@pytest.mark.parametrize("name", ["base_url", "api_key"])
def test_a_setting_of_a_client_is_no_option_of_a_call(server: Server, client: Driver, name: str) -> None:
    """The error says where it goes, and does not repeat what may be a key."""
    with pytest.raises(ConfigurationError, match=rf"no option '{name}'; .* go to Client\(\.\.\.\)") as caught:
        client.transcribe(WAV, **{name: "sk-secret"})
    assert "sk-secret" not in caught.value.message
    assert server.requests == []


@pytest.mark.parametrize("options", [{"temperature": float("nan")}, {"provider": {"options": object()}}])
def test_an_option_that_does_not_fit_the_spec_is_refused(server: Server, client: Driver, options: Any) -> None:
    with pytest.raises(ConfigurationError, match="do not fit the API"):
        client.transcribe(WAV, **options)
    assert server.requests == []


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("language", 3, "language must be str, not int"),
        ("language", ["en"], "language must be str, not list"),
        ("temperature", "0", "temperature must be int or float, not str"),
        ("temperature", True, "temperature must be int or float, not bool"),
    ],
)
def test_an_option_has_the_kind_of_the_spec(
    server: Server, client: Driver, name: str, value: object, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=f"^{message}$"):
        client.transcribe(WAV, **{name: value})
    assert server.requests == []


@pytest.mark.parametrize("provider", ["openai", ["openai"], 7])
def test_a_provider_is_a_mapping(server: Server, client: Driver, provider: Any) -> None:
    """The error shows what one looks like."""
    with pytest.raises(ConfigurationError, match=r'^provider must be a mapping, such as \{"options": \{"openai": '):
        client.transcribe(WAV, provider=provider)
    assert server.requests == []


def test_options_are_sent_as_the_spec_names_them(server: Server, client: Driver) -> None:
    """None leaves one out."""
    provider = {"options": {"openai": {"prompt": "Names: Änne"}}}
    client.transcribe(WAV, language="de", temperature=0.5, provider=provider)
    client.transcribe(WAV, language=None)
    sent = [{key: value for key, value in request.json.items() if key != "input_audio"} for request in server.requests]
    assert sent == [{"model": MODEL, "language": "de", "temperature": 0.5, "provider": provider}, {"model": MODEL}]


@pytest.mark.parametrize(("slug", "hint"), [("open-ai", "did you mean 'openai'"), ("zzz9", "drops its options")])
def test_an_unknown_provider_is_warned_of(server: Server, client: Driver, slug: str, hint: str) -> None:
    """The server drops its options without a word."""
    with pytest.warns(UserWarning, match=hint):
        client.transcribe(WAV, provider={"options": {slug: {}}})
    assert server.last.json["provider"] == {"options": {slug: {}}}
