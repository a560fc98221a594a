"""A client and a cache that were used before a fork serve both processes after it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support.spec import ROOT

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="POSIX alone forks")

CALLS = """
import os, sys
from openrouter_stt import Client
from tests.support.sounds import WAV

client = Client("sk-test", base_url=sys.argv[1], autoload=False, timeout=5)
client.transcribe(WAV, model="m", language="before")
process = os.fork()
name = "parent" if process else "child"
print(name, "got", client.transcribe(WAV, model="m", language=name).text, flush=True)
if process:
    sys.exit(os.waitpid(process, 0)[1])
"""

KEEPS = """
import os, sys
from openrouter_stt import Transcription
from openrouter_stt_plugins.cache import DiskCache

def keep(name):
    cache.cache_set(name, Transcription(text=name, model="m"))

cache = DiskCache(sys.argv[1])
keep("before")
(child_waits, go), (parent_waits, begun) = os.pipe(), os.pipe()
process = os.fork()
if process:
    os.read(parent_waits, 1)
    keep("parent")
    cache.close()
    os.write(go, b".")
    status = os.waitpid(process, 0)[1]
    later = DiskCache(sys.argv[1])
    print(*(name for name in ("before", "first", "parent", "second") if later.cache_get(name)))
    sys.exit(status)
keep("first")
os.write(begun, b".")
os.read(child_waits, 1)
keep("second")
"""


class _Echo(BaseHTTPRequestHandler):
    """Answers with the language asked for, when two requests have come in since the first."""

    protocol_version = "HTTP/1.1"
    both = threading.Barrier(2, timeout=5)

    def do_POST(self) -> None:
        language = json.loads(self.rfile.read(int(self.headers["content-length"])))["language"]
        if language != "before":
            self.both.wait()
        body = json.dumps({"text": language}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Tests print nothing."""


@pytest.fixture
def echo() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Echo) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def _printed(script: str, argument: str) -> list[str]:
    """Run a script in a process without threads, as forks want it."""
    done = subprocess.run(
        [sys.executable, "-c", script, argument], cwd=ROOT, check=False, capture_output=True, text=True, timeout=20
    )
    assert (done.returncode, done.stderr) == (0, "")
    return sorted(done.stdout.splitlines())


def test_parent_and_child_get_their_own_answers(echo: str) -> None:
    """Both requests are under way at once, and a connection that both use would mix them up."""
    assert _printed(CALLS, echo) == ["child got child", "parent got parent"]


def test_a_cache_on_disk_serves_both(tmp_path: Path) -> None:
    """What the child keeps before and after the parent is done with it is there for those who come later."""
    assert _printed(KEEPS, str(tmp_path)) == ["before first parent second"]
