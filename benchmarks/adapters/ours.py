"""What this repository is, with its built-in plugins."""

from __future__ import annotations

from benchmarks.adapters import KEY, MODEL, Async, Source, Sync

NAME = "openrouter-stt"
REQUIRES = (".",)
MODULE = "openrouter_stt"


def sync_client(url: str) -> Sync:
    from openrouter_stt import Client

    client = Client(KEY, base_url=url)

    def transcribe(source: Source) -> str:
        return client.transcribe(source, model=MODEL).text

    return transcribe


def async_client(url: str) -> Async:
    from openrouter_stt import AsyncClient

    client = AsyncClient(KEY, base_url=url)

    async def transcribe(source: Source) -> str:
        return (await client.transcribe(source, model=MODEL)).text

    return transcribe
