"""httpx by hand, with the whole request in memory."""

from __future__ import annotations

from benchmarks.adapters import KEY, Async, Source, Sync, document

NAME = "httpx, json="
REQUIRES = ("httpx==0.28.1",)
MODULE = "httpx"
HEADERS = {"Authorization": f"Bearer {KEY}"}


def sync_client(url: str) -> Sync:
    import httpx

    client = httpx.Client(headers=HEADERS, timeout=600)

    def transcribe(source: Source) -> str:
        response = client.post(f"{url}/audio/transcriptions", json=document(source))
        text: str = response.raise_for_status().json()["text"]
        return text

    return transcribe


def async_client(url: str, connections: int = 100) -> Async:
    import httpx

    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    client = httpx.AsyncClient(headers=HEADERS, timeout=600, limits=limits)

    async def transcribe(source: Source) -> str:
        response = await client.post(f"{url}/audio/transcriptions", json=document(source))
        text: str = response.raise_for_status().json()["text"]
        return text

    return transcribe
