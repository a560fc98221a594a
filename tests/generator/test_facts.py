"""The server's address and the error classes, from the document."""

from __future__ import annotations

from typing import Any

import pytest

from generator.facts import base_url, failures
from generator.refusal import Refusal


@pytest.mark.parametrize(
    ("server", "url"),
    [
        ({"url": "https://api.test/v1/"}, "https://api.test/v1"),
        ({"url": "https://{r}.test", "variables": {"r": {"default": "eu"}}}, "https://eu.test"),
        ({"url": "https://[::1]:80/v1"}, "https://[::1]:80/v1"),
    ],
)
def test_the_first_server_is_the_base_url(server: dict[str, Any], url: str) -> None:
    """Variables have their defaults, and no slash is at the end."""
    assert base_url({"servers": [server, {"url": "https://second.test"}]}, "post /x") == url


def test_an_operation_may_have_servers_of_its_own() -> None:
    """They go before those of its path, and these before those of the document."""
    document: dict[str, Any] = {"servers": [{"url": "https://a.test"}], "paths": {"/x": {"post": {}}}}
    assert base_url(document, "post /x") == "https://a.test"
    document["paths"]["/x"]["servers"] = [{"url": "https://b.test"}]
    assert base_url(document, "post /x") == "https://b.test"
    document["paths"]["/x"]["post"]["servers"] = [{"url": "https://c.test"}]
    assert base_url(document, "post /x") == "https://c.test"


NESTED = {"a": {"default": "{b}"}, "b": {"default": "evil.test/?"}}


@pytest.mark.parametrize(
    "servers",
    [
        [],
        *(
            [{"url": url}]
            for url in (
                "/v1",
                "https",
                "https://",
                "https:///v1",
                "https://{region}.test",
                "https://u:p@api.test",
                "//a.test",
            )
        ),
        *(
            [{"url": url}]
            for url in ("https://a.test?b=c", "https://a.test#b", "https://a b.test", "https://a.test:99999999")
        ),
        *([{"url": url}] for url in ("https://[::1/v1", "ftp://a.test")),
        [{"url": "https://{a}.api.test", "variables": NESTED}],
    ],
)
def test_a_server_without_an_address_is_refused(servers: list[dict[str, Any]]) -> None:
    """An address to guess at would send audio elsewhere."""
    with pytest.raises(Refusal, match=r"^/servers/0/url: .* is no absolute"):
        base_url({"servers": servers}, "post /x")


def document(**schemas: str) -> dict[str, Any]:
    """A document with these failures: s400="XResponse", or "" for an answer without a schema."""
    responses: dict[str, Any] = {"200": {}, "4XX": {}, "default": {}}
    for status, name in schemas.items():
        content = {"text/plain": {}, "application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
        responses[status[1:]] = {"description": "Why", **({"content": content} if name else {})}
    return {"paths": {"/a": {"post": {"responses": responses}}}}


@pytest.mark.parametrize(
    ("schemas", "names"),
    [
        ({"s400": "BadRequestResponse"}, ["BadRequestError"]),
        ({"s400": "bad_thing"}, ["BadThingError"]),
        ({"s400": "QuotaError"}, ["QuotaError"]),
        ({"s403": ""}, ["ForbiddenError"]),
        ({"s524": ""}, ["Status524Error"]),
        ({"s400": "Same", "s404": "Same"}, ["BadRequestError", "NotFoundError"]),
        ({"s408": "TimeoutResponse"}, ["Status408Error"]),
        ({"s500": "APIErrorResponse"}, ["Status500Error"]),
        ({"s400": "ErrorResponse"}, ["BadRequestError"]),
    ],
)
def test_errors_are_named_after_their_schema(schemas: dict[str, str], names: list[str]) -> None:
    """Without a schema of its own a status has its standard phrase; no name of Python or ours is hidden."""
    found = failures(document(**schemas))
    assert [failure.name for failure in found] == names
    assert [f"s{failure.status}" for failure in found] == list(schemas)


def test_two_errors_of_one_name_are_refused() -> None:
    """Both statuses are given."""
    with pytest.raises(Refusal, match="400 and 404 would both be NotFoundError"):
        failures(document(s400="NotFoundResponse", s404=""))
