"""The committed package besides its endpoint: copies, clients, options, imports and size."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

import openrouter_stt_api
from generator.document import parse
from generator.project import ROOT
from generator.tree import HEADER, files
from openrouter_stt_api import DEFAULT_BASE_URL, errors, models
from openrouter_stt_api.client import AuthenticatedClient, Client
from openrouter_stt_api.options import OPTIONS, TranscriptionOptions
from openrouter_stt_api.providers import PROVIDER_SLUGS
from openrouter_stt_api.types import UNSET, Unset

SPEC = parse((ROOT / "openapi.yaml").read_text(encoding="utf-8"), "openapi.yaml")
PACKAGE = ROOT / "generated" / "openrouter_stt_api"
ENDPOINT = "openrouter_stt_api.api.stt.create_audio_transcriptions"
FIELDS: dict[str, Any] = {"model": "m", "input_audio": {"data": "UklG", "format": "wav"}}


def pickled(value: Any) -> Any:
    """The value as another process would get it."""
    return pickle.loads(pickle.dumps(value))  # noqa: S301  # our own bytes


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickled])
def test_unset_survives_copies(duplicate: Callable[[Any], Any]) -> None:
    """A copied request still leaves out what was not given."""
    assert duplicate(UNSET) is UNSET
    assert duplicate(models.STTRequest.from_dict(FIELDS)).to_dict() == FIELDS
    assert (isinstance(UNSET, Unset), bool(UNSET)) == (True, False)


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickled])
@pytest.mark.parametrize(
    "error",
    [
        errors.STTError("m", attempts=2, maybe_billed=True, retry_after=1.5, request_id="r"),
        errors.NotFoundError("m", status=404, error={"a": 1}, headers={"b": "c"}, attempts=3),
        errors.APIStatusError("m", status=499, headers=httpx.Headers({"B": "c"})),
    ],
)
def test_errors_survive_copies(error: errors.STTError, duplicate: Callable[[Any], Any]) -> None:
    """Every attribute is there on the other side of a process pool."""
    error.add_note("blame")
    other = duplicate(error)
    assert (type(other), str(other), vars(other)) == (type(error), "m", vars(error))


def test_the_repr_of_an_error_is_short() -> None:
    """Neither headers nor bodies are in it."""
    error = errors.NotFoundError("m", status=404, error={"secret": 1}, headers={"secret": "1"})
    assert repr(error) == "NotFoundError('m', status=404)"
    assert repr(errors.STTError("m")) == "STTError('m')"


def test_every_documented_status_has_a_class() -> None:
    """Others have the nearest class."""
    responses = SPEC["paths"]["/audio/transcriptions"]["post"]["responses"]
    assert {str(status) for status in errors.ERRORS} == responses.keys() - {"200"}
    assert errors.error_class(529) is errors.ProviderOverloadedError
    assert errors.error_class(418) is errors.APIStatusError


def test_the_token_is_never_shown() -> None:
    """Neither are headers and arguments that may hold secrets."""
    shown = repr(AuthenticatedClient(token="secret", headers={"a": "secret"}, httpx_args={"auth": "secret"}))
    assert "secret" not in shown
    assert DEFAULT_BASE_URL in shown


def test_clients_have_defaults_from_the_document() -> None:
    """The address of the first server, ten minutes for an answer, five seconds to connect."""
    with AuthenticatedClient(token="t") as made:
        inner = made.get_httpx_client()
    assert inner.is_closed
    assert str(inner.base_url) == "https://openrouter.ai/api/v1/"
    assert inner.timeout == httpx.Timeout(600.0, connect=5.0)
    assert inner.headers["Authorization"] == "Bearer t"


def test_with_methods_leave_the_original_alone() -> None:
    """The new client has its own connections too."""
    original = Client(headers={"a": "1"})
    inner = original.get_httpx_client()
    other = original.with_headers({"b": "2"}).with_timeout(3.0)
    assert (original.headers, dict(other.headers), other.timeout) == ({"a": "1"}, {"a": "1", "b": "2"}, 3.0)
    assert "b" not in inner.headers
    assert other.get_httpx_client() is not inner


def test_threads_share_one_connection_pool() -> None:
    """Sixteen threads that ask at once get the same client."""
    shared = Client()
    with ThreadPoolExecutor(16) as pool:
        clients = set(pool.map(lambda _: shared.get_httpx_client(), range(64)))
        clients_of_loops = set(pool.map(lambda _: shared.get_async_httpx_client(), range(64)))
    assert (len(clients), len(clients_of_loops)) == (1, 1)


def test_closing_an_unused_client_is_nothing() -> None:
    """Entering a client opens nothing, and so leaves nothing to close."""

    async def unused(client: Client) -> None:
        async with client:
            pass

    with Client() as client:
        anyio.run(unused, client)
    assert (client._client, client._async_client) == (None, None)


def test_options_follow_the_request() -> None:
    """For type checkers and for the command line alike."""
    assert [option.name for option in OPTIONS] == sorted(TranscriptionOptions.__annotations__)
    kinds = {option.name: option.kind for option in OPTIONS}
    assert kinds.items() >= {"language": "string", "provider": "json", "temperature": "number"}.items()


def test_slugs_are_those_of_the_document() -> None:
    """One mapping and a list, instead of a class for each provider."""
    assert SPEC["components"]["schemas"]["ProviderOptions"]["properties"].keys() == PROVIDER_SLUGS


@pytest.mark.parametrize(
    ("module", "loaded"),
    [
        ("openrouter_stt_api", set()),
        ("openrouter_stt_api.errors", set()),
        ("openrouter_stt_api.options", set()),
        ("openrouter_stt_api.client", set()),
        ("openrouter_stt_api.models", set()),
        (ENDPOINT, {"error_response", "stt_request", "stt_response"}),
    ],
)
def test_importing_loads_only_what_is_needed(module: str, loaded: set[str]) -> None:
    """No model is loaded before it is used, and httpx only with the client."""
    program = f"import sys, json, {module}; print(json.dumps([*sys.modules]))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=PACKAGE.parent, capture_output=True, check=True, text=True
    )
    names = json.loads(done.stdout)
    prefix = "openrouter_stt_api.models."
    assert {name.removeprefix(prefix) for name in names if name.startswith(prefix)} == loaded
    assert ("httpx" in names) == module.endswith(("client", "transcriptions"))


def test_names_are_found_lazily() -> None:
    """The packages answer for what they export, and for nothing else."""
    assert openrouter_stt_api.Client is Client
    assert all(getattr(models, name).__name__ == name for name in models.__all__)
    for module in (openrouter_stt_api, models):
        with pytest.raises(AttributeError, match="has no attribute 'absent'"):
            module.absent  # noqa: B018  # looking is the point


def test_the_tree_is_small_and_marked() -> None:
    """At most 20 files and 1,500 lines, each module with the header, and a marker of types."""
    tree = files(PACKAGE)
    assert len(tree) <= 20
    assert sum(content.count(b"\n") for content in tree.values()) <= 1500
    modules = [content for name, content in tree.items() if Path(name).suffix == ".py"]
    assert all(content.startswith(HEADER.encode()) for content in modules)
    assert "py.typed" in tree
