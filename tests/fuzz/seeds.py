"""Where fuzzing begins: real answers, real files of every format, and what went wrong before."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path

from openrouter_stt import Transcription, Usage
from tests.plugins.audio_files import RECIPES, make

HELLO = (Path(__file__).parents[2] / "samples" / "hello.wav").read_bytes()
USAGE = {"cost": 0.0005, "seconds": 9.2, "input_tokens": 83, "output_tokens": 30, "total_tokens": 113}
SEGMENTS = [{"id": 0, "start": 0.0, "end": 1.5, "text": "Hello", "tokens": [1, 2]}]
ANSWERS = (
    {"text": "Hello, world.", "usage": USAGE},
    {"text": "caf\u00e9 \ud83c\udfa7 sk-or-v1-fuzz", "task": "transcribe", "segments": SEGMENTS},
    {"error": {"code": 429, "message": "Rate limit\u2028exceeded sk-or-v1-fuzz", "metadata": {"raw": "{}"}}},
    {"error": {"code": "503", "message": 7}, "user_id": None, "text": ""},
)
KEPT = Transcription(text="Hello", model="openai/whisper-1", usage=Usage(**USAGE), generation_id="gen-1")  # type: ignore[arg-type]


def wait() -> Iterator[bytes]:
    yield from (
        b"120",
        b"1.5",
        b"1e3",
        b"-1",
        b"nan",
        b"Sun, 06 Nov 2044 08:49:37 GMT",
        b"Sunday, 06-Nov-94 08:49:37 GMT",
    )


def answer() -> Iterator[bytes]:
    for status, stated in enumerate(ANSWERS):
        yield bytes([status]) + b"2\n" + json.dumps(stated).encode()
    yield b"\x00\n<html>"
    yield b"\x03Sun, 06 Nov 2044 08:49:37 GMT\n"


def document() -> Iterator[bytes]:
    for stated in ANSWERS:
        yield json.dumps(stated).encode()
        yield json.dumps(stated).encode("utf-16")
    yield b'{"a":[' * 40 + b"]}" * 40
    yield b'{"text": NaN, "n": 1e400, "t": "\\ud800"}'


def compression() -> Iterator[bytes]:
    body = json.dumps(ANSWERS[0]).encode()
    yield b"gzip\n" + gzip.compress(body)
    yield b"deflate\n" + zlib.compress(body)
    yield b"deflate, gzip\n" + gzip.compress(zlib.compress(body)[2:-4])
    yield b"gzip\n" + gzip.compress(bytes(9000)) * 2
    yield b"br, identity\n" + body


def kept_answer() -> Iterator[bytes]:
    yield json.dumps(KEPT.to_dict()).encode()
    yield json.dumps(KEPT.to_dict() | {"response": ANSWERS[1]}).encode()
    yield b'{"text": 1}'


def kept_file() -> Iterator[bytes]:
    for place in (0, 18, 60, 68, 100, 105, 4096, 8192, 12288):
        yield place.to_bytes(3) + b"\x01"


def secrets() -> Iterator[bytes]:
    yield b"sk-or-v1-0123\nIncorrect API key: sk-or-v1-0123"
    yield b"aaaaaaaa\naaaa"


def personal() -> Iterator[bytes]:
    yield b"Call 555-867-5309 or write to me@example.com, IBAN GB82 WEST 1234 5698 7654 32."
    yield "Ring +44 20 7946 0958, \u0661\u0662 from 192.168.0.1 or ::1, 078-05-1120".encode()


def recording() -> Iterator[bytes]:
    yield HELLO[:600]
    for kind in RECIPES:
        whole = make(kind, channels=2, duration=0.1)
        yield whole[:1500] + whole[-200:]
    yield from (b"%PDF-1.7", b"<html>", b'{"a": 1}', b"PK\x03\x04")


def samples() -> Iterator[bytes]:
    for kind in range(6):
        yield (16000).to_bytes(3) + bytes([1, kind]) + bytes(48)
    yield bytes(5)
