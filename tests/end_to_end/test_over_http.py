"""Human speech over real HTTP: every client, and the command line, get the words that were said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from openrouter_stt import BadRequestError
from tests.end_to_end.conftest import pooled_word_errors, word_errors
from tests.plugins.audio_files import make
from tests.plugins.speech_data import Recording, english, short_clips, two_cities
from tests.support.spec import ROOT
from tests.support.speech_server import MODEL, SpeechServer
from tests.support.worlds import Driver, World

MOST_ERRORS = 0.2  # of the words of one recording, which may be three
MOST_POOLED = 0.1  # of the words of all recordings
SAID = "Hello, this recording was turned into text on your own computer."
HELLO = ROOT / "samples" / "hello.wav"


@pytest.fixture
def client(speech_server: SpeechServer, world: World) -> Driver:
    return world.client(base_url=speech_server.url)


@pytest.mark.parametrize("recording", english(), ids=lambda recording: recording.id)
def test_people_are_understood(client: Driver, recording: Recording) -> None:
    result = client.transcribe(recording.path, model=MODEL, language="en")
    assert word_errors(recording, result.text) <= MOST_ERRORS
    assert (result.source, result.attempts, result.generation_id, result.model) == ("network", 1, "gen-e2e", MODEL)


def test_people_are_understood_on_the_whole(client: Driver) -> None:
    """Over all recordings together, where one word of a short clip does not weigh much."""
    texts = [client.transcribe(recording.path, model=MODEL, language="en").text for recording in english()]
    assert pooled_word_errors(english(), texts) <= MOST_POOLED


def test_the_bill_comes_with_the_text(client: Driver) -> None:
    usage = client.transcribe(HELLO, model=MODEL).usage
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (1, 2, 3)
    assert usage.seconds == pytest.approx(4.8, abs=0.1)
    assert usage.cost == pytest.approx(4.8e-5, abs=1e-6)


def test_every_option_fits_the_spec(speech_server: SpeechServer, client: Driver) -> None:
    """The server validates what it gets against openapi.yaml."""
    provider = {"options": {"openai": {"prompt": "Charles Dickens"}}}
    result = client.transcribe(HELLO, model=MODEL, language="en", temperature=0.0, provider=provider)
    assert (result.text, speech_server.languages[-1]) == (SAID, "en")


@pytest.mark.parametrize(
    "kind", ["wav", "mp3", "flac", "m4a", "ogg-opus", "webm-opus", "aac", "aiff", "mp4", "wav-float", "webm-live"]
)
def test_each_format_is_decoded_at_the_other_end(speech_server: SpeechServer, client: Driver, kind: str) -> None:
    """A tone has no words; the length of the audio tells that it came through."""
    result = client.transcribe(make(kind), model=MODEL)
    assert result.usage is not None
    assert result.usage.seconds == pytest.approx(1, abs=0.1)
    assert result.text == ""
    assert speech_server.formats[-1] == kind.partition("-")[0]


def test_a_request_that_breaks_the_spec_is_refused(client: Driver) -> None:
    """So that the other tests of this server show what they seem to: it does look."""
    with pytest.raises(BadRequestError, match="400"):
        client.transcribe(HELLO, model=MODEL, provider={"options": {"openai": 7}})


def command(speech_server: SpeechServer, *arguments: str | Path) -> list[str]:
    """Run the command line in a process of its own and return the lines it prints."""
    finished = subprocess.run(
        [sys.executable, "-m", "openrouter_stt", "transcribe", *map(str, arguments), "--model", MODEL],
        env={**os.environ, "OPENROUTER_API_KEY": "sk-test", "OPENROUTER_BASE_URL": speech_server.url},
        check=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    return finished.stdout.splitlines()


def test_the_command_line_prints_what_was_said(speech_server: SpeechServer) -> None:
    recording = two_cities()
    (text,) = command(speech_server, recording.path)
    assert word_errors(recording, text) <= MOST_ERRORS


def test_the_command_line_prints_json_lines(speech_server: SpeechServer) -> None:
    """One for each file, in order."""
    recordings = short_clips()
    lines = command(
        speech_server, *[recording.path for recording in recordings], "--format", "json", "--language", "en"
    )
    for recording, line in zip(recordings, lines, strict=True):
        answer = json.loads(line)
        assert word_errors(recording, answer["text"]) <= MOST_ERRORS
        assert (answer["source"], answer["generation_id"]) == ("network", "gen-e2e")
    assert speech_server.languages[-1] == "en"
