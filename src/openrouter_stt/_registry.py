"""From plugins to hooks: pluggy checks and orders them, and what it holds is compiled for one client."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from hashlib import sha256
from types import MethodType
from typing import Any, Final

import attrs
import pluggy

from ._engine import Hook, Impl
from ._events import Event
from ._faults import RAISED, FaultError, async_alone, in_hook, in_plugin, not_registered, refused
from ._hookspecs import HookSpecs
from ._installed import warn_left_out
from ._markers import PROJECT, Contract, Wanted
from ._plugins import Plugin, builtins

CHANGES_RESULT: Final = ("answer", "prepare_audio", "encode_audio", "around_attempt", "finish")


@attrs.frozen
class Registry:
    """The plugins of one client and their hooks."""

    plugins: tuple[Plugin, ...]
    hooks: Mapping[str, Hook]

    def fingerprint(self) -> str:
        """Name the plugins that change audio or text, for the keys of caches.

        A plugin whose settings change its results states them in an attribute `fingerprint`.
        """
        changing = {impl.plugin for name in CHANGES_RESULT for impl in self.hooks[name].impls}
        lines = [_line(plugin) for plugin in self.plugins if plugin.name in changing]
        return sha256("\n".join(lines).encode()).hexdigest()

    def cache(self) -> object | None:
        """Return the first plugin that keeps answers: clients that have the same one ask together."""
        keepers = {impl.plugin for name in ("cache_get", "cache_set") for impl in self.hooks[name].impls}
        return next((plugin.target for plugin in self.plugins if plugin.name in keepers), None)


class _Manager(pluggy.PluginManager):
    """Looks for marks where there can be any: to look everywhere would take most of a client's time to be made."""

    def parse_hookimpl_opts(self, plugin: object, name: str) -> pluggy.HookimplOpts | None:
        if name.startswith("__") or _is_inherited(plugin, name):
            return None
        return super().parse_hookimpl_opts(plugin, name)


def _is_inherited(plugin: object, name: str) -> bool:
    """Tell whether a plugin leaves a hook as `HookSpecs` has it."""
    own = vars(HookSpecs).get(name)
    if own is None or not isinstance(plugin, HookSpecs) or name in vars(plugin):
        return False
    return next((vars(kind)[name] for kind in type(plugin).__mro__ if name in vars(kind)), None) is own


def register(plugins: Iterable[Plugin], *, is_async: bool) -> Registry:
    """Register plugins so that the first one listed is asked first.

    Raises `PluginError` for one that breaks the contract, or serves the async client alone where a sync one is made;
    one that was found by itself is named in a warning and left out.
    """
    registry, left_out = tried(plugins, is_async=is_async)
    for plugin, fault in left_out:
        if not plugin.found:
            raise fault.of(plugin.origin) from fault.__cause__
        warn_left_out(plugin.origin, fault.reason)
    names = {plugin.name for plugin, _ in left_out}
    if back := [plugin for plugin in builtins() if plugin.name in names]:  # what was to replace them does not
        registry, _ = tried([*registry.plugins, *back], is_async=is_async)
    return registry


def tried(plugins: Iterable[Plugin], *, is_async: bool) -> tuple[Registry, list[tuple[Plugin, FaultError]]]:
    """Register the plugins that can be, and return the others with their faults."""
    manager = _Manager(PROJECT)
    manager.add_hookspecs(HookSpecs)
    registered: dict[str, Plugin] = {}
    left_out: list[tuple[Plugin, FaultError]] = []
    for plugin in reversed(list(plugins)):  # pluggy asks the last one registered first
        try:
            made = plugin.made()
            _register_one(manager, made, is_async)
        except FaultError as fault:
            left_out.append((plugin, fault))
        else:
            registered[plugin.name] = made
    hooks = {name: _compiled(manager, name, registered, is_async) for name in contracts()}
    return Registry(tuple(reversed(registered.values())), hooks), left_out


@cache
def contracts() -> Mapping[str, tuple[Contract, tuple[str, ...]]]:
    """List the hooks in the order of a call, each with its contract and the names of its arguments."""
    return {
        name: (function.__contract__, tuple(inspect.signature(function).parameters)[1:])
        for name, function in vars(HookSpecs).items()
        if hasattr(function, "__contract__")
    }


def marks_of(target: object) -> dict[str, Any]:
    """Read the marks of a plugin's functions, by the functions' names."""
    manager = _Manager(PROJECT)
    marks = ((name, manager.parse_hookimpl_opts(target, name)) for name in dir(target))
    return {name: mark for name, mark in marks if mark is not None}


def marked(target: object) -> list[str]:
    """List the hooks that a plugin implements, by the marks on its functions, in the order of a call."""
    found = {mark["specname"] or name for name, mark in marks_of(target).items()}
    return [name for name in contracts() if name in found]


def _register_one(manager: pluggy.PluginManager, plugin: Plugin, is_async: bool) -> None:
    """Register a plugin whole or not at all. Raises `FaultError`."""
    try:
        manager.register(plugin.target, plugin.name)
        manager.check_pending()
        _check(manager, plugin, is_async)
    except RAISED as error:
        if manager.has_plugin(plugin.name):
            manager.unregister(name=plugin.name)
        for name in {*vars(manager.hook)} - {*contracts()}:
            delattr(manager.hook, name)  # else the next plugin would be blamed for it
        if isinstance(error, FaultError):
            raise
        if not isinstance(error, pluggy.PluginValidationError):
            raise not_registered(error) from error
        raise refused(error, plugin.target, marks_of(plugin.target), contracts()) from None


def _check(manager: pluggy.PluginManager, plugin: Plugin, is_async: bool) -> None:
    own = [(name, impl) for name in contracts() for impl in _impls_of(manager, name, plugin.name)]
    if fault := in_plugin(plugin.target, [name for name, _ in own], contracts()):
        raise fault
    _line(plugin)  # its fingerprint can be read
    for name, impl in own:
        if fault := in_hook(name, impl, contracts()):
            raise fault
        if not is_async and not _of_colour(manager, name, plugin.name, is_async):
            raise async_alone(name)


def _impls_of(manager: pluggy.PluginManager, hook: str, plugin: str) -> list[pluggy.HookImpl]:
    impls: list[pluggy.HookImpl] = getattr(manager.hook, hook).get_hookimpls()
    return [impl for impl in impls if impl.plugin_name == plugin]


def _of_colour(manager: pluggy.PluginManager, hook: str, plugin: str, is_async: bool) -> list[pluggy.HookImpl]:
    """Choose between a plugin's `def` and its `async def` twin."""
    impls = _impls_of(manager, hook, plugin)
    if contracts()[hook][0].kind == "around":
        return impls
    plain = [impl for impl in impls if not inspect.iscoroutinefunction(impl.function)]
    twins = [impl for impl in impls if inspect.iscoroutinefunction(impl.function)]
    return (twins or plain) if is_async else plain


def _compiled(manager: pluggy.PluginManager, hook: str, plugins: Mapping[str, Plugin], is_async: bool) -> Hook:
    contract, arguments = contracts()[hook]
    impls = [
        _impl(impl, plugins[impl.plugin_name], hook, arguments, is_async)
        for impl in reversed(getattr(manager.hook, hook).get_hookimpls())
        if impl in _of_colour(manager, hook, impl.plugin_name, is_async)
    ]
    return Hook(hook, contract, tuple(impls))


def _impl(impl: pluggy.HookImpl, plugin: Plugin, hook: str, arguments: Sequence[str], is_async: bool) -> Impl:
    blocking = getattr(impl.function, "__openrouter_stt_blocking__", False)
    is_coroutine = inspect.iscoroutinefunction(impl.function)
    return Impl(
        plugin=plugin.name,
        origin=plugin.origin,
        builtin=plugin.builtin,
        hook=hook,
        function=impl.function,
        positions=tuple(arguments.index(name) for name in impl.argnames),
        blocking=blocking,
        is_async=is_coroutine,
        waits=is_coroutine or (is_async and blocking is not False),
        wants=_wanting(getattr(impl.function, "__openrouter_stt_events__", None), plugin.target),
    )


def _wanting(events: Wanted | None, target: object) -> Callable[[type[Event]], bool] | None:
    """Make a function of what `hookimpl(events=...)` says."""
    if isinstance(events, type | tuple):
        return lambda kind: issubclass(kind, events)
    return None if events is None else MethodType(events, target)


def _line(plugin: Plugin) -> str:
    target = plugin.target
    kind = target.__name__ if inspect.ismodule(target) else f"{type(target).__module__}.{type(target).__qualname__}"
    return f"{plugin.name} {plugin.distribution} {kind} {getattr(target, 'fingerprint', '')}"
