"""What came back from the server: a transcription, or the error it stands for."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import attrs

from ._errors import APIResponseError, APIStatusError, error_class
from ._values import Transcription, Usage
from ._wire import read_response

HINTS: Final = {
    401: "check the API key",
    402: "add credits at https://openrouter.ai/settings/credits",
    404: "check the model and the base URL",
}
OUTCOME_UNKNOWN: Final = frozenset({504, 524})  # a gateway gave up waiting; the model may have worked on
LONGEST_MESSAGE: Final = 500


@attrs.frozen
class Reply:
    """A whole HTTP response; the names of headers are in lower case."""

    status: int
    headers: Mapping[str, str] = attrs.field(repr=False)
    body: bytes = attrs.field(repr=False)

    @property
    def request_id(self) -> str | None:
        return self.headers.get("x-request-id") or self.headers.get("cf-ray")


def read_answer(reply: Reply, *, model: str) -> Transcription:
    """Turn a reply into a transcription.

    Raises the error of the status, also of one that stands in the body of a successful reply, and
    `APIResponseError` for a success without text. A usage that is no use does not cost the text.
    """
    document = _document(reply.body)
    if not 200 <= reply.status < 300:
        raise _status_error(reply.status, document, reply)
    text = document.get("text")
    if isinstance(text, str):
        return _transcription(text, document, reply, model)
    code = _code_of(document)
    if code is not None:
        raise _status_error(code, document, reply)
    raise APIResponseError(
        f"the server reported success but sent {_described(reply.body)} and no text; it may have been billed",
        maybe_billed=True,
        request_id=reply.request_id,
    )


def _transcription(text: str, document: Mapping[str, Any], reply: Reply, model: str) -> Transcription:
    return Transcription(
        text=text,
        model=model,
        source="network",
        usage=_usage(document.get("usage")),
        generation_id=reply.headers.get("x-generation-id"),
        response=read_response(document),
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


def _status_error(status: int, document: Mapping[str, Any], reply: Reply) -> APIStatusError:
    kind = error_class(status)
    error = document.get("error")
    stated = error.get("message") if isinstance(error, dict) else None
    detail = stated if isinstance(stated, str) and stated.strip() else f"the server sent {_described(reply.body)}"
    hint = f" ({HINTS[status]})" if status in HINTS else ""
    return kind(
        f"status {status}: {_one_line(detail)}{hint}",
        status=status,
        error=document or None,
        headers=reply.headers,
        maybe_billed=status in OUTCOME_UNKNOWN,
        retry_after=retry_after(reply.headers.get("retry-after")),
        request_id=reply.request_id,
    )


def retry_after(stated: str | None) -> float | None:
    """Read a Retry-After header in seconds (RFC 9110, 10.2.3; fractions are taken too); None for what is no use."""
    if not stated:
        return None
    try:
        seconds = float(stated) if len(stated) < 32 else math.nan
    except ValueError:
        seconds = _until(stated)
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _until(date: str) -> float:
    try:
        moment = parsedate_to_datetime(date)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return (moment - datetime.now(UTC)).total_seconds()
    except (ValueError, OverflowError):
        return math.nan


def _code_of(document: Mapping[str, Any]) -> int | None:
    error = document.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) and 400 <= code < 600 else None


def _document(body: bytes) -> Mapping[str, Any]:
    """Parse a JSON object; anything else is an empty one."""
    try:
        text = body.decode(json.detect_encoding(body), "replace")
        document = json.loads(text, strict=False, parse_int=_integer)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _integer(digits: str) -> float:
    """Read a whole number, one of hundreds of digits as a float: Python refuses to read thousands."""
    return int(digits) if len(digits) < 300 else float(digits)


def _described(body: bytes) -> str:
    start = body[:512].lstrip().lower()
    if not start:
        return "an empty body"
    if start.startswith(b"<"):
        return "an HTML page"
    return "JSON without a message" if start[:1] in b'{["' else f"{len(body)} bytes of something else"


def _one_line(text: str) -> str:
    line = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text).strip()
    return line if len(line) <= LONGEST_MESSAGE else f"{line[:LONGEST_MESSAGE]}..."
