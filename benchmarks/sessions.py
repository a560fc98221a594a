"""Talks to workers: a process for each client, which waits while another one is measured."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import track

from benchmarks import adapters, environments
from benchmarks.environments import ROOT

T = TypeVar("T")
draw = random.Random(1)  # noqa: S311  an order, no secret
console = Console(stderr=True)


@dataclass
class Session:
    """A worker that is asked one thing after another."""

    process: subprocess.Popen[str]

    def ask(self, question: str, *arguments: object) -> Any:
        assert self.process.stdin is not None  # noqa: S101  a pipe
        assert self.process.stdout is not None  # noqa: S101  a pipe
        self.process.stdin.write(json.dumps([question, *arguments]) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.process.args!r}: no answer to {question}")
        return json.loads(line)


@dataclass
class Bench:
    """What all measures need: where the server is, where recordings are, and how a client's interpreter is found."""

    url: str
    folder: Path
    python_of: Callable[[str], Path] = environments.python_of

    @contextmanager
    def session(self, name: str, url: str = "") -> Iterator[Session]:
        command = [str(self.python_of(name)), "-m", "benchmarks.worker", name, url or self.url]
        with subprocess.Popen(  # noqa: S603  ours
            command,
            cwd=ROOT,
            env=environments.surroundings(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            yield Session(process)
            assert process.stdin is not None  # noqa: S101  a pipe
            process.stdin.close()

    def fresh(self, name: str, question: str, arguments: Sequence[object] = (), url: str = "") -> Any:
        """Ask a process of its own."""
        with self.session(name, url) as session:
            return session.ask(question, *arguments)

    def in_turn(
        self, what: str, names: Sequence[T], rounds: int, ask: Callable[[T], Any], spare: int = 1
    ) -> dict[T, list[Any]]:
        """Ask all, round after round and each time in another order; the first rounds are not counted."""
        answers: dict[T, list[Any]] = {name: [] for name in names}
        for number in progress(range(rounds + spare), what):
            for name in draw.sample(names, len(names)):
                answer = ask(name)
                if number >= spare:
                    answers[name].append(answer)
        return answers

    def sessions_in_turn(
        self, what: str, pairs: Sequence[tuple[str, str]], rounds: int, times: int
    ) -> dict[tuple[str, str], list[float]]:
        """Let clients, each in a world of "sync" or "async", make so many small calls in turn; CPU seconds of one."""
        with ExitStack() as stack:
            open_ = {name: stack.enter_context(self.session(name)) for name in dict.fromkeys(name for name, _ in pairs)}
            return self.in_turn(what, pairs, rounds, lambda pair: open_[pair[0]].ask("small", pair[1], times))

    def recording(self, size: int) -> str:
        """Return the path of a recording of so many bytes; of a very large one the end is a hole."""
        from benchmarks.worker import header, wav

        path = self.folder / f"{size}.wav"
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(wav(size) if size < 500_000_000 else header(size))
            os.truncate(path, size)
            os.utime(path, (0, 0))  # as a file that nobody has just written
        return str(path)


def progress(rounds: Iterable[T], what: str) -> Iterable[T]:
    return track(list(rounds), what, console=console, disable=not sys.stderr.isatty(), transient=False)


def in_process(function: Callable[..., T], *arguments: object) -> T:
    """Call a function in a new process: one is quick and another slow on some machines, whatever it does."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def pairs(names: Iterable[str]) -> list[tuple[str, str]]:
    return [(name, world) for name in names for world in adapters.worlds(name)]
