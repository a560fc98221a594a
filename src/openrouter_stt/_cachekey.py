"""The key under which a call's answer is kept."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Final

import attrs

from ._values import Call

_LAYOUT: Final = 1  # of the key; a change of what is covered raises it


def cache_key(call: Call) -> str:
    """Return the SHA-256, in hexadecimal, of everything the answer depends on.

    That is the audio's bytes and layout, every field of the request, the base URL, and the plugins that change audio
    or text: without these a redactor installed later would be served what was kept before it.
    """
    facts = {
        "layout": _LAYOUT,
        "audio": call.audio.digest(),
        "pcm": attrs.asdict(call.audio.pcm) if call.audio.pcm else None,
        "formats": [call.audio.format, call.format],
        "model": call.model,
        "options": dict(call.options),
        "base_url": call.base_url,
        "plugins": call.fingerprint,
    }
    return sha256(json.dumps(facts, sort_keys=True, default=repr).encode()).hexdigest()
