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


def test_an_unknown_option_is_answered_with_the_nearest(server: Server, client: Driver) -> None:
    with pytest.raises(ConfigurationError, match="no option 'langage'; did you mean 'language'"):
        client.transcribe(WAV, langage="en")
    with pytest.raises(ConfigurationError, match="there are language, provider, temperature"):
        client.transcribe(WAV, zzz=1)
    assert server.requests == []


@pytest.mark.parametrize("options", [{"provider": "openai"}, {"temperature": float("nan")}, {"language": object()}])
def test_an_option_that_does_not_fit_the_spec_is_refused(server: Server, client: Driver, options: Any) -> None:
    with pytest.raises(ConfigurationError, match="do not fit the API"):
        client.transcribe(WAV, **options)
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
