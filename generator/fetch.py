"""Fetch one address, and nothing else: no other host, no address that is found in what was fetched."""

from __future__ import annotations

import asyncio

import httpx

from generator.refusal import Refusal

_REDIRECTS = 5
_HEADERS = {
    "Accept": "text/markdown, application/yaml, application/json, */*;q=0.1",
    "Accept-Encoding": "identity",  # what is not compressed cannot grow
    "User-Agent": "openrouter-stt-generator",
}


def fetch(address: str, *, largest: int, timeout: float) -> bytes:
    """Return what stands at an http or https address: at most ``largest`` bytes, within ``timeout`` seconds in all.

    At most five redirects are followed, on the same host and port, or from http to https. Raises Refusal for every
    status but 200, for HTML, for content that is compressed, too large or perhaps cut off, and for an address with a
    password.
    """
    return asyncio.run(_fetch(_parsed(address, ""), largest, timeout))


async def _fetch(url: httpx.URL, largest: int, timeout: float) -> bytes:
    try:
        # One deadline over all of it: httpx limits each wait by itself, so a server that drips would never end.
        async with asyncio.timeout(timeout):
            return await _followed(url, largest)
    except TimeoutError as error:
        raise Refusal(f"{url}: no complete answer within {timeout:g} s; try again later") from error
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        words = str(error) or type(error).__name__
        raise Refusal(f"{url}: cannot be fetched: {words}") from error


async def _followed(url: httpx.URL, largest: int) -> bytes:
    for _ in range(_REDIRECTS + 1):
        found = await _answer(url, largest)
        if isinstance(found, bytes):
            return found
        url = found
    raise Refusal(f"{url}: more than {_REDIRECTS} redirects; give the last address")


async def _answer(url: httpx.URL, largest: int) -> bytes | httpx.URL:
    """Return the content, or where it is said to be; each time by a client of its own, which has no cookies."""
    async with (
        httpx.AsyncClient(headers=_HEADERS, timeout=None) as client,  # noqa: S113  # the deadline is around it
        client.stream("GET", url) as response,
    ):
        if response.has_redirect_location:
            return _next(url, response.headers["Location"])
        _require_document(url, response)
        return await _content(url, response, largest)


def _require_document(url: httpx.URL, response: httpx.Response) -> None:
    if response.status_code != httpx.codes.OK:
        reason = response.reason_phrase[:100]
        raise Refusal(f"{url}: the server answered {response.status_code} {reason}; is the address right?")
    if "html" in response.headers.get("Content-Type", "").lower():
        raise Refusal(f"{url}: an HTML page; give the address of its Markdown source or of the document")
    if (encoding := response.headers.get("Content-Encoding", "identity").lower()) != "identity":
        raise Refusal(f"{url}: compressed ({encoding}) though not asked to be; download it yourself")
    # RFC 9112, section 6.3: what ends where the connection does may have been cut off at a line's end.
    if not {"Content-Length", "Transfer-Encoding"} & {name.title() for name in response.headers}:
        raise Refusal(f"{url}: no Content-Length, so a cut cannot be told from the end; download it yourself")


async def _content(url: httpx.URL, response: httpx.Response, largest: int) -> bytes:
    content = bytearray()
    async for block in response.aiter_raw():
        content += block
        if len(content) > largest:
            raise Refusal(f"{url}: more than {largest} bytes, the largest_document of generator/config.toml")
    return bytes(content)


def _next(url: httpx.URL, location: str) -> httpx.URL:
    target = _parsed(str(url.join(location)), f"{url}: redirected: ")
    upgraded = (url.scheme, target.scheme) == ("http", "https")
    if target.host != url.host or (not upgraded and (target.scheme, target.port) != (url.scheme, url.port)):
        there = f"{target.scheme}://{target.netloc.decode('ascii')}"
        raise Refusal(f"{url}: redirected to {there}; give that address if you trust it")
    return target


def _parsed(address: str, before: str) -> httpx.URL:
    try:
        url = httpx.URL(address)
    except (httpx.InvalidURL, ValueError) as error:
        raise Refusal(f"{before}{address}: no address: {error}") from error
    if url.userinfo:
        raise Refusal(f"{before}{url.host}: an address with a user or password, which would be written down")
    if url.scheme not in {"http", "https"} or not url.host:
        raise Refusal(f"{before}{address}: only http and https addresses of a host can be fetched")
    return url
