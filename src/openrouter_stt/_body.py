"""The body of a request: JSON text around base64, streamed in constant memory and made anew for every attempt."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from typing import Final

from pybase64 import b64encode

from ._audio import Audio
from ._errors import AudioError

BLOCK: Final = 3 * 256 * 1024  # bytes of audio; a multiple of 3, so that base64 pads the last block alone
INLINE: Final = 1024 * 1024  # up to here an event loop can read and encode without a worker thread


class Body:
    """One pass over a body; `begun` tells whether a connection asked for it, `complete` whether all was handed to it.

    The audio is held by the pass alone, and let go when it ends: httpx keeps requests in reference cycles.
    """

    def __init__(self, prefix: bytes, audio: Audio, suffix: bytes) -> None:
        self.large = audio.size > INLINE
        self.size = len(prefix) + 4 * -(-audio.size // 3) + len(suffix)
        self.begun = False
        self.complete = False
        self._dropped = False
        self._pass = self._blocks(prefix, audio, suffix)

    def next(self) -> bytes | None:
        """Return the next block, or None behind the last one."""
        self.begun = True
        try:
            return next(self._pass, None)
        finally:
            if self._dropped:
                self._pass.close()

    def close(self) -> None:
        """Close what the pass holds open; a worker thread that reads for a cancelled call does so behind itself."""
        self._dropped = True
        with contextlib.suppress(ValueError):
            self._pass.close()
            self._pass = _nothing()  # since Python 3.12 one that is closed before it began keeps what it was given

    def _blocks(self, prefix: bytes, audio: Audio, suffix: bytes) -> Generator[bytes]:
        left = audio.size
        with audio.open() as file:
            while left > BLOCK:
                yield prefix + _encoded(file.read(BLOCK), BLOCK, audio)
                prefix, left = b"", left - BLOCK
            last = _encoded(file.read(left), left, audio)
        if not audio.content.intact():
            raise _changed(audio)
        self.complete = True
        yield prefix + last + suffix


def _nothing() -> Generator[bytes]:
    yield from ()


def _encoded(block: bytes, wanted: int, audio: Audio) -> bytes:
    if len(block) != wanted:
        raise _changed(audio)
    return b64encode(block)


def _changed(audio: Audio) -> AudioError:
    return AudioError(f"{audio.label} was changed while it was sent; the request was cut off, transcribe it again")
