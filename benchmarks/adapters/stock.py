"""The client that openapi-python-client by itself makes of openapi.yaml, without our overlays and templates."""

from __future__ import annotations

from typing import Any

from benchmarks.adapters import KEY, Async, Source, Sync, document

NAME = "stock generated client"
REQUIRES = ("httpx==0.28.1", "attrs==26.1.0", "python-dateutil==2.9.0.post0")
MODULE = "stock_client.api.stt.create_audio_transcriptions"
PACKAGE = "stock_client"


def made(url: str) -> Any:
    from stock_client import AuthenticatedClient

    return AuthenticatedClient(base_url=url, token=KEY)


def sync_client(url: str) -> Sync:
    from stock_client.api.stt import create_audio_transcriptions
    from stock_client.models import STTRequest

    client = made(url)

    def transcribe(source: Source) -> str:
        answer = create_audio_transcriptions.sync(client=client, body=STTRequest.from_dict(document(source)))
        text: str = answer.text
        return text

    return transcribe


def async_client(url: str) -> Async:
    from stock_client.api.stt import create_audio_transcriptions
    from stock_client.models import STTRequest

    client = made(url)

    async def transcribe(source: Source) -> str:
        body = STTRequest.from_dict(document(source))
        answer = await create_audio_transcriptions.asyncio(client=client, body=body)
        text: str = answer.text
        return text

    return transcribe
