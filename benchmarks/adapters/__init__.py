"""One module for each client: how it is installed, and how it transcribes a recording.

A module has `NAME`, as the report writes it; `REQUIRES`, for pip; `MODULE`, which is imported; and `sync_client` or
`async_client` or both, which take the address of a server and return what transcribes. Nothing but the standard library
is imported before these are called: they are timed.
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

Source = bytes | Path
Sync = Callable[[Source], str]
Async = Callable[[Source], Awaitable[str]]
OURS, OURS_AIOHTTP, RAW = "ours", "ours_aiohttp", "httpx_json"
ALL = (OURS, OURS_AIOHTTP, RAW, "httpx_streamed", "aiohttp_json", "stock", "openrouter_sdk", "openai_sdk", "groq_sdk")
FLOOR = "floor"
MODEL = "openai/whisper-large-v3"
KEY = "key"


class Adapter(Protocol):
    NAME: str
    REQUIRES: tuple[str, ...]
    MODULE: str


def adapter(name: str) -> Any:
    """Import an adapter, and not its client."""
    return import_module(f"benchmarks.adapters.{name}")


def worlds(name: str) -> list[str]:
    """Tell whether a client is sync, async or both."""
    return [world for world in ("sync", "async") if hasattr(adapter(name), f"{world}_client")]


def read(source: Source) -> bytes:
    return source if isinstance(source, bytes) else source.read_bytes()


def document(source: Source) -> dict[str, Any]:
    """Write a whole request, as one does who calls the API by hand."""
    return {"model": MODEL, "input_audio": {"data": base64.b64encode(read(source)).decode(), "format": "wav"}}


def multipart(source: Source) -> Any:
    """Return what the peers' SDKs take for a file of a form: bytes with a name, or an open file."""
    return ("talk.wav", source) if isinstance(source, bytes) else source.open("rb")
