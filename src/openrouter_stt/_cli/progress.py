"""A sign of life on a terminal while a file is transcribed: a spinner, and a bar where there are several files."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import click

from .report import one_line

_WITHOUT_CURSOR: Final = ("dumb", "unknown")


@contextmanager
def working(name: str, done: int, total: int, *, shown: bool) -> Iterator[Callable[[str], None]]:
    """Show on standard error that `name` is in work, after `done` of `total` files.

    It is only `shown` on a terminal, and gone when the block ends, so that results and messages have their lines for
    themselves. The block is given a function that prints a line meanwhile.
    """
    if not shown or not sys.stderr.isatty() or os.environ.get("TERM") in _WITHOUT_CURSOR:
        yield partial(click.echo, err=True)
        return
    from rich import progress as rich
    from rich.console import Console
    from rich.table import Column

    console = Console(stderr=True)
    several: list[rich.ProgressColumn] = [rich.BarColumn(16), rich.MofNCompleteColumn()] if total > 1 else []
    columns: list[rich.ProgressColumn] = [
        rich.SpinnerColumn(),
        *several,
        rich.TextColumn(
            "{task.description}",
            markup=False,
            table_column=Column(no_wrap=True, overflow="ellipsis", max_width=40),
        ),
        rich.TimeElapsedColumn(),
    ]
    with rich.Progress(
        *columns,
        console=console,
        transient=True,
        redirect_stdout=False,  # else results would go to standard error, this console's stream
        redirect_stderr=False,
    ) as progress:
        progress.add_task(one_line(Path(name).name), completed=done, total=total)
        yield partial(console.print, markup=False, emoji=False, highlight=False, soft_wrap=True)
