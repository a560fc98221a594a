"""aiohttp by hand, with the whole request in memory; there is no sync one."""

from __future__ import annotations

from benchmarks.adapters import KEY, Async, Source, document

NAME = "aiohttp, json="
REQUIRES = ("aiohttp==3.14.5",)
MODULE = "aiohttp"


def async_client(url: str, connections: int = 100) -> Async:
    import aiohttp

    session = aiohttp.ClientSession(
        headers={"Authorization": f"Bearer {KEY}"},
        timeout=aiohttp.ClientTimeout(total=600),
        raise_for_status=True,
        connector=aiohttp.TCPConnector(limit=connections),
    )

    async def transcribe(source: Source) -> str:
        async with session.post(f"{url}/audio/transcriptions", json=document(source)) as response:
            text: str = (await response.json())["text"]
            return text

    return transcribe
