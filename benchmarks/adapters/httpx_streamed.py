"""httpx by hand, with a body that is read and encoded as it is sent; in the event loop's thread where there is one."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Iterator
from typing import BinaryIO

from benchmarks.adapters import MODEL, Async, Source, Sync
from benchmarks.adapters.httpx_json import HEADERS

NAME = "httpx, streamed"
REQUIRES = ("httpx==0.28.1", "pybase64==1.5.1")
MODULE = "httpx"
BLOCK = 3 * 256 * 1024
PREFIX = f'{{"model":"{MODEL}","input_audio":{{"format":"wav","data":"'.encode()
SUFFIX = b'"}}'


def opened(source: Source) -> BinaryIO:
    return io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")


def size(source: Source) -> int:
    audio = len(source) if isinstance(source, bytes) else source.stat().st_size
    return len(PREFIX) + 4 * -(-audio // 3) + len(SUFFIX)


def blocks(source: Source) -> Iterator[bytes]:
    import pybase64

    yield PREFIX
    with opened(source) as file:
        while block := file.read(BLOCK):
            yield pybase64.b64encode(block)
    yield SUFFIX


async def async_blocks(source: Source) -> AsyncIterator[bytes]:
    for block in blocks(source):
        yield block


def headers(source: Source) -> dict[str, str]:
    return {"Content-Type": "application/json", "Content-Length": str(size(source))}


def sync_client(url: str) -> Sync:
    import httpx

    client = httpx.Client(headers=HEADERS, timeout=600)

    def transcribe(source: Source) -> str:
        response = client.post(f"{url}/audio/transcriptions", content=blocks(source), headers=headers(source))
        text: str = response.raise_for_status().json()["text"]
        return text

    return transcribe


def async_client(url: str) -> Async:
    import httpx

    client = httpx.AsyncClient(headers=HEADERS, timeout=600)

    async def transcribe(source: Source) -> str:
        content = async_blocks(source)
        response = await client.post(f"{url}/audio/transcriptions", content=content, headers=headers(source))
        text: str = response.raise_for_status().json()["text"]
        return text

    return transcribe
