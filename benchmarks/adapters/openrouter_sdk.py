"""OpenRouter's own SDK."""

from __future__ import annotations

from benchmarks.adapters import KEY, Async, Source, Sync, document

NAME = "openrouter"
REQUIRES = ("openrouter==1.3.84",)
MODULE = "openrouter"


def sync_client(url: str) -> Sync:
    from openrouter import OpenRouter

    client = OpenRouter(api_key=KEY, server_url=url)

    def transcribe(source: Source) -> str:
        return client.stt.create_transcription(**document(source)).text

    return transcribe


def async_client(url: str) -> Async:
    from openrouter import OpenRouter

    client = OpenRouter(api_key=KEY, server_url=url)

    async def transcribe(source: Source) -> str:
        return (await client.stt.create_transcription_async(**document(source))).text

    return transcribe
