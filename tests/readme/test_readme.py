"""The README's Python runs as it is written, against a server on loopback and the engine on this machine."""

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import av
import pytest

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(
    r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
)


class Recogniser(BaseHTTPRequestHandler):
    """Answers every request with the same text."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = json.dumps({"text": f"um, {asked['model']} heard you"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""


@pytest.fixture
def _surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """What a reader of the README has: a key, a recording of that name, the samples, and a server."""
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    _write_mp3(tmp_path / "talk.mp3")
    monkeypatch.chdir(tmp_path)
    with HTTPServer(("127.0.0.1", 0), Recogniser) as server:
        monkeypatch.setenv("OPENROUTER_API_KEY", "sk-or-test")
        monkeypatch.setenv("OPENROUTER_BASE_URL", f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()


def _write_mp3(path: Path) -> None:
    with av.open(ROOT / "samples" / "hello.wav") as recording, av.open(path, "w") as target:
        stream = target.add_stream("mp3", rate=16_000)
        for frame in recording.decode(audio=0):
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))


@pytest.mark.usefixtures("_surroundings")
@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_block_runs(block: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every block runs, and what it defines without calling it is called."""
    names: dict[str, Any] = {}
    exec(compile(block, "README.md", "exec"), names)  # noqa: S102  our own README
    if "main" in names:
        import asyncio

        asyncio.run(names["main"]())
    if "def transcribe" in block:
        assert names["transcribe"]("talk.mp3") == "um, openai/whisper-large-v3 heard you"
        assert names["transcribe"]("nothing.mp3") is None
    assert "Traceback" not in capsys.readouterr().err


def test_every_promise_of_the_first_screen_is_there() -> None:
    """The first screen installs, imports and transcribes in at most eight lines of code."""
    first = BLOCKS[0].strip().splitlines()
    assert len(first) <= 8
    assert "from openrouter_stt import Client" in first
