"""Groq's SDK, which sends the file as a form (multipart), without base64."""

from __future__ import annotations

from benchmarks.adapters import KEY, MODEL, Async, Source, Sync, multipart

NAME = "groq (multipart)"
REQUIRES = ("groq==1.7.0",)
MODULE = "groq"


def sync_client(url: str) -> Sync:
    from groq import Groq

    client = Groq(api_key=KEY, base_url=url)

    def transcribe(source: Source) -> str:
        return client.audio.transcriptions.create(file=multipart(source), model=MODEL).text

    return transcribe


def async_client(url: str) -> Async:
    from groq import AsyncGroq

    client = AsyncGroq(api_key=KEY, base_url=url)

    async def transcribe(source: Source) -> str:
        return (await client.audio.transcriptions.create(file=multipart(source), model=MODEL)).text

    return transcribe
