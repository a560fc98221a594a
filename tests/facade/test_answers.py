"""What a transcription takes from the server's answer."""

from __future__ import annotations

from typing import Any

import pytest

from openrouter_stt import Usage
from tests.support import spec
from tests.support.server import Answer, Server
from tests.support.sounds import WAV
from tests.support.worlds import MODEL, Driver

WHOLE = {"cost": 0.5, "seconds": 9.2, "input_tokens": 83, "output_tokens": 30, "total_tokens": 113}
COUNTS = ("input_tokens", "output_tokens", "total_tokens")
WRONG: list[Any] = ["much", None, True, [], {}, float("nan"), float("inf"), 10**400]


def test_the_documented_example_is_read_whole(server: Server, client: Driver) -> None:
    example = spec.example_of(200)
    server.will(Answer.of(200, example, X_Generation_Id="gen-1"))
    result = client.transcribe(WAV)
    assert (result.text, result.usage) == (example["text"], Usage(**example["usage"]))
    assert (result.generation_id, result.attempts, result.source, result.model) == ("gen-1", 1, "network", MODEL)
    assert result.response is not None
    assert result.response.to_dict() == example


@pytest.mark.parametrize("field", WHOLE)
@pytest.mark.parametrize("value", WRONG, ids=repr)
def test_a_wrong_number_costs_that_number_alone(server: Server, client: Driver, field: str, value: Any) -> None:
    """The text was paid for: it is never thrown away for its bill."""
    server.will(Answer.of(200, {"text": "paid for", "usage": {**WHOLE, field: value}}))
    result = client.transcribe(WAV)
    assert (result.text, result.usage) == ("paid for", Usage(**{**WHOLE, field: None}))  # type: ignore[arg-type]


@pytest.mark.parametrize("field", COUNTS)
def test_a_fraction_of_a_token_is_no_count(server: Server, client: Driver, field: str) -> None:
    server.will(Answer.of(200, {"text": "x", "usage": {field: 1.5}}))
    assert client.transcribe(WAV).usage == Usage()


@pytest.mark.parametrize("usage", [None, [], "free", 7, True])
def test_a_usage_of_another_type_is_none(server: Server, client: Driver, usage: Any) -> None:
    server.will(Answer.of(200, {"text": "still here", "usage": usage}))
    result = client.transcribe(WAV)
    assert (result.text, result.usage) == ("still here", None)


def test_fields_that_the_spec_does_not_know_yet_are_kept(server: Server, client: Driver) -> None:
    document = {"text": "x", "segments": [{"start": 0}], "language": "en"}
    server.will(Answer.of(200, document))
    response = client.transcribe(WAV).response
    assert response is not None
    assert response.to_dict() == document


@pytest.mark.parametrize("text", ["", "  two words\n", "Grüße, 東京 🎧", "a\0b"])
def test_the_text_is_what_the_server_sent(server: Server, client: Driver, text: str) -> None:
    """Nobody said anything is an answer, too."""
    server.will(Answer.of(200, {"text": text}))
    assert client.transcribe(WAV).text == text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_any_unicode_encoding_of_json_is_read(server: Server, client: Driver, encoding: str) -> None:
    server.will(Answer(200, '{"text": "Grüße"}'.encode(encoding)))
    assert client.transcribe(WAV).text == "Grüße"


def test_text_wins_over_an_error_beside_it(server: Server, client: Driver) -> None:
    server.will(Answer.of(200, {"text": "said", "error": {"code": 500, "message": "later"}}))
    assert client.transcribe(WAV).text == "said"


class Strict:
    """A model of an answer that takes no field named `new`, as generated code of a later spec may."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Strict:
        if "new" in fields:
            raise ValueError("new does not fit")
        return cls(fields)


def test_fields_that_do_not_fit_are_left_out_of_the_response(
    server: Server, client: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a wrong value makes generated code raise, the text stays."""
    monkeypatch.setattr("openrouter_stt_api.operation.answer", Strict.from_dict)
    server.will(Answer.of(200, {"text": "x", "new": 1, "old": 2}))
    response: Any = client.transcribe(WAV).response
    assert response.fields == {"text": "x", "old": 2}
