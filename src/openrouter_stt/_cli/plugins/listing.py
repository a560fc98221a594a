"""`openrouter-stt plugins list`: a line for each plugin."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import attrs
import click

from ..report import one_line, write_line
from .survey import Row, Survey

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


@click.command("list")
@as_json_option
def list_command(as_json: bool) -> None:
    """List plugins in the order in which they are asked, and say of each whether it is used.

    The environment decides: OPENROUTER_STT_DISABLE_PLUGINS names plugins to leave out, OPENROUTER_STT_PLUGINS the
    only installed ones to use, and OPENROUTER_STT_AUTOLOAD=0 turns installed ones off.
    """
    rows = Survey.of(is_async=False).rows()
    if as_json:
        write_line(json.dumps([attrs.asdict(row) for row in rows], indent=2))
    else:
        write_table(rows)


def write_table(rows: Iterable[Row]) -> None:
    """Print the plugins in columns, under a heading."""
    heading = ("ORDER", "NAME", "DISTRIBUTION", "VERSION", "HOOKS", "STATE")
    write_columns([heading, *(_cells(row) for row in rows)])


def write_columns(lines: Sequence[Sequence[str]]) -> None:
    """Print each line's cells, as wide as the widest of their column."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for cells in lines:
        write_line("  ".join(f"{cell:{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip())


def _cells(row: Row) -> tuple[str, ...]:
    state = "enabled" if row.reason is None else f"off: {one_line(row.reason)}"
    order = "-" if row.order is None else str(row.order)
    return order, row.name, row.distribution, row.version, ", ".join(row.hooks) or "-", state
