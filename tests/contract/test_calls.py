"""What the facade promises of any version of the API: each option is sent, and each answer and failure is read."""

from __future__ import annotations

from typing import Any

import pytest

import openrouter_stt
from openrouter_stt import APIStatusError, ConfigurationError
from openrouter_stt._wire import OPTIONS, Option, TranscriptionOptions
from openrouter_stt_api.errors import ERRORS
from tests.contract.conftest import both, example_of, examples, on_the_wire
from tests.support.server import Answer, Server
from tests.support.sounds import WAV
from tests.support.worlds import World

UNDOCUMENTED = sorted({418, 451, 599} - ERRORS.keys())
FAILED = {"error": {"code": 1, "message": "said why"}}


@both
@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_each_option_is_sent(server: Server, world: World, option: Option) -> None:
    """By its name on the wire, beside the model and the audio."""
    given = {option.name: example_of(option)}
    world.client(base_url=server.url).transcribe(WAV, model="some/model", **given)
    assert server.last.audio == WAV
    sent = {name: value for name, value in server.last.json.items() if name != "input_audio"}
    assert sent == {"model": "some/model", **on_the_wire(given)}


@both
def test_all_options_are_sent_together(server: Server, world: World) -> None:
    """As JSON, whatever else the API takes."""
    world.client(base_url=server.url).transcribe(WAV, **examples())
    assert server.last.json.items() >= on_the_wire(examples()).items()
    assert server.last.header("Content-Type").startswith("application/")
    assert "json" in server.last.header("Content-Type")


@both
def test_an_option_that_the_api_lacks_is_refused(server: Server, world: World) -> None:
    """Before anything is sent."""
    with pytest.raises(ConfigurationError, match="no option 'never_heard_of'"):
        world.client(base_url=server.url).transcribe(WAV, never_heard_of=1)
    assert server.requests == []


def test_options_are_those_that_type_checkers_know() -> None:
    """The table for the command line and the signature name the same."""
    assert [option.name for option in OPTIONS] == [*TranscriptionOptions.__annotations__]


@both
@pytest.mark.parametrize(("status", "error"), sorted(ERRORS.items()))
def test_each_documented_status_is_its_error(
    server: Server, world: World, status: int, error: type[APIStatusError]
) -> None:
    """Its class is public, and is caught as the base of all statuses."""
    server.will(Answer.of(status, FAILED))
    with pytest.raises(APIStatusError, match="said why") as raised:
        world.client(base_url=server.url, disable=["retry"]).transcribe(WAV)
    assert type(raised.value) is getattr(openrouter_stt, error.__name__) is error
    assert (raised.value.status, raised.value.error) == (status, FAILED)


@both
@pytest.mark.parametrize("status", UNDOCUMENTED)
def test_another_status_is_the_base_class(server: Server, world: World, status: int) -> None:
    """What the API does not document is no surprise."""
    server.will(Answer.of(status, FAILED))
    with pytest.raises(APIStatusError, match="said why") as raised:
        world.client(base_url=server.url, disable=["retry"]).transcribe(WAV)
    assert type(raised.value) is APIStatusError


@both
@pytest.mark.parametrize("unknown", [1, None, "x", [1], {"a": {"b": None}}])
def test_fields_that_the_api_adds_are_kept(server: Server, world: World, unknown: Any) -> None:
    """They are in the response, where that has what the API promises."""
    answer = {"text": "hello", "never_heard_of": unknown, "usage": {"seconds": 1.5, "never_heard_of": unknown}}
    server.will(Answer.of(200, answer))
    result = world.client(base_url=server.url).transcribe(WAV)
    assert result.text == "hello"
    assert result.usage is not None
    assert result.usage.seconds == 1.5
    assert result.response is None or result.response.to_dict()["never_heard_of"] == unknown


@both
def test_an_answer_comes_out_of_the_cache_as_it_went_in(server: Server, world: World) -> None:
    """With its response, for the same options."""
    server.will(Answer.of(200, {"text": "hello", "never_heard_of": [1]}))
    client = world.client(base_url=server.url, cache="memory")
    first, second = (client.transcribe(WAV, **examples()) for _ in range(2))
    assert (first.source, second.source, len(server.requests)) == ("network", "cache", 1)
    assert first.to_dict() == second.to_dict()
