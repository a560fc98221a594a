"""Transcribe a short recording with a cache on disk, in a process of its own.

Run as `python -m tests.support.claiming_child URL FOLDER`; prints where the answer came from.
"""

from __future__ import annotations

import sys

from openrouter_stt import Client
from tests.support.sounds import WAV
from tests.support.worlds import MODEL


def main(url: str, folder: str) -> None:
    with Client("sk-test", base_url=url, cache=folder, autoload=False) as client:
        sys.stdout.write(client.transcribe(WAV, model=MODEL).source)


if __name__ == "__main__":
    main(*sys.argv[1:])
