"""What a fake server does with a request, in the words of HTTP."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Literal, Self

import attrs

Fault = Literal["refused", "reset"]


@attrs.frozen
class Answer:
    """One answer of a `FakeTransport`; by itself a successful one, which says "hello".

    Args:
        status: Of HTTP.
        body: Bytes as they come in.
        headers: Beside the content type, which is JSON's.
        fault: "refused" takes no connection, "reset" cuts it in the middle of the answer.
        delay: Seconds by the fake clock that the answer takes; past the call's deadline it is a timeout.
    """

    status: int = 200
    body: bytes = attrs.field(default=b'{"text": "hello"}', repr=False)
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])
    fault: Fault | None = None
    delay: float = 0.0

    @classmethod
    def text(
        cls, text: str, *, usage: Mapping[str, Any] | None = None, generation_id: str | None = None, delay: float = 0.0
    ) -> Self:
        """Answer with a transcript; `usage` has the fields of the spec, such as cost and seconds."""
        document = {"text": text} if usage is None else {"text": text, "usage": dict(usage)}
        headers = {} if generation_id is None else {"X-Generation-Id": generation_id}
        return cls.json(document, headers=headers, delay=delay)

    @classmethod
    def json(
        cls, document: object, *, status: int = 200, headers: Mapping[str, str] | None = None, delay: float = 0.0
    ) -> Self:
        """Answer with any JSON."""
        return cls(status, json.dumps(document).encode(), headers or {}, delay=delay)

    @classmethod
    def error(cls, status: int, message: str = "made up", *, retry_after: float | None = None) -> Self:
        """Answer with an error as OpenRouter sends it; `retry_after` in seconds."""
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        return cls.json({"error": {"code": status, "message": message}}, status=status, headers=headers)

    @classmethod
    def garbled(cls) -> Self:
        """Report success, with a page in place of a transcript: an `APIResponseError`."""
        return cls(body=b"<html>made up</html>")

    @classmethod
    def refused(cls) -> Self:
        """Take no connection: an `APIConnectionError` of kind "refused"; nothing was sent."""
        return cls(fault="refused")

    @classmethod
    def reset(cls) -> Self:
        """Cut the connection in the middle of the answer: an `APIConnectionError` of kind "reset", maybe billed."""
        return cls(fault="reset")

    @classmethod
    def timeout(cls) -> Self:
        """Take the request and never answer: an `APITimeoutError`, maybe billed, at the call's deadline."""
        return cls(delay=math.inf)
