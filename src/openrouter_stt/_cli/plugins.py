"""`openrouter-stt plugins`: which plugins there are, what they do, and whether they are used."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from importlib import import_module
from typing import Final

import attrs
import click
import pluggy

from .._markers import PROJECT
from .._plugins import CACHE, PluginLeftOut, Selection, builtins, chosen, distribution, installed, origin
from .._registry import contracts, register
from .report import one_line, write_line

BUILT_IN: Final = "built in"


@attrs.frozen
class Row:
    """A plugin as it is listed; `reason` is why it is not used, None where it is."""

    name: str
    origin: str
    hooks: list[str]
    enabled: bool
    reason: str | None


@click.group("plugins")
def plugins_command() -> None:
    """Show the plugins that are installed."""


@plugins_command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array, for programs.")
def list_command(as_json: bool) -> None:
    """List plugins in the order in which they are asked, and say of each whether it is used.

    The environment decides: OPENROUTER_STT_DISABLE_PLUGINS names plugins to leave out, OPENROUTER_STT_PLUGINS the
    only installed ones to use, and OPENROUTER_STT_AUTOLOAD=0 turns installed ones off.
    """
    rows = list(_rows())
    if as_json:
        write_line(json.dumps([attrs.asdict(row) for row in rows], indent=2))
        return
    cells = [("NAME", "ORIGIN", "HOOKS", "STATE"), *(_cells(row) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(3)]
    for name, came_from, hooks, state in cells:
        write_line(f"{name:{widths[0]}}  {came_from:{widths[1]}}  {hooks:{widths[2]}}  {state}")


def _cells(row: Row) -> tuple[str, str, str, str]:
    state = "enabled" if row.reason is None else f"off: {one_line(row.reason)}"
    return row.name, row.origin, ", ".join(row.hooks) or "-", state


def _rows() -> Iterator[Row]:
    selection = Selection.of((), (), autoload=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        used = {plugin.origin: plugin for plugin in register(chosen(selection), is_async=False).plugins}
    broken = {each.message.origin: each.message.reason for each in caught if isinstance(each.message, PluginLeftOut)}
    for name, point in installed().items():
        plugin = used.get(origin(name))
        reason = None if plugin else broken.get(origin(name)) or _why_not(name, selection)
        yield Row(name, distribution(point), _hooks(plugin.target) if plugin else [], not reason, reason)
    for builtin in builtins():
        reason = None if builtin.origin in used else _why_not(builtin.name, selection)
        yield Row(builtin.name, BUILT_IN, _hooks(builtin.target), not reason, reason)
    yield Row("cache", BUILT_IN, _hooks(import_module(CACHE).DiskCache), False, "used where --cache names a folder")


def _why_not(name: str, selection: Selection) -> str:
    if name in selection.disabled:
        return "disabled by OPENROUTER_STT_DISABLE_PLUGINS"
    if not selection.autoload:
        return "turned off by OPENROUTER_STT_AUTOLOAD"
    if selection.only is not None and name not in selection.only:
        return "not in OPENROUTER_STT_PLUGINS"
    return "replaced by the installed plugin of this name"


def _hooks(target: object) -> list[str]:
    """Read the marks on a plugin's functions, in the order of a call."""
    manager = pluggy.PluginManager(PROJECT)
    marks = ((name, manager.parse_hookimpl_opts(target, name)) for name in dir(target))
    marked = {options["specname"] or name for name, options in marks if options is not None}
    return [name for name in contracts() if name in marked]
