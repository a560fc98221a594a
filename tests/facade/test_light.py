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
