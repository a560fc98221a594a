"""From plugins to hooks: pluggy checks and orders them, and what it holds is compiled for one client."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from hashlib import sha256
from types import MethodType
from typing import Any, Final

import attrs
import pluggy

from ._engine import Hook, Impl
from ._errors import PluginError
from ._hookspecs import HookSpecs
from ._markers import PROJECT, Contract
from ._plugins import Plugin, warn_skipped

_CHANGES_RESULT: Final = ("answer", "prepare_audio", "encode_audio", "around_attempt", "finish")


@attrs.frozen
class Registry:
    """The plugins of one client and their hooks."""

    plugins: tuple[Plugin, ...]
    hooks: Mapping[str, Hook]

    def fingerprint(self) -> str:
        """Name the plugins that change audio or text, for the keys of caches.

        A plugin whose settings change its results states them in an attribute `fingerprint`.
        """
        changing = {impl.plugin for name in _CHANGES_RESULT for impl in self.hooks[name].impls}
        lines = [_line(plugin) for plugin in self.plugins if plugin.name in changing]
        return sha256("\n".join(lines).encode()).hexdigest()


def register(plugins: Iterable[Plugin], *, is_async: bool) -> Registry:
    """Register plugins so that the first one listed is asked first.

    Raises `PluginError` for one of the caller's that breaks the contract, or serves the async client alone where a
    sync one is made; an installed one is named in a warning and left out.
    """
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(HookSpecs)
    registered: dict[str, Plugin] = {}
    for plugin in reversed(list(plugins)):  # pluggy asks the last one registered first
        try:
            made = plugin.made()
            _register_one(manager, made, is_async)
        except Exception as error:
            if plugin.distribution is None:
                raise
            warn_skipped(plugin.origin, f"{type(error).__name__}: {error}")
        else:
            registered[plugin.name] = made
    hooks = {name: _compiled(manager, name, registered, is_async) for name in contracts()}
    return Registry(tuple(reversed(registered.values())), hooks)


@cache
def contracts() -> Mapping[str, tuple[Contract, tuple[str, ...]]]:
    """List the hooks in the order of a call, each with its contract and the names of its arguments."""
    return {
        name: (function.__contract__, tuple(inspect.signature(function).parameters)[1:])
        for name, function in vars(HookSpecs).items()
        if hasattr(function, "__contract__")
    }


def _register_one(manager: pluggy.PluginManager, plugin: Plugin, is_async: bool) -> None:
    try:
        manager.register(plugin.target, plugin.name)
        manager.check_pending()
        _check(manager, plugin, is_async)
    except Exception as error:
        if manager.has_plugin(plugin.name):
            manager.unregister(name=plugin.name)
        if isinstance(error, pluggy.PluginValidationError | ValueError):
            raise PluginError(_explained(manager, plugin, error)) from None
        raise


def _check(manager: pluggy.PluginManager, plugin: Plugin, is_async: bool) -> None:
    own = [(name, impl) for name in contracts() for impl in _impls_of(manager, name, plugin.name)]
    for name in contracts():
        if _forgotten(plugin.target, name):
            raise PluginError(f"plugin {plugin.origin}: its function {name} is not marked with @hookimpl")
    if not own:
        raise PluginError(f"plugin {plugin.origin} implements no hook; mark its functions with @hookimpl")
    for name, impl in own:
        fault = _fault(name, impl)
        if fault is None and not is_async and not _of_colour(manager, name, plugin.name, is_async):
            fault = (
                " is async alone and cannot serve a sync client: write it as `def` (with blocking=True if slow), "
                f"or add a `def` twin marked @hookimpl(specname={name!r}), or use AsyncClient"
            )
        if fault:
            raise PluginError(f"plugin {plugin.origin}, hook {name}{fault}")


def _fault(hook: str, impl: pluggy.HookImpl) -> str | None:
    """Say what is wrong with an implementation that pluggy took, or nothing."""
    contract, arguments = contracts()[hook]
    if impl.wrapper or impl.hookwrapper:
        return ": pluggy's wrappers are not used here; implement around_call or around_attempt"
    if inspect.ismethod(impl.function) and (first := _first_argument(impl.function)) in arguments:
        return f" is a method: its first argument must be self, not {first!r}"
    if unfillable := _unfillable(impl.function):
        return f": its argument {unfillable!r} must be a plain one, which is given by position"
    if contract.kind == "around" and not inspect.iscoroutinefunction(impl.function):
        return " must be `async def`; it serves the sync client too"
    return None


def _forgotten(target: object, name: str) -> bool:
    """Tell whether a plugin derived from `HookSpecs` overrides a hook without marking it."""
    function = getattr(type(target), name, None)
    derived = isinstance(target, HookSpecs) and function is not getattr(HookSpecs, name)
    return derived and not hasattr(function, f"{PROJECT}_impl")


def _first_argument(method: MethodType) -> str:
    return next(iter(inspect.signature(method.__func__).parameters), "")


def _unfillable(function: Callable[..., Any]) -> str | None:
    for argument in inspect.signature(function).parameters.values():
        required = argument.default is argument.empty
        if (argument.kind is argument.KEYWORD_ONLY and required) or argument.kind is argument.VAR_POSITIONAL:
            return argument.name
    return None


def _explained(manager: pluggy.PluginManager, plugin: Plugin, error: Exception) -> str:
    """Say what is wrong with a plugin that pluggy refused, with the nearest name where one was misspelt."""
    unknown = [name for name in vars(manager.hook) if name not in contracts()]
    for name in unknown:
        delattr(manager.hook, name)  # else the next plugin would be blamed for it
    if not unknown:
        return f"plugin {plugin.origin}: {error}"
    close = get_close_matches(unknown[0], contracts(), 1)
    hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(contracts())}"
    return f"plugin {plugin.origin}: there is no hook {unknown[0]!r}; {hint}"


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
        Impl(
            plugin=impl.plugin_name,
            origin=plugins[impl.plugin_name].origin,
            builtin=plugins[impl.plugin_name].builtin,
            hook=hook,
            function=impl.function,
            positions=tuple(arguments.index(name) for name in impl.argnames),
            blocking=getattr(impl.function, "__openrouter_stt_blocking__", False),
            is_async=inspect.iscoroutinefunction(impl.function),
        )
        for impl in reversed(getattr(manager.hook, hook).get_hookimpls())
        if impl in _of_colour(manager, hook, impl.plugin_name, is_async)
    ]
    return Hook(hook, contract, tuple(impls))


def _line(plugin: Plugin) -> str:
    target = plugin.target
    kind = target.__name__ if inspect.ismodule(target) else f"{type(target).__module__}.{type(target).__qualname__}"
    return f"{plugin.name} {plugin.distribution} {kind} {getattr(target, 'fingerprint', '')}"
