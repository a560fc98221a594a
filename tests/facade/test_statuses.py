"""What each status of the API becomes, in every world."""

from __future__ import annotations

import gzip

import pytest

import openrouter_stt
from openrouter_stt import APIResponseError, APIStatusError
from tests.support import spec
from tests.support.server import Answer, Server
from tests.support.sounds import WAV
from tests.support.worlds import Driver

REFUSED = {408, 429, 500, 502, 503, 529}
UNKNOWN_OUTCOME = {504, 524}
UNDOCUMENTED = [403, 408, 413, 418, 504, 599, 302]

WHAT_TO_DO = {
    401: " (check the API key)",
    402: " (add credits at https://openrouter.ai/settings/credits)",
    404: " (check the model and the base URL)",
    302: " (redirects are not followed; check base_url)",
}

HTML = b"<!DOCTYPE html><html><body>Bad gateway</body></html>"
DEEP = b"[" * 100_000
USELESS_BODIES = {
    "empty": b"",
    "HTML": HTML,
    "truncated JSON": b'{"error": {"code": 4',
    "null": b"null",
    "list": b'["text"]',
    "number": b"1",
    "NaN": b"NaN",
    "text that is null": b'{"text": null}',
    "text that is a number": b'{"text": 7}',
    "error that is a str": b'{"error": "no"}',
    "error without fields": b'{"error": {}}',
    "code that is a bool": b'{"error": {"code": true, "message": null}}',
    "code out of range": b'{"error": {"code": 200}}',
    "deep nesting": DEEP,
    "bytes": bytes(range(128, 256)),
}
by_body = pytest.mark.parametrize("body", USELESS_BODIES.values(), ids=USELESS_BODIES.keys())


def failure(server: Server, client: Driver, answer: Answer) -> APIStatusError:
    """Return the error of a call to a server that always gives this answer."""
    server.will(*[answer] * 3)
    with pytest.raises(APIStatusError) as caught:
        client.transcribe(WAV)
    return caught.value


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("status", spec.error_statuses())
def test_each_documented_status_has_its_class_and_the_server_s_words(
    server: Server, client: Driver, status: int
) -> None:
    """The class is named after the schema of the answer, the message holds status, reason and what to do next."""
    example = spec.example_of(status)
    error = failure(server, client, Answer.of(status, example, X_Request_Id="req-7"))
    assert type(error) is getattr(openrouter_stt, spec.error_name(status))
    assert error.message == f"status {status}: {example['error']['message']}{WHAT_TO_DO.get(status, '')}"
    assert (error.status, error.error, error.request_id) == (status, example, "req-7")
    assert error.headers["x-request-id"] == "req-7"


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("status", [*spec.error_statuses(), *UNDOCUMENTED])
def test_a_status_decides_how_often_a_request_is_sent(server: Server, client: Driver, status: int) -> None:
    """What was refused without a result is sent three times, all else once; a gateway's timeout may be billed."""
    error = failure(server, client, Answer.of(status, {"error": {"code": status, "message": "no"}}))
    sends = 3 if status in REFUSED else 1
    assert (error.attempts, len(server.requests)) == (sends, sends)
    assert error.maybe_billed is (status in UNKNOWN_OUTCOME)


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("status", UNDOCUMENTED)
def test_an_undocumented_status_is_a_plain_status_error(server: Server, client: Driver, status: int) -> None:
    error = failure(server, client, Answer.of(status, {"error": {"message": "short and stout"}}))
    assert type(error) is APIStatusError
    assert error.message == f"status {status}: short and stout{WHAT_TO_DO.get(status, '')}"


@by_body
@pytest.mark.parametrize("status", [401, 418])
def test_no_body_of_an_error_hides_its_status(server: Server, client: Driver, status: int, body: bytes) -> None:
    """A body that is no error's says what was sent, in one line."""
    error = failure(server, client, Answer(status, body))
    assert error.status == status
    assert error.message.startswith(f"status {status}: the server sent ")
    assert "\n" not in error.message


@by_body
def test_a_success_without_text_is_no_transcription(server: Server, client: Driver, body: bytes) -> None:
    """It is sent once, since it may have been billed."""
    server.will(Answer(200, body, {"X-Request-Id": "req-8"}))
    with pytest.raises(APIResponseError, match=r"sent no text: .*; it may have been billed") as caught:
        client.transcribe(WAV)
    assert (caught.value.maybe_billed, caught.value.attempts, caught.value.request_id) == (True, 1, "req-8")
    assert len(server.requests) == 1


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("code", spec.error_statuses())
def test_an_error_in_the_body_of_a_success_counts_as_its_status(server: Server, client: Driver, code: int) -> None:
    """OpenRouter reports failures of providers this way; they are retried like the status itself."""
    error = failure(server, client, Answer.of(200, {"error": {"code": code, "message": "in the body"}}))
    assert type(error) is getattr(openrouter_stt, spec.error_name(code))
    assert (error.status, error.attempts) == (code, 3 if code in REFUSED else 1)


def test_a_request_is_named_by_cloudflare_where_the_server_does_not(server: Server, client: Driver) -> None:
    assert failure(server, client, Answer(400, headers={"CF-Ray": "8f0"})).request_id == "8f0"


def test_a_long_message_of_many_lines_becomes_one_short_line(server: Server, client: Driver) -> None:
    """Control characters of a server cannot write into a terminal or a log."""
    message = "a\r\nb\x1b[31m\u2028" + "c " * 500
    error = failure(server, client, Answer.of(400, {"error": {"message": message}}))
    assert error.message.startswith("status 400: a b [31m c")
    assert len(error.message) < 530


def test_redirects_are_not_followed(server: Server, client: Driver) -> None:
    """The key and the audio go nowhere but to the base URL."""
    error = failure(server, client, Answer(307, b"", {"Location": server.url + "/elsewhere"}))
    assert (error.status, len(server.requests)) == (307, 1)
    assert str(error) == "status 307: the server sent an empty body (redirects are not followed; check base_url)"


@pytest.mark.parametrize("status", [402, 429, 503])
def test_how_long_to_wait_is_told(server: Server, client: Driver, status: int) -> None:
    """Where the server asks for more than is waited for."""
    answer = Answer.of(status, {"error": {"message": "Rate limited"}}, Retry_After="3600")
    error = failure(server, client, answer)
    assert str(error) == f"status {status}: Rate limited{WHAT_TO_DO.get(status, '')}; try again in 3600 s"


def test_a_page_in_place_of_an_answer_says_where_to_look(server: Server, client: Driver) -> None:
    """It comes from another server, or from a network that wants a login."""
    server.will(Answer(200, HTML))
    with pytest.raises(APIResponseError, match=r"check base_url, and whether the network asks for a login first$"):
        client.transcribe(WAV)


@pytest.mark.parametrize("compressed", [False, True])
def test_an_answer_of_more_than_64_mib_is_cut_off(server: Server, client: Driver, compressed: bool) -> None:
    """It is no transcription, however small it was on the wire."""
    body = bytes(65 * 1024 * 1024)
    bomb = Answer(200, gzip.compress(body, 1), {"Content-Encoding": "gzip"}) if compressed else Answer(200, body)
    server.will(bomb)
    with pytest.raises(APIResponseError, match="larger than") as caught:
        client.transcribe(WAV)
    assert (caught.value.maybe_billed, caught.value.attempts) == (True, 1)


@pytest.mark.parametrize(
    "body",
    [
        gzip.compress(b'{"text": "small"}'),
        gzip.compress(b'{"text": ') + gzip.compress(b'"small"}'),
        b'{"text": "small"}',
    ],
    ids=["gzip", "gzip of two members", "not compressed after all"],
)
def test_compression_nobody_asked_for_is_undone(server: Server, client: Driver, body: bytes) -> None:
    """Some proxies compress whatever they are told, and some only say so."""
    server.will(Answer(200, body, {"Content-Encoding": "gzip"}))
    assert client.transcribe(WAV).text == "small"
    assert server.last.header("accept-encoding") == "identity"


@pytest.mark.parametrize("body", [b"not gzip", gzip.compress(b'{"text": "cut"}')[:-9]], ids=["wrong", "cut"])
def test_broken_compression_is_an_answer_that_cannot_be_used(server: Server, client: Driver, body: bytes) -> None:
    server.will(Answer(200, body, {"Content-Encoding": "gzip"}))
    with pytest.raises(APIResponseError, match=r"compressed \(gzip\) and cannot be read") as caught:
        client.transcribe(WAV)
    assert (caught.value.maybe_billed, caught.value.attempts) == (True, 1)


def test_nothing_compressed_is_an_empty_body(server: Server, client: Driver) -> None:
    """Whatever its header says of it."""
    server.will(Answer(200, b"", {"Content-Encoding": "gzip"}))
    with pytest.raises(APIResponseError, match="sent no text: an empty body; it may have been billed") as caught:
        client.transcribe(WAV)
    assert (caught.value.maybe_billed, caught.value.attempts) == (True, 1)
