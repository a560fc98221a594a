"""What a client does not need is not loaded: neither by the import, nor by its first call."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = "{'anyio', 'av', 'click', 'numpy', 'openrouter_stt_api.models', 'redis', 'rich'}"
CALL = """
import openrouter_stt
try:
    client = openrouter_stt.Client("k", base_url="http://127.0.0.1:9", disable=["retry"])
    client.transcribe(b"x", model="m", format="wav")
except openrouter_stt.APIConnectionError:
    pass
"""

ASYNC_CALL = """
import asyncio, sys, threading
import trio
import openrouter_stt

found = []

class Finder:
    @staticmethod
    def find_spec(name, *_):
        if threading.current_thread() is threading.main_thread():
            found.append(name)

async def call():
    sys.meta_path.insert(0, Finder)
    try:
        await client.transcribe(b"x", model="m", format="wav")
    except openrouter_stt.APIConnectionError:
        pass

client = openrouter_stt.AsyncClient("k", base_url="http://127.0.0.1:9", disable=["retry"])
"""


def printed(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("program", "loaded"),
    [
        ("import openrouter_stt", []),
        ("import openrouter_stt; openrouter_stt.Client('k')", []),
        (CALL, ["anyio", "openrouter_stt_api.models"]),
    ],
    ids=["import", "client", "call"],
)
def test_what_is_heavy_waits_for_its_use(program: str, loaded: list[str]) -> None:
    """A call loads the API's models, of which the package's `__init__` loads none, and httpcore loads anyio."""
    assert printed(f"import sys\n{program}\nprint(sorted({HEAVY} & {{*sys.modules}}))") == str(loaded)


@pytest.mark.parametrize("run", ["asyncio.run(call())", "trio.run(call)"])
def test_an_event_loop_is_not_held_up_by_large_imports(run: str) -> None:
    """The first call has them done in threads."""
    found = {name.partition(".")[0] for name in printed(f"{ASYNC_CALL}\n{run}\nprint(*found)").split()}
    assert "openrouter_stt_api" in found
    assert found.isdisjoint({"aiohttp", "anyio", "httpcore", "ssl", "trio"})


def test_the_import_neither_loads_httpx_nor_looks_for_plugins() -> None:
    program = """
import importlib.metadata, sys
importlib.metadata.distributions = None
import openrouter_stt
print("httpx" in sys.modules)
"""
    assert printed(program) == "False"


def test_the_command_line_of_httpx_is_there_when_it_is_called() -> None:
    program = """
import sys
import openrouter_stt
openrouter_stt.Client("k")
import httpx
sys.argv = ["httpx", "--help"]
httpx.main()
"""
    assert "HTTPX" in printed(program)


def test_an_httpx_that_was_loaded_stays_as_it_was() -> None:
    program = """
import httpx
main = httpx.main
import openrouter_stt
openrouter_stt.Client("k")
print(httpx.main is main)
"""
    assert printed(program) == "True"
