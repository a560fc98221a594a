"""What the generated code needs to know of the document besides its schemas: its server and its failures."""

from __future__ import annotations

import builtins
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from generator.document import resolve
from generator.places import at, joined
from generator.refusal import Refusal
from generator.shake import METHODS

# Without a user, a query, a fragment, or a variable that has no value.
_ADDRESS = re.compile(r"https?://[^\s{}?#@]+")
# Names of the error tree that are written by hand: a documented status must not take one of them.
_OURS = frozenset(
    {
        "APIConnectionError",
        "APIError",
        "APIResponseError",
        "APIStatusError",
        "APITimeoutError",
        "AudioError",
        "ConfigurationError",
        "PluginError",
        "STTError",
    }
)


@dataclass(frozen=True)
class Failure:
    """A documented status that is no success, with the name of its error class."""

    status: int
    name: str
    description: str


def base_url(document: dict[str, Any], operation: str) -> str:
    """Return the address of the server of an operation ("method path"), without a slash at the end.

    Raises Refusal for what no path can be appended to: the key and audio would go to a guessed address.
    """
    place = server_place(document, operation)
    url = address(at(document, place) or {})
    if not _is_usable(url):
        raise Refusal(f"{place}/url: {url!r} is no absolute http(s) address; correct it with an overlay")
    return url


def server_place(document: dict[str, Any], operation: str) -> str:
    """Return the place of the first server: an operation or its path may have others than the document."""
    method, _, path = operation.partition(" ")
    holders = (joined("/paths", path, method), joined("/paths", path), "")
    places = (f"{holder}/servers/0" for holder in holders)
    return next((place for place in places if at(document, place) is not None), "/servers/0")


def _is_usable(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(_ADDRESS.fullmatch(url) and parts.hostname and parts.port != 0)
    except ValueError:  # for the brackets of an IPv6 address, and for a port that is none
        return False


def address(server: dict[str, Any]) -> str:
    """Return the address of a server, its variables at their defaults, without a slash at the end."""
    variables = server.get("variables", {})

    def default(name: re.Match[str]) -> str:
        return str(variables[name[1]]["default"]) if name[1] in variables else name[0]

    return re.sub(r"\{([^{}]*)\}", default, str(server.get("url", ""))).rstrip("/")


def failures(document: dict[str, Any]) -> tuple[Failure, ...]:
    """Return the documented failures of all operations by status; ranges and ``default`` have no class."""
    responses: dict[int, Any] = {}
    for item in document["paths"].values():
        for method in sorted(METHODS & item.keys()):
            for status, response in item[method]["responses"].items():
                if status.isdecimal() and not status.startswith("2"):
                    responses.setdefault(int(status), resolve(document, response))
    schemas = {status: _schema_name(response) for status, response in responses.items()}
    names = list(schemas.values())
    found: list[Failure] = []
    for status in sorted(responses):
        schema = schemas[status] if names.count(schemas[status]) == 1 else ""
        found.append(Failure(status, _class_name(status, schema), responses[status].get("description", "")))
    return _checked(tuple(found))


def _schema_name(response: dict[str, Any]) -> str:
    for content in response.get("content", {}).values():
        if reference := content.get("schema", {}).get("$ref"):
            return str(reference).rpartition("/")[2]
    return ""


def _class_name(status: int, schema: str) -> str:
    stem = schema.removesuffix("Response").removesuffix("Error") or _phrase(status)
    name = "".join(word[:1].upper() + word[1:] for word in re.findall(r"[A-Za-z0-9]+", stem)) + "Error"
    return f"Status{status}Error" if name in _OURS or hasattr(builtins, name) or name == "Error" else name


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase.title()
    except ValueError:
        return f"Status{status}"


def _checked(found: tuple[Failure, ...]) -> tuple[Failure, ...]:
    by_name: dict[str, int] = {}
    for failure in found:
        if (other := by_name.setdefault(failure.name, failure.status)) != failure.status:
            raise Refusal(f"responses: {other} and {failure.status} would both be {failure.name}; rename one schema")
    return found
