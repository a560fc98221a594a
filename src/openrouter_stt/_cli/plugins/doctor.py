"""`openrouter-stt plugins doctor`: what is wrong with the plugins, and what to do about it."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Sequence
from time import perf_counter
from typing import Any, Final

import attrs
import click

from ..._faults import FaultError
from ..._hookspecs import HookSpecs
from ..._installed import discovered, distribution, imported, installed
from ..._plugins import BUILTINS, Plugin, Selection, nobodys, stated_name
from ..._registry import Registry, contracts, marked
from ..report import one_line, write_line
from .listing import as_json_option, write_table
from .survey import Survey

SLOW_IMPORT: Final = 0.5  # seconds; every process that makes a client waits for it
FAULTY: Final = 1  # the exit status


@attrs.frozen
class Finding:
    """What was found of a plugin, in which hook if in one; `problem` goes on after its name."""

    plugin: str
    distribution: str | None  # name and version
    hook: str | None
    problem: str
    fix: str

    @classmethod
    def of(cls, name: str, distribution: str | None, fault: FaultError) -> Finding:
        return cls(name, distribution, fault.hook, fault.what, fault.fix)

    def __str__(self) -> str:
        origin = f" ({self.distribution})" if self.distribution else ""
        hook = f", hook {self.hook}" if self.hook else ""
        return f"plugin {self.plugin!r}{origin}{hook} {self.problem}; {self.fix}"


_HELP: Final = f"""Say what is wrong with the installed plugins, for the sync and the async client.

    A plugin is at fault that cannot be imported or takes more than {SLOW_IMPORT:g} s for it, breaks the contract of a
    hook, has a hook's function that is not marked, serves one kind of client alone, has another one's name, or is
    made for another plugin API. So is a variable of the environment that names a plugin which nobody has.

    The exit status is {FAULTY} when something is wrong. Notes, as of a built-in plugin that is replaced, are no faults.
    """


@click.command("doctor", help=_HELP)
@as_json_option
def doctor_command(as_json: bool) -> int:
    """Print the plugins, then what was found."""
    problems, notes = examination()
    rows = Survey.of(is_async=False).rows()
    if as_json:
        found: dict[str, Sequence[Any]] = {"plugins": rows, "problems": problems, "notes": notes}
        write_line(json.dumps({key: [attrs.asdict(each) for each in value] for key, value in found.items()}, indent=2))
    else:
        write_table(rows)
        write_line("")
        for kind, findings in (("problem", problems), ("note", notes)):
            for finding in findings:
                write_line(f"{kind}: {one_line(str(finding))}")
        write_line(f"{len(problems)} problem{'s' * (len(problems) > 1)}" if problems else "no problems")
    return FAULTY if problems else 0


def examination() -> tuple[list[Finding], list[Finding]]:
    """Return problems and notes."""
    selection = Selection.of((), (), autoload=True)
    problems = [*_imports(selection), *_left_out(selection)]  # first, for the time of an import
    colours = [Survey.of(is_async=is_async) for is_async in (True, False)]
    faults = {(plugin.name, fault.reason): (plugin, fault) for survey in colours for plugin, fault in survey.faults}
    problems += [Finding.of(plugin.name, plugin.distribution, fault) for plugin, fault in faults.values()]
    registry = colours[0].registry
    used = [plugin for plugin in registry.plugins if plugin.found]
    problems += [finding for plugin in used for finding in _unmarked(plugin)]
    notes = [finding for plugin in used for finding in _worth_knowing(plugin, registry)]
    return [*problems, *(Finding.of(name, None, fault) for name, fault in nobodys(selection))], notes


def _imports(selection: Selection) -> Iterator[Finding]:
    for name, point in installed().items():
        if selection.takes(name):
            started = perf_counter()
            target = imported(name)
            seconds = perf_counter() - started
            if isinstance(target, FaultError):
                yield Finding.of(name, distribution(point), target)
            elif seconds > SLOW_IMPORT:
                what = f"takes {seconds:.1f} s to import, more than {SLOW_IMPORT:g} s"
                fix = "import what is heavy in the function that needs it"
                yield Finding(name, distribution(point), None, what, fix)


def _left_out(selection: Selection) -> Iterator[Finding]:
    for point, fault in discovered().left_out:
        if selection.takes(point.name):
            yield Finding.of(point.name, distribution(point), fault)


def _unmarked(plugin: Plugin) -> Iterator[Finding]:
    """Find functions with a hook's name and arguments; of classes derived from `HookSpecs` the client refuses them."""
    own = marked(plugin.target)
    for hook, (_, arguments) in contracts().items():
        function: Any = getattr(plugin.target, hook, None)
        is_function = inspect.isfunction(function) or inspect.ismethod(function)
        if is_function and hook not in own and not isinstance(plugin.target, HookSpecs):
            taken = inspect.signature(function).parameters.keys()
            if taken and taken <= {*arguments}:
                fix = "put @hookimpl above the function, or give it another name"
                yield Finding(plugin.name, plugin.distribution, hook, "is not marked", fix)


def _worth_knowing(plugin: Plugin, registry: Registry) -> Iterator[Finding]:
    if plugin.name in BUILTINS:
        fix = "give it another name if that is not meant"
        yield Finding(plugin.name, plugin.distribution, None, "replaces the built-in plugin of its name", fix)
    stated = stated_name(plugin.target)
    if stated != plugin.name and (stated or not inspect.ismodule(plugin.target)):  # a module is known without one
        name = f"the name {stated!r}" if stated else "no name"
        what = f"states {name}, so that one made with settings runs beside it"
        yield Finding(plugin.name, plugin.distribution, None, what, f"write `name = {plugin.name!r}` in it")
    for hook in registry.hooks.values():
        proceeds = [1 in impl.positions for impl in hook.impls if impl.plugin == plugin.name]
        if hook.contract.kind == "around" and not all(proceeds):
            what = "takes no `proceed`, so that nothing inside it ever runs"
            fix = "take it and `return await proceed(...)` if that is not meant"
            yield Finding(plugin.name, plugin.distribution, hook.name, what, fix)
