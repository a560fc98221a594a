"""Fuzz each target in a process of its own: `python -m tests.fuzz [--seconds 60] [TARGET ...]`."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fuzz import seeds
from tests.fuzz.targets import TARGETS

MEMORY = Path("/dev/shm")  # noqa: S108  a disk that is waited for lets little be tried
LIMITS = ("-timeout=20", "-rss_limit_mb=1024", "-max_len=8192", "-print_final_stats=1")


def fuzz(target: str, seconds: float, folder: Path) -> bool:
    """Run one target for a time, and tell whether all held."""
    corpus = folder / target
    corpus.mkdir(parents=True)
    for number, seed in enumerate(getattr(seeds, target)()):
        (corpus / str(number)).write_bytes(seed)
    options = (f"-max_total_time={seconds:g}", f"-artifact_prefix={folder}/{target}-", *LIMITS)
    command = [sys.executable, "-m", "tests.fuzz.one", target, *options, str(corpus)]
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as place:  # libFuzzer cleans nothing up
        done = subprocess.run(
            command,
            check=False,
            env=os.environ | {"TMPDIR": place},
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
    runs = [line.split()[-1] for line in done.stderr.splitlines() if line.startswith("stat::number_of_executed_units")]
    print(f"{target}: {'held' if done.returncode == 0 else 'FAILED'}, {''.join(runs) or '?'} inputs", flush=True)
    if done.returncode:
        print(done.stderr[-6000:])
    return done.returncode == 0


def main() -> int:
    """Run what is asked for; what broke a target is kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=main.__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="for each target")
    parser.add_argument("targets", nargs="*", choices=[*TARGETS, []], default=[], metavar="TARGET")
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    held = [fuzz(target, asked.seconds, folder) for target in asked.targets or TARGETS]
    if all(held):
        shutil.rmtree(folder)
        return 0
    print(f"what broke them is in {folder}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
