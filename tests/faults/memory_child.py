"""Print how many bytes of memory a call to a hostile address adds; run as `python -m ... WORLD URL IDLE`."""

from __future__ import annotations

import contextlib
import sys

from openrouter_stt import STTError
from tests.support.memory_child import peak
from tests.support.sounds import WAV
from tests.support.worlds import world_named


def main(name: str, url: str, idle: str) -> None:
    with world_named(name) as world:
        world.client(base_url=idle).transcribe(WAV)  # imports, threads and buffers are there after this
        before = peak()
        with contextlib.suppress(STTError):
            world.client(base_url=url, disable=["retry"], timeout=60).transcribe(WAV)
        sys.stdout.write(str(peak() - before))


if __name__ == "__main__":
    main(*sys.argv[1:])
