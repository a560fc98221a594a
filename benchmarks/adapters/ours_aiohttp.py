"""The same with its extra: on asyncio it sends over aiohttp."""

from __future__ import annotations

from benchmarks.adapters import ours

NAME = "openrouter-stt[aiohttp]"
REQUIRES = (".[aiohttp]",)
MODULE = ours.MODULE
async_client = ours.async_client
