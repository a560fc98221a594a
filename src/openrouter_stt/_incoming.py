"""A reply as it comes in, held to a size; what refuses a request is taken even where its body breaks off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Self

import attrs
import httpx

from ._answer import Reply
from ._decompress import LARGEST_ANSWER, LARGEST_ERROR, decompressed, too_large
from ._errors import APIResponseError

if TYPE_CHECKING:
    from anyio import CancelScope


@attrs.define
class Incoming:
    """A reply whose body comes in; `whole` tells that it came to its end."""

    status: int
    headers: Mapping[str, str] = attrs.field(repr=False)  # with the server's words
    whole: bool = attrs.field(default=False, init=False)
    _body: bytearray = attrs.field(factory=bytearray, init=False, repr=False)

    @classmethod
    def of(cls, response: httpx.Response) -> Self:
        return cls(response.status_code, dict(response.headers.items()))  # in one pass, which dict(headers) is not

    @property
    def success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def most(self) -> int:
        return LARGEST_ANSWER if self.success else LARGEST_ERROR

    def add(self, block: bytes) -> bool:
        """Take a block and tell whether to go on."""
        self._body += block
        return len(self._body) <= self.most

    def reply(self) -> Reply:
        """Return the reply, of a refusal as much as came of it.

        Raises `APIResponseError` for a success that is too large or cannot be decompressed, and TimeoutError for one
        that did not come to its end.
        """
        if self.success and len(self._body) > self.most:
            raise too_large(self.most)
        if self.success and not self.whole:
            raise TimeoutError
        try:
            body = decompressed(self._body, self.headers.get("content-encoding", ""), self.most)
        except APIResponseError:
            if self.success:
                raise
            body = b""
        return Reply(self.status, self.headers, body)


def receive(response: httpx.Response, answer: Incoming) -> None:
    """Take in what comes."""
    try:
        for block in [response.content] if response.is_stream_consumed else response.iter_raw():
            if not answer.add(block):
                return
        answer.whole = True
    except (httpx.HTTPError, TimeoutError):
        if answer.success:  # what was refused stays refused, however its body ends
            raise


async def collect(response: httpx.Response, answer: Incoming, scope: CancelScope) -> None:
    """Take in what comes, until it is too much: then the scope is cancelled."""
    if response.is_stream_consumed:  # as it is where a transport made the response of a value
        answer.whole = answer.add(response.content)
        return
    try:
        async for block in response.aiter_raw():
            if not answer.add(block):
                scope.cancel()  # httpx's nested generators unwind from within; a raise leaves them open
        answer.whole = True
    except httpx.HTTPError:
        if answer.success:
            raise
