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

client = Client("sk-test", base_url=sys.argv[1], autoload=False, timeout=30)
client.transcribe(WAV, model="m", language="before")
process = os.fork()
name = "parent" if process else "child"
print(name, "got", client.transcribe(WAV, model="m", language=name).text, flush=True)
if process:
    sys.exit(os.waitpid(process, 0)[1])
"""

BUSY = """
import contextlib, os, sys, threading
from openrouter_stt import Transcription
from openrouter_stt_plugins.cache import DiskCache

caches = [DiskCache(sys.argv[1] + name) for name in "ab"]
stop = threading.Event()

def write(cache):
    while not stop.is_set():
        with contextlib.suppress(TimeoutError):  # a busy cache is one that keeps nothing
            cache.cache_set("key", Transcription(text="kept", model="m"))

threads = [threading.Thread(target=write, args=(cache,)) for cache in caches for _ in range(2)]
for thread in threads:
    thread.start()
for _ in range(20):
    if not (process := os.fork()):
        os._exit({cache.cache_get("key").text for cache in caches if cache.cache_get("key")} > {"kept"})
    if os.waitpid(process, 0)[1]:
        print("a child failed")
stop.set()
for thread in threads:
    thread.join()
print(*(cache.cache_get("key").text for cache in caches))
"""

OPEN = """
import os, sys
from openrouter_stt import Transcription
from openrouter_stt_plugins.cache import DiskCache

def is_open():
    with os.scandir("/proc/self/fd") as entries:
        return any("answers.sqlite3" in os.readlink(entry) for entry in entries if os.path.lexists(entry))

cache = DiskCache(sys.argv[1])
cache.cache_set("key", Transcription(text="kept", model="m"))
print("before", is_open(), flush=True)
if not os.fork():
    print("child", is_open(), cache.cache_get("key").text, flush=True)
    os._exit(0)
os.wait()
"""

HELD = """
import os
from openrouter_stt import Transcription
from openrouter_stt_plugins.cache import MemoryCache

class Equal(MemoryCache):
    def __eq__(self, other):  # which is to make no difference, as a dataclass is equal to another
        return True

one, other = Equal(), Equal()
one.cache_set("key", Transcription(text="kept", model="m"))
with one._lock, other._lock:  # as threads may at that moment
    process = os.fork()
    if not process:
        print(one.cache_get("key").text, other.cache_get("key"), flush=True)
        os._exit(0)
    os.waitpid(process, 0)
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

WAITS = """
import os, sys, threading
from openrouter_stt import Client
from openrouter_stt._flights import _flights
from tests.support.sounds import WAV

client = Client("sk-test", base_url=sys.argv[1], autoload=False, timeout=30, cache="memory")

def transcribe():
    return client.transcribe(WAV, model="m", language="one")

client.transcribe(WAV, model="m", language="before")  # imports what it takes; an import must not be forked half-way
first = threading.Thread(target=transcribe)
first.start()
while not _flights:  # the thread has begun to ask
    pass
process = os.fork()
if process:
    sys.exit(os.waitpid(process, 0)[1] or first.join())
print("child got", transcribe().source, flush=True)
os._exit(0)
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


def _printed(script: str, *arguments: str) -> list[str]:
    """Run a script in a process of its own, as forks want it."""
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", script, *arguments]
    environment = {**os.environ, "PYTHONUNBUFFERED": ""}  # a line is written at once, not mixed with another's
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return sorted(done.stdout.splitlines())


def test_parent_and_child_get_their_own_answers(echo: str) -> None:
    """Both requests are under way at once, and a connection that both use would mix them up."""
    assert _printed(CALLS, echo) == ["child got child", "parent got parent"]


def test_a_cache_on_disk_serves_both(tmp_path: Path) -> None:
    """What the child keeps before and after the parent is done with it is there for those who come later."""
    assert _printed(KEEPS, str(tmp_path)) == ["before first parent second"]


def test_a_child_does_not_wait_for_a_thread_of_its_parent(echo: str) -> None:
    """The thread is asking when the process forks; the server answers it when the child has asked, too."""
    assert _printed(WAITS, echo) == ["child got network"]


def test_a_cache_in_memory_that_a_thread_is_using_may_be_forked() -> None:
    """The child does not wait for a thread that it has not."""
    assert _printed(HELD) == ["kept None"]


def test_a_cache_that_threads_are_writing_to_may_be_forked(tmp_path: Path) -> None:
    """No child waits for ever for what a thread of its parent held, and no file is harmed."""
    assert _printed(BUSY, str(tmp_path / "kept")) == ["kept kept"]


@pytest.mark.skipif(sys.platform != "linux", reason="Linux lists open files")
def test_no_connection_of_a_cache_comes_into_a_child(tmp_path: Path) -> None:
    """SQLite's connections must not even be closed there; the child opens its own."""
    assert _printed(OPEN, str(tmp_path)) == ["before True", "child False kept"]
