"""Print how many bytes of memory a client adds for one file.

Run as `python -m tests.support.memory_child WORLD URL LARGE SMALL`.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tests.support.worlds import world_named


def peak() -> int:
    """Return the most memory this process ever had, in bytes; `getrusage` would count its parent's before exec."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


def main(world_name: str, url: str, large: str, small: str) -> None:
    with world_named(world_name) as world:
        client = world.client(base_url=url)
        client.transcribe(small)  # imports, threads and buffers are there after this
        before = peak()
        client.transcribe(large)
        sys.stdout.write(str(peak() - before))


if __name__ == "__main__":
    main(*sys.argv[1:])
