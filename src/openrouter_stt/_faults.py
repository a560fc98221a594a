"""What is wrong with a plugin, said before it is known whether that is an error, a warning or a line of a list."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final

import pluggy

from ._errors import ConfigurationError, PluginError
from ._events import Event
from ._hookspecs import HookSpecs
from ._markers import PROJECT, Contract

Contracts = Mapping[str, tuple[Contract, tuple[str, ...]]]
# What a plugin may raise before it is in use; a module that is a script ends the program, which is not its to end.
RAISED: Final = (Exception, SystemExit)
LONGEST: Final = 500  # characters of what pluggy says; it may show a plugin's repr


class FaultError(Exception):
    """A plugin that cannot be used: what is wrong, in which hook if in one, and what to do about it.

    `what` goes on after the name of the plugin or hook, as in "has no argument 'cal'".
    """

    def __init__(self, what: str, fix: str, hook: str | None = None) -> None:
        super().__init__(what, fix, hook)
        self.what = what
        self.fix = fix
        self.hook = hook

    @property
    def reason(self) -> str:
        """Say it of a plugin that was named before."""
        return f"{f'hook {self.hook}' if self.hook else 'it'} {self.what}; {self.fix}"

    def of(self, origin: str) -> PluginError:
        """Make the error that a caller gets."""
        hook = f", hook {self.hook}" if self.hook else ""
        return PluginError(f"plugin {origin}{hook} {self.what}; {self.fix}")


def not_imported(error: BaseException) -> FaultError:
    """Wrap what was raised when a plugin was imported."""
    return FaultError(f"cannot be imported: {_shown(error)}", "install what it needs, or another version of it")


def not_made(error: BaseException) -> FaultError:
    """Wrap what was raised when a plugin's class was called; its own word on its settings says what to do."""
    if isinstance(error, ConfigurationError):
        return FaultError("cannot be made as it is set up", str(error))
    return FaultError(f"cannot be made: {_shown(error)}", "a class is called without arguments; else give an object")


def not_registered(error: BaseException) -> FaultError:
    """Wrap what was raised when a plugin was registered."""
    fix = "give each object once" if isinstance(error, ValueError) else "let its attributes be read"
    return FaultError(f"cannot be registered: {_shown(error).splitlines()[0][:LONGEST]}", fix)


def refused(
    error: pluggy.PluginValidationError, target: object, marks: Mapping[str, Any], contracts: Contracts
) -> FaultError:
    """Explain why pluggy refused a plugin, whose functions have these `marks`."""
    slips = [*_slips(target, marks, contracts), not_registered(error)]
    return slips[0]


def _slips(target: object, marks: Mapping[str, Any], contracts: Contracts) -> Iterator[FaultError]:
    for attribute, mark in marks.items():
        hook = mark["specname"] or attribute
        if hook not in contracts:
            yield FaultError("does not exist", _nearest(hook, contracts, "there are"), hook)
            continue
        if mark["wrapper"] or mark["hookwrapper"]:
            yield _wrapper(hook)
        arguments = contracts[hook][1]
        for name in _demanded(getattr(target, attribute)):
            if name not in arguments:
                yield FaultError(f"has no argument {name!r}", _nearest(name, arguments, "it may take"), hook)


def in_plugin(target: object, implemented: Iterable[str], contracts: Contracts) -> FaultError | None:
    """Find what is wrong with a plugin as a whole."""
    for name in contracts:
        if isinstance(target, HookSpecs) and _unmarked(getattr(type(target), name), getattr(HookSpecs, name)):
            return FaultError("is not marked", "put @hookimpl above the function", name)
    return None if implemented else FaultError("implements no hook", "mark its functions with @hookimpl")


def in_hook(hook: str, impl: pluggy.HookImpl, contracts: Contracts) -> FaultError | None:
    """Find what is wrong with an implementation that pluggy took."""
    contract, arguments = contracts[hook]
    if impl.wrapper or impl.hookwrapper:
        return _wrapper(hook)
    if inspect.ismethod(impl.function) and (first := _first_argument(impl.function.__func__)) in arguments:
        return FaultError(f"is a method whose first argument is {first!r}", "put self before it", hook)
    if unfillable := _unfillable(impl.function):
        return FaultError(f"has an argument {unfillable!r} that no position fills", "make it a plain one", hook)
    if contract.kind == "around" and not inspect.iscoroutinefunction(impl.function):
        return FaultError("is a plain `def`", "make it an `async def`, which serves the sync client too", hook)
    return _unusable_events(hook, getattr(impl.function, "__openrouter_stt_events__", None))


def async_alone(hook: str) -> FaultError:
    """Say that a plugin has no function for the sync client."""
    return FaultError(
        "is async alone and cannot serve a sync client",
        "write it as `def` (with blocking=True if slow), or add a `def` twin marked "
        f"@hookimpl(specname={hook!r}), or use AsyncClient",
        hook,
    )


def _unusable_events(hook: str, events: object) -> FaultError | None:
    if events is None:
        return None
    if hook != "event":
        return FaultError("has events=", "leave it out, which the hook event alone may have", hook)
    if callable(events) and not isinstance(events, type):
        is_fit = not inspect.iscoroutinefunction(events) and _takes_two(events)
        fix = "make it a plain function of the plugin and an event's class"
        return None if is_fit else FaultError("has a function events= that cannot be asked", fix, hook)
    kinds = events if isinstance(events, tuple) else (events,)
    if all(isinstance(kind, type) and issubclass(kind, Event) for kind in kinds):
        return None
    fix = "give a class derived from Event, a tuple of these, or a function of the plugin and such a class"
    return FaultError("has events= that name no events", fix, hook)


def _takes_two(function: Callable[..., Any]) -> bool:
    try:
        inspect.signature(function).bind(None, None)
    except TypeError:
        return False
    return True


def _wrapper(hook: str) -> FaultError:
    return FaultError("is a wrapper of pluggy's, which is not used", "implement around_call or around_attempt", hook)


def _shown(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _nearest(name: str, known: Iterable[str], all_of_them: str) -> str:
    close = get_close_matches(name, known, 1)
    return f"did you mean {close[0]!r}?" if close else f"{all_of_them} {', '.join(known) or 'none'}"


def _demanded(function: Callable[..., Any]) -> list[str]:
    """Name the arguments that pluggy would fill."""
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(function).parameters.values()
    return [each.name for each in parameters if each.kind in plain and each.default is each.empty]


def _unmarked(function: object, specification: object) -> bool:
    return function is not specification and not hasattr(function, f"{PROJECT}_impl")


def _first_argument(function: Callable[..., Any]) -> str:
    return next(iter(inspect.signature(function).parameters), "")


def _unfillable(function: Callable[..., Any]) -> str | None:
    for argument in inspect.signature(function).parameters.values():
        required = argument.default is argument.empty
        if (argument.kind is argument.KEYWORD_ONLY and required) or argument.kind is argument.VAR_POSITIONAL:
            return argument.name
    return None
