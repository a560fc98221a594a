"""Which transport the async client has: aiohttp's where it is installed and can do what is asked, else httpx's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Final
from urllib.request import getproxies

import attrs
import httpx

from ._answer import Reply
from ._runtime import in_thread
from ._settings import switched_on
from ._transport import AsyncTransport, Transport
from ._wire import Request

if TYPE_CHECKING:
    from ._aiohttp import AiohttpTransport

LOWEST: Final = (3, 14)  # of aiohttp


def chosen_transport(
    now: Callable[[], float], transport: httpx.AsyncBaseTransport | None, trust_env: bool
) -> Transport:
    """Return the transport of an async client; one that it was given is always httpx's."""
    over_httpx = AsyncTransport(now, transport, trust_env)
    wanted = transport is None and switched_on("OPENROUTER_STT_AIOHTTP", default=True)
    return Chosen(over_httpx, trust_env) if wanted and _is_installed() else over_httpx


@attrs.define
class Chosen:
    """Sends over aiohttp on asyncio; over httpx on trio, and where the environment names proxies, SOCKS included."""

    _over_httpx: AsyncTransport
    _trust_env: bool
    _over_aiohttp: AiohttpTransport | None = attrs.field(default=None, init=False)
    _proxied: bool = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._proxied = self._trust_env and not getproxies().keys().isdisjoint(("http", "https", "all"))

    async def send(self, request: Request, url: str, headers: Mapping[str, str], deadline: float) -> Reply:
        transport = self._over_httpx if self._proxied or not _on_asyncio() else await self._aiohttp()
        return await transport.send(request, url, headers, deadline)

    async def close(self) -> None:
        await self._over_httpx.close()
        if self._over_aiohttp is not None:
            await self._over_aiohttp.close()

    async def _aiohttp(self) -> AiohttpTransport:
        if self._over_aiohttp is None:
            make = await in_thread(_imported)
            self._over_httpx.permit()
            if self._over_aiohttp is None:
                self._over_aiohttp = make(self._over_httpx.now, self._trust_env)
        return self._over_aiohttp


def _imported() -> type[AiohttpTransport]:
    """Import it late and in a thread: it takes longer than httpx, and would hold the event loop up."""
    from ._aiohttp import AiohttpTransport

    return AiohttpTransport


@cache
def _is_installed() -> bool:
    try:
        return tuple(int(part) for part in version("aiohttp").split(".")[:2]) >= LOWEST
    except (PackageNotFoundError, ValueError):
        return False


def _on_asyncio() -> bool:
    try:
        return asyncio.current_task() is not None
    except RuntimeError:
        return False
