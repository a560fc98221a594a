"""Which transport the async client has: aiohttp's where it is installed and can do what is asked, else httpx's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, version
from ssl import SSLContext
from typing import TYPE_CHECKING, Final
from urllib.request import getproxies

import attrs
import httpx

from ._answer import Reply
from ._aside import aside
from ._loops import OfOneLoop
from ._settings import switched_on
from ._translate import settings_in_our_words
from ._transport import AsyncTransport, Transport
from ._trust import trusted
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
    _over_aiohttp: OfOneLoop[AiohttpTransport] = attrs.field(init=False)
    _proxied: bool = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        begin = partial(_begun, self._over_httpx.now, self._trust_env)
        self._over_aiohttp = OfOneLoop(begin, lambda transport: transport.forget())
        self._proxied = self._trust_env and not getproxies().keys().isdisjoint(("http", "https", "all"))

    async def send(self, request: Request, url: str, headers: Mapping[str, str], deadline: float) -> Reply:
        if self._proxied or not _on_asyncio():
            return await self._over_httpx.send(request, url, headers, deadline)
        transport = await self._over_aiohttp.get(deadline - self._over_httpx.now())
        return await transport.send(request, url, headers, deadline)

    async def close(self) -> None:
        await self._over_httpx.close()
        transport = self._over_aiohttp.close()
        if transport is not None:
            await transport.close()


async def _begun(now: Callable[[], float], trust_env: bool) -> AiohttpTransport:
    open_, certificates = await aside(partial(_prepared, trust_env))
    return open_(now, certificates)


def _prepared(trust_env: bool) -> tuple[Callable[..., AiohttpTransport], SSLContext]:
    """Do what would hold an event loop up: aiohttp takes longer to import than httpx."""
    from ._aiohttp import opened

    with settings_in_our_words():
        return opened, trusted(trust_env)


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
