"""The key is in no local variable of ours, which tools that report errors send along."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import openrouter_stt
from openrouter_stt import APIError, ConfigurationError
from tests.support.server import Answer, Server
from tests.support.sounds import WAV
from tests.support.worlds import MODEL, World

SECRET = "sk-or-v1-do-not-tell"
OURS = Path(openrouter_stt.__file__).parent


def _chain(shown: traceback.TracebackException | None) -> Iterator[traceback.TracebackException]:
    while shown is not None:
        yield shown
        shown = shown.__cause__ or shown.__context__


def _locals_of_ours(error: BaseException) -> list[tuple[str, str, str]]:
    """Return the function, name and repr of each local variable."""
    return [
        (frame.name, name, text)
        for shown in _chain(traceback.TracebackException.from_exception(error, capture_locals=True))
        for frame in shown.stack
        if OURS in Path(frame.filename).parents
        for name, text in (frame.locals or {}).items()
    ]


def _showing(error: BaseException, functions: set[str]) -> list[tuple[str, str, str]]:
    """Return the local variables that show the key; the traceback must have gone through the functions."""
    found = _locals_of_ours(error)
    assert functions <= {function for function, _, _ in found}
    return [each for each in found if SECRET in each[2]]


@pytest.mark.parametrize(
    "answer", [Answer(401), Answer(200, b"<html>"), Answer(cut="after the body")], ids=["status", "body", "cut"]
)
@pytest.mark.parametrize("key", [SECRET, lambda: SECRET], ids=["str", "function"])
def test_a_failed_call_does_not_show_the_key(server: Server, world: World, answer: Answer, key: Any) -> None:
    """From `transcribe` down to the transport."""
    server.will(answer)
    with pytest.raises(APIError) as caught:
        world.client(key, base_url=server.url).transcribe(WAV)
    assert _showing(caught.value, {"transcribe", "_from_network", "send"}) == []


@pytest.mark.parametrize("key", [f"{SECRET}é", lambda: f"{SECRET}é"], ids=["str", "function"])
def test_a_key_that_no_header_can_carry_is_not_shown(server: Server, world: World, key: Any) -> None:
    """It is a real one, most often, with something around it."""
    with pytest.raises(ConfigurationError, match="visible ASCII") as caught:
        world.client(key, base_url=server.url).transcribe(WAV)
    assert _showing(caught.value, {"_key"}) == []


@pytest.mark.parametrize("settings", [{"timeout": -1}, {"plugins": ["unknown"]}, {"base_url": "ftp://host"}], ids=str)
def test_a_client_that_cannot_be_made_does_not_show_the_key(world: World, settings: dict[str, Any]) -> None:
    """Nor does its repr break the report."""
    with pytest.raises(openrouter_stt.STTError) as caught:
        world.client(SECRET, **settings)
    assert _showing(caught.value, {"__init__"}) == []


def test_one_failed_call_without_a_client_does_not_show_the_key(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENROUTER_BASE_URL", server.url)
    server.will(Answer(401))
    with pytest.raises(APIError) as caught:
        openrouter_stt.transcribe(WAV, model=MODEL, api_key=SECRET)
    assert _showing(caught.value, {"transcribe"}) == []
