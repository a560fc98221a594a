"""OpenAI's SDK, which sends the file as a form (multipart), without base64."""

from __future__ import annotations

from benchmarks.adapters import KEY, MODEL, Async, Source, Sync, multipart

NAME = "openai (multipart)"
REQUIRES = ("openai==3.57.0",)
MODULE = "openai"


def sync_client(url: str) -> Sync:
    from openai import OpenAI

    client = OpenAI(api_key=KEY, base_url=url)

    def transcribe(source: Source) -> str:
        return client.audio.transcriptions.create(file=multipart(source), model=MODEL).text

    return transcribe


def async_client(url: str) -> Async:
    from openai import AsyncOpenAI

    client = AsyncOpenAI(api_key=KEY, base_url=url)

    async def transcribe(source: Source) -> str:
        return (await client.audio.transcriptions.create(file=multipart(source), model=MODEL)).text

    return transcribe
