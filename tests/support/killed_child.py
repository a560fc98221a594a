"""Six processes use one cache on disk, and are killed while they do; then others take their places.

Run as `python -m tests.support.killed_child FOLDER KILLS SEED`; prints a JSON object: how many `calls` were answered,
how many of them were `hits`, and what was `wrong`: answers to other questions, and errors that reached the caller.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import traceback
from typing import BinaryIO

from openrouter_stt import Audio, Call, Client, Transcription, hookimpl
from openrouter_stt_plugins.cache import DiskCache

WORKERS = 6
QUESTIONS = 40


class Engine:
    """Says of each recording what is in it, at some length."""

    name = "engine"

    @hookimpl
    def answer(self, call: Call) -> Transcription:
        return Transcription(text=said(call.audio.read()), model=call.model)


def said(data: bytes) -> str:
    return data.decode() * 200


def work(folder: str, seed: int, report: int) -> None:
    """Ask for ever; write a letter for each call."""
    rng = random.Random(seed)
    cache = DiskCache(folder, size=12_000)  # about half of the answers
    with Client("k", cache=cache, plugins=[Engine()], autoload=False, timeout=20) as client:
        while True:
            question = f"q{rng.randrange(QUESTIONS)}".encode()
            try:
                answer = client.transcribe(Audio.from_bytes(question, format="wav"), model="m")
                right = answer.text == said(question)
            except Exception:
                traceback.print_exc()
                right = False
            os.write(report, (b"h" if answer.source == "cache" else b"m") if right else b"w")


def begin(folder: str, seed: int) -> tuple[int, BinaryIO]:
    """Fork a worker; return its number and what it reports."""
    reads, writes = os.pipe()
    if process := os.fork():
        os.close(writes)
        return process, os.fdopen(reads, "rb", buffering=0)
    try:
        work(folder, seed, writes)
    finally:
        os._exit(1)


def end(worker: tuple[int, BinaryIO]) -> bytes:
    """Kill a worker, and return what it still reported."""
    process, reports = worker
    os.kill(process, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    with reports:
        return reports.read() if status == -signal.SIGKILL else b"w"


def main(folder: str, kills: str, seed: str) -> None:
    rng = random.Random(int(seed))
    Client("k", autoload=False).close()  # imports what it takes once for all
    workers = [begin(folder, rng.randrange(10**9)) for _ in range(WORKERS)]
    reported = b""
    for _ in range(int(kills)):
        index = rng.randrange(WORKERS)
        wanted = rng.randrange(1, 60)  # calls before the end of this one
        while wanted > 0 and (block := workers[index][1].read(wanted)):
            reported += block
            wanted -= len(block)
        reported += end(workers[index])
        workers[index] = begin(folder, rng.randrange(10**9))
    for worker in workers:
        reported += end(worker)
    row = {"calls": len(reported), "hits": reported.count(b"h"), "wrong": reported.count(b"w")}
    sys.stdout.write(json.dumps(row))


if __name__ == "__main__":
    main(*sys.argv[1:])
