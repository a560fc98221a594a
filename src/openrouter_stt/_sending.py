"""The requests of one call: made once, sent by attempts, and what is known of their outcome."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import attrs

from ._answer import read_answer
from ._errors import APIError, STTError
from ._values import Attempt, Call, Transcription
from ._version import __version__
from ._wire import Request

if TYPE_CHECKING:
    from ._transport import Transport

DEFAULTS: Final = {
    "accept": "application/json",
    "accept-encoding": "identity",  # transcripts are small, and nothing has to be bounded
    "user-agent": f"openrouter-stt/{__version__}",
}


class Headers(dict[str, str]):
    """Names in lower case and values; they hold the key, so their repr shows the names alone."""

    def __repr__(self) -> str:
        return f"<headers {', '.join(self)}>"


def headers_of(request: Request, settings: Mapping[str, str], key: Headers) -> Headers:
    """Join our headers, the client's and those of the request with the one that holds the key."""
    joined = Headers(DEFAULTS)
    for headers in (settings, request.headers, key):
        joined.update({name.lower(): value for name, value in headers.items()})
    return joined


@attrs.define
class Sending:
    """Sends a call's request, as often as it is asked to.

    `begun` counts the requests, `unsure` tells that one of them may be billed. `answer` is the one that was paid for:
    after that nothing is sent again, whatever a plugin around the attempt raises, and however often it asks.
    """

    call: Call
    request: Request
    headers: Headers
    transport: Transport
    begun: int = attrs.field(default=0, init=False)
    unsure: bool = attrs.field(default=False, init=False)
    answer: Transcription | None = attrs.field(default=None, init=False)

    async def send(self, _: Attempt) -> Transcription:
        """Send one request and read its answer; once there is one, return it."""
        if self.answer is not None:
            return self.answer
        self.begun += 1
        url = self.call.base_url + self.request.path
        try:
            reply = await self.transport.send(self.request, url, self.headers, self.call.deadline)
            result = read_answer(reply, model=self.call.model, attempts=self.begun, headers=self.headers)
            if isinstance(result, APIError):
                try:
                    raise result
                finally:
                    del result  # in this frame the error would keep itself alive, and the audio with it
            self.answer = result
        except STTError as error:
            self.unsure |= error.maybe_billed
            raise
        return self.answer
