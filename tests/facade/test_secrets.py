"""The key is told to the server, and to nobody else."""

from __future__ import annotations

import copy
import logging
import pickle
import traceback

import pytest

from openrouter_stt import APIError, ConfigurationError
from tests.support.clock import Clock
from tests.support.server import Answer, Server
from tests.support.sounds import WAV
from tests.support.worlds import World

SECRET = "sk-or-v1-do-not-tell"


def test_the_key_is_told_to_the_server_alone(
    clock: Clock, server: Server, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """Not to a log, httpx's and httpcore's at DEBUG included; nor does a log hold what was said."""
    caplog.set_level(logging.DEBUG)
    server.will(Answer(503), Answer.of(200, {"text": "a secret"}))
    world.client(SECRET, base_url=server.url).transcribe(WAV)
    told = "\n".join(f"{record.getMessage()} {vars(record)!r}" for record in caplog.records)
    assert "AttemptFailed" in told
    assert "send_request_headers" in told
    assert SECRET not in told
    assert "a secret" not in told


@pytest.mark.parametrize("answer", [Answer(401), Answer(cut="after the body"), Answer(200, b"<html>")])
def test_an_error_does_not_hold_the_key(server: Server, world: World, answer: Answer) -> None:
    """Nor do its traceback and what it is pickled to."""
    server.will(answer)
    client = world.client(SECRET, base_url=server.url)
    with pytest.raises(APIError) as caught:
        client.transcribe(WAV)
    shown = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
    assert SECRET not in shown
    assert SECRET.encode() not in pickle.dumps(caught.value)


def test_a_client_does_not_show_its_key(world: World) -> None:
    """Nor can it be pickled, which would write the key down."""
    client = world.client(SECRET).client
    assert SECRET not in f"{client!r} {client}"
    assert repr(client).startswith(f"openrouter_stt.{type(client).__name__}(base_url='https://openrouter.ai/api/v1'")
    with pytest.raises(TypeError) as caught:
        pickle.dumps(client)
    assert SECRET not in str(caught.value)


def test_settings_do_not_show_the_key(world: World) -> None:
    client = world.client(SECRET).client
    assert SECRET not in repr(client._settings)
    assert SECRET not in repr(copy.copy(client._settings))


@pytest.mark.parametrize("url", [f"https://me:{SECRET}@host/api", SECRET])
def test_a_secret_in_a_base_url_is_refused_and_not_repeated(world: World, url: str) -> None:
    """As it is where the key is given in the wrong place."""
    with pytest.raises(ConfigurationError) as caught:
        world.client(base_url=url)
    assert SECRET not in str(caught.value)
