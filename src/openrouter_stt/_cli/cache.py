"""`openrouter-stt cache`: what is in the folder of a cache, and how it is emptied."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import attrs
import click
from rich.filesize import decimal

from .._errors import ConfigurationError
from .._plugins import CACHE
from .report import Status, tell, write_line

_folder = click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))


@click.group("cache")
def cache_command() -> None:
    """Look at the folder of a cache, as `transcribe --cache` and Client(cache=...) make it, or empty it."""


@cache_command.command("info")
@_folder
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
def info_command(folder: Path, as_json: bool) -> None:
    """Print how much is in the cache in FOLDER, and how old it is."""
    with _opened(folder) as cache:
        info = cache.info()
    if as_json:
        facts = attrs.asdict(info)
        write_line(json.dumps({**facts, "oldest": _time(info.oldest), "newest": _time(info.newest)}, indent=2))
        return
    write_line(f"entries  {info.entries}")
    write_line(f"size     {decimal(info.bytes)}, files {decimal(info.file_bytes)}")
    write_line(f"oldest   {_time(info.oldest) or '-'}")
    write_line(f"newest   {_time(info.newest) or '-'}")
    write_line(f"schema   {info.schema}")


@cache_command.command("clear")
@_folder
@click.option("--yes", is_flag=True, help="Do not ask.")
def clear_command(folder: Path, yes: bool) -> Status:
    """Forget all answers in the cache in FOLDER; nothing else in it is touched.

    Programs that are using the cache go on doing so.
    """
    with _opened(folder) as cache:
        entries = cache.info().entries
        if not yes and not _agreed(f"Forget {entries} answers in {folder}?"):
            tell("nothing was forgotten")
            return Status.UNEXPECTED
        write_line(f"forgot {cache.clear()} answers")
    return Status.ANSWERED


def _agreed(question: str) -> bool:
    try:
        return click.confirm(question, err=True)
    except (click.Abort, RuntimeError):  # the latter where standard input is closed
        if sys.stdin and sys.stdin.isatty():
            raise
        click.echo(err=True)  # after the question
        raise click.UsageError("no terminal to ask; use --yes") from None


@contextmanager
def _opened(folder: Path) -> Iterator[Any]:
    """Open the cache that is there; what is none is left as it is."""
    plugin = import_module(CACHE)
    if not (folder / plugin.DATABASE).exists():
        raise click.UsageError(f"there is no cache in {folder}")
    cache = plugin.DiskCache(folder)
    try:
        yield cache
    except ConfigurationError as error:
        raise click.UsageError(str(error)) from None
    except (OSError, sqlite3.Error) as error:
        raise click.ClickException(f"the cache in {folder} cannot be used: {error}") from None
    finally:
        cache.close()


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")
