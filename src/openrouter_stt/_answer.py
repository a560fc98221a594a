"""What came back from the server: a transcription, or the error it stands for."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import attrs

from ._errors import APIError, APIResponseError, APIStatusError, error_class
from ._json import read_object, readable
from ._redact import redacted, without
from ._values import Transcription, Usage
from ._wire import read_response

HINTS: Final = {
    401: "check the API key",
    402: "add credits at https://openrouter.ai/settings/credits",
    404: "check the model and the base URL",
}
REDIRECTED: Final = "redirects are not followed; check base_url"
PAGE: Final = "an HTML page"
# A gateway gave up waiting or cannot tell what became of the request (520, 522: Cloudflare's): the model may have
# worked on.
OUTCOME_UNKNOWN: Final = frozenset({504, 520, 522, 524})
LONGEST_MESSAGE: Final = 500
LONGEST_WAIT: Final = 1e12  # seconds; what a server states above is read as this
_SECONDS: Final = re.compile(r"[0-9]+(\.[0-9]*)?(e[+-]?[0-9]+)?", re.IGNORECASE)
_LONGEST_DATE: Final = 64


@attrs.frozen
class Reply:
    """A whole HTTP response; the names of headers are in lower case."""

    status: int
    headers: Mapping[str, str] = attrs.field(repr=False)
    body: bytes | bytearray = attrs.field(repr=False)

    @property
    def success(self) -> bool:
        return 200 <= self.status < 300


def read_answer(reply: Reply, *, model: str, attempts: int, headers: Mapping[str, str]) -> Transcription | APIError:
    """Turn a reply into a transcription, which took that many requests, or into an error to raise.

    The error is that of the status, or of one in the body; a success without text is an `APIResponseError`. A usage
    that is no use does not cost the text. None of them repeats the key, which `headers` of the request hold. An error
    is returned since the locals of this function would go with it.
    """
    document, stated = read_object(reply.body), reply.headers
    if _may_repeat(reply, key := _key(headers)):
        document, stated = without([document, stated], key)
    if not reply.success:
        return _status_error(reply.status, document, stated, reply.body)
    text, code = document.get("text"), _code_of(document)
    if isinstance(text, str) and (text or code is None):
        return _transcription(readable(text), document, stated, model, attempts)
    if code is not None:
        return _status_error(code, document, stated, reply.body)
    what = _described(reply.body, document)
    advice = "; check base_url, and whether the network asks for a login first" if what == PAGE else ""
    return APIResponseError(
        f"the server reported success but sent no text: {what}; it may have been billed{advice}",
        maybe_billed=True,
        request_id=_request_id(stated),
    )


def _key(headers: Mapping[str, str]) -> str:
    return headers.get("authorization", "").removeprefix("Bearer ")


def _may_repeat(reply: Reply, key: str) -> bool:
    """Tell whether a reply may hold the key; JSON's escapes and wide characters would hide it."""
    return any(sign in reply.body for sign in (b"\\", b"\0", key.encode())) or any(
        key in name or key in value for name, value in reply.headers.items()
    )


def _transcription(
    text: str, document: Mapping[str, Any], stated: Mapping[str, str], model: str, attempts: int
) -> Transcription:
    return Transcription(
        text=text,
        model=model,
        attempts=attempts,
        source="network",
        usage=_usage(document.get("usage")),
        generation_id=redacted(stated.get("x-generation-id"), [text]),
        response=read_response({**document, "text": text}),
    )


def _usage(stated: object) -> Usage | None:
    if not isinstance(stated, dict):
        return None
    return Usage(
        cost=_number(stated.get("cost")),
        seconds=_number(stated.get("seconds")),
        input_tokens=_count(stated.get("input_tokens")),
        output_tokens=_count(stated.get("output_tokens")),
        total_tokens=_count(stated.get("total_tokens")),
    )


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e300:
        return None
    return float(value)


def _count(value: object) -> int | None:
    number = _number(value)
    return int(number) if number is not None and number.is_integer() else None


def _status_error(
    status: int, document: Mapping[str, Any], stated: Mapping[str, str], body: bytes | bytearray
) -> APIStatusError:
    said, kept = _without_secrets(document, stated)
    error = said.get("error")
    message = error.get("message") if isinstance(error, dict) else None
    what = f"the server sent {_described(body, document)}"
    detail = message if isinstance(message, str) and message.strip() else what
    seconds = retry_after(stated.get("retry-after"))
    return error_class(status)(
        f"status {status}: {_shortened(detail)}{_what_to_do(status, seconds)}",
        status=status,
        error=said or None,
        headers=kept,
        maybe_billed=status in OUTCOME_UNKNOWN,
        retry_after=seconds,
        request_id=_request_id(kept),
    )


def _what_to_do(status: int, seconds: float | None) -> str:
    hint = REDIRECTED if 300 <= status < 400 else HINTS.get(status)
    again = f"; try again in {math.ceil(seconds)} s" if seconds else ""
    return f" ({hint}){again}" if hint else again


def _without_secrets(document: Mapping[str, Any], stated: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return an error's document and headers without audio, text and cookies."""
    text = document.get("text")
    secrets = [text] if isinstance(text, str) else []
    said = {name: value for name, value in document.items() if name != "text"}
    kept = {name: value for name, value in stated.items() if name != "set-cookie"}
    return redacted(said, secrets), redacted(kept, secrets)


def _request_id(headers: Mapping[str, str]) -> str | None:
    return headers.get("x-request-id") or headers.get("cf-ray")


def retry_after(stated: str | None) -> float | None:
    """Read a Retry-After header in seconds (RFC 9110, 10.2.3; fractions are taken too); None for what is no use."""
    stated = (stated or "").strip()
    seconds = float(stated) if _SECONDS.fullmatch(stated) else _until(stated)
    return min(seconds, LONGEST_WAIT) if seconds >= 0 else None


def _until(date: str) -> float:
    if len(date) > _LONGEST_DATE:
        return math.nan
    try:
        moment = parsedate_to_datetime(date)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return (moment - datetime.now(UTC)).total_seconds()
    except (ValueError, OverflowError, TypeError, IndexError):  # not all of which Python documents
        return math.nan


def _code_of(document: Mapping[str, Any]) -> int | None:
    """Read the status in an error's body, which some servers write as text."""
    error = document.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    if isinstance(code, str) and len(code) == 3 and code.isascii() and code.isdigit():
        code = int(code)
    return int(code) if isinstance(code, int | float) and code in range(400, 600) else None


def _described(body: bytes | bytearray, document: Mapping[str, Any]) -> str:
    """Say what came; `document` is the object that could be read of it, if any."""
    start = body[:512].lstrip().lower()
    if not start:
        return "an empty body"
    if start.startswith(b"<"):
        return PAGE
    if document:
        return "JSON without a message"
    return "JSON that is of no use" if start[:1] in b'{["' else f"{len(body)} bytes of something else"


def _shortened(text: str) -> str:
    line = text.strip()
    return line if len(line) <= LONGEST_MESSAGE else f"{line[:LONGEST_MESSAGE]}..."
