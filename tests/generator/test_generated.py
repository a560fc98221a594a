"""The committed endpoint: what is sent, and what becomes of every kind of answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest

from openrouter_stt_api import errors, models
from openrouter_stt_api.api.stt import create_audio_transcriptions as endpoint
from openrouter_stt_api.client import AuthenticatedClient
from openrouter_stt_api.types import UNSET

FIELDS: dict[str, Any] = {"model": "m", "input_audio": {"data": "UklG", "format": "wav"}}
ENVELOPE = {"error": {"code": 1, "message": "said why", "metadata": {"a": [1]}}, "user_id": None}
Call = Callable[[httpx.Response], Any]


def client(answer: httpx.Response) -> AuthenticatedClient:
    """A client whose server gives one answer, in this process."""
    transport = httpx.MockTransport(lambda request: answer)
    return AuthenticatedClient(token="secret", httpx_args={"transport": transport})


def sync(answer: httpx.Response) -> models.STTResponse:
    """Call the synchronous function."""
    return endpoint.sync(client=client(answer), body=models.STTRequest.from_dict(FIELDS))


def asynchronous(answer: httpx.Response) -> models.STTResponse:
    """Call the asynchronous function."""

    async def call() -> models.STTResponse:
        async with client(answer) as opened:
            return await endpoint.asyncio(client=opened, body=models.STTRequest.from_dict(FIELDS))

    return anyio.run(call)


both = pytest.mark.parametrize("call", [sync, asynchronous])


@both
@pytest.mark.parametrize(("status", "error"), sorted(errors.ERRORS.items()))
def test_documented_errors_are_raised(call: Call, status: int, error: type[errors.APIStatusError]) -> None:
    """524 and 529, which are no HTTPStatus, as well as the others."""
    with pytest.raises(error, match=f"^status {status}: said why$") as raised:
        call(httpx.Response(status, json=ENVELOPE, headers={"X-A": "b"}))
    assert (raised.value.status, raised.value.error) == (status, ENVELOPE)
    assert raised.value.headers["x-a"] == "b"


@both
@pytest.mark.parametrize("status", [201, 302, 418, 599, 999])
def test_undocumented_statuses_are_raised(call: Call, status: int) -> None:
    """The base class stands for every status that the document does not know, a success included."""
    with pytest.raises(errors.APIStatusError) as raised:
        call(httpx.Response(status, json={}))
    assert type(raised.value) is errors.APIStatusError
    assert raised.value.status == status


@both
@pytest.mark.parametrize("body", [b"", b"<html>", b'{"error":', b"null", b"[]", b'{"error": "text"}', b"\xff"])
def test_unreadable_bodies_of_errors_are_no_obstacle(call: Call, body: bytes) -> None:
    """Gateways answer with HTML or nothing; the status still has its class."""
    with pytest.raises(errors.BadGatewayError, match=r"^status 502: no message$"):
        call(httpx.Response(502, content=body))


@both
@pytest.mark.parametrize("body", [b"", b"<html>", b'{"text":', b"null", b"{}", b"[1]"])
def test_an_unreadable_success_is_an_error(call: Call, body: bytes) -> None:
    """An HTML page with status 200 is no transcript; it may have been paid for."""
    with pytest.raises(errors.APIError, match="status 200, but the body is not what") as raised:
        call(httpx.Response(200, content=body))
    assert raised.value.maybe_billed


@both
@pytest.mark.parametrize("usage", [{"usage": None}, {}, {"usage": {"cost": None, "seconds": 1.5}}, {"usage": "?"}])
def test_usage_is_never_in_the_way_of_the_text(call: Call, usage: dict[str, Any]) -> None:
    """The server sends null, leaves it out, or has nulls in it."""
    assert call(httpx.Response(200, json={"text": "hello", **usage})).text == "hello"


def test_nulls_of_usage_are_told_apart() -> None:
    """The object that is null is None; a number that should not be null is absent."""
    read = models.STTResponse.from_dict
    assert read({"text": "t", "usage": None}).usage is None
    assert read({"text": "t"}).usage is UNSET
    usage = read({"text": "t", "usage": {"cost": None, "seconds": 1.5}}).usage
    assert isinstance(usage, models.STTUsage)
    assert (usage.cost, usage.seconds) == (UNSET, 1.5)


def test_the_detailed_answer_has_a_plain_status() -> None:
    """`sync_detailed` returns a failure as a value, parsed, with the status as an integer."""
    answer = httpx.Response(529, json=ENVELOPE)
    response = endpoint.sync_detailed(client=client(answer), body=models.STTRequest.from_dict(FIELDS))
    assert (type(response.status_code), response.status_code) == (int, 529)
    assert isinstance(response.parsed, models.ErrorResponse)
    assert response.parsed.to_dict() == ENVELOPE


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"language": "en", "temperature": 0},
        {"provider": {"options": {"openai": {"max_tokens": 1}, "new/one": {}}, "order": ["a"]}},
        {"not_yet_documented": [1, None]},
    ],
)
def test_requests_make_the_round_trip(options: dict[str, Any]) -> None:
    """Plain values in, the same out, fields that are not documented included."""
    fields = {**FIELDS, **options}
    request = models.STTRequest.from_dict(fields)
    assert request.to_dict() == fields
    assert endpoint._get_kwargs(body=request) == {
        "method": "post",
        "url": "/audio/transcriptions",
        "json": fields,
        "headers": {"Content-Type": "application/json"},
    }


def test_models_take_no_positional_arguments() -> None:
    """The order of the document is no interface."""
    with pytest.raises(TypeError):
        models.STTInputAudio("data", "wav")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
