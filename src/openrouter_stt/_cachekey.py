"""The key under which a call's answer is kept."""

from __future__ import annotations

import json
from functools import lru_cache
from hashlib import sha256
from typing import Final

import attrs

from ._audio import PCM, Audio
from ._content import FileContent
from ._values import Call

MOST_DIGESTS: Final = 10_000  # of one client; then it begins anew
_ENCODER: Final = json.JSONEncoder(sort_keys=True, default=repr)
_LAYOUT: Final = 1  # of the key; a change of what is covered raises it


@attrs.frozen
class Digests:
    """The hashes of a client's recordings: a file that is as it was is not read again."""

    _known: dict[FileContent, str] = attrs.field(factory=dict[FileContent, str], init=False, repr=False)

    def known(self, audio: Audio) -> str | None:
        """Return the hash of a file that was read before, and has the same inode, size and time."""
        content = audio.content
        return self._known.get(content) if isinstance(content, FileContent) else None

    def of(self, audio: Audio) -> str:
        """Return the hash of a recording, which is read unless it is known."""
        content = audio.content
        if not isinstance(content, FileContent):
            return audio.digest()
        if (known := self._known.get(content)) is not None:
            return known
        digest = audio.digest()
        if content.settled():
            if len(self._known) >= MOST_DIGESTS:
                self._known.clear()
            self._known[content] = digest
        return digest


def cache_key(call: Call, digest: str) -> str:
    """Return the SHA-256, in hexadecimal, of everything the answer depends on.

    That is the audio's bytes (`digest` is their hash) and layout, every field of the request, the base URL, and the
    plugins that change audio or text: without these a redactor installed later would be served what was kept before it.
    """
    pcm, formats = call.audio.pcm, (call.audio.format, call.format)
    before, behind = _around_options(pcm, formats, call.model, call.base_url, call.fingerprint)
    options = _ENCODER.encode(dict(call.options)) if call.options else "{}"
    return sha256(f'{{"audio": "{digest}", {before}, "options": {options}, {behind}}}'.encode()).hexdigest()


@lru_cache(maxsize=16)
def _around_options(
    pcm: PCM | None, formats: tuple[str | None, str | None], model: str, base_url: str, fingerprint: str
) -> tuple[str, str]:
    """Write a key's JSON before and behind the options, once for all calls that differ in these and in audio alone."""
    before = {"base_url": base_url, "formats": formats, "layout": _LAYOUT, "model": model}
    behind = {"pcm": attrs.asdict(pcm) if pcm else None, "plugins": fingerprint}
    return _ENCODER.encode(before)[1:-1], _ENCODER.encode(behind)[1:-1]
