"""Which plugins a client has: the caller's, those installed, and the built-in ones, in this order."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from typing import Any, Final

import attrs

from ._errors import ConfigurationError, PluginError
from ._faults import RAISED, FaultError, not_made, not_registered
from ._installed import (
    discovered,
    distribution,
    entry_of,
    imported,
    installed,
    left_out,
    origin,
    origin_of,
    warn_left_out,
    warn_nobodys,
)
from ._settings import check_switch, switched_on

# Dotted names, imported when the first client is made: as modules they would make a cycle.
BUILTINS: Final[Mapping[str, str]] = {
    "logging": "openrouter_stt_plugins.logging",
    "local": "openrouter_stt_plugins.local",
    "retry": "openrouter_stt_plugins.retry",
    "encoding": "openrouter_stt_plugins.encoding",
}
ALONG: Final = "openrouter_stt_plugins"
CACHE: Final = "openrouter_stt_plugins.cache"  # only where a client asks for it


@attrs.frozen
class Plugin:
    """A plugin as a client is to have it."""

    name: str
    target: Any = attrs.field(repr=False)  # a module, class or object with marked functions
    distribution: str | None = None  # "name version" of the distribution it came from
    builtin: bool = False
    found: bool = False  # by itself, so that the client does without it where it is broken

    @property
    def origin(self) -> str:
        return f"{self.name!r} ({self.distribution})" if self.distribution else repr(self.name)

    def made(self) -> Plugin:
        """Make the object to register: a class is called without arguments, anew for each client."""
        if not inspect.isclass(self.target):
            return self
        try:
            return attrs.evolve(self, target=self.target())
        except RAISED as error:
            raise not_made(error) from error


@attrs.frozen
class Selection:
    """What decides over a client's plugins."""

    plugins: tuple[Any, ...] = ()
    disable: frozenset[str] = frozenset()  # by the caller: a name nobody has is an error
    disabled: frozenset[str] = frozenset()  # by the environment, which serves other applications too
    autoload: bool = True
    only: frozenset[str] | None = None  # of the installed ones

    @classmethod
    def of(cls, plugins: Iterable[Any], disable: Iterable[str], autoload: bool) -> Selection:
        """Join the arguments of a client with the environment."""
        for argument, given in (("plugins", plugins), ("disable", disable)):
            if isinstance(given, str | bytes) or not isinstance(given, Iterable):
                raise ConfigurationError(f"{argument}= takes a list, such as {argument}=['retry']")
        disable = (*disable,)
        for each in disable:
            if not isinstance(each, str):
                raise ConfigurationError(f"disable= takes names of plugins, such as 'retry', not {each!r}")
        check_switch("autoload", autoload)
        allowed = os.environ.get("OPENROUTER_STT_PLUGINS")
        return cls(
            plugins=tuple(plugins),
            disable=frozenset(disable),
            disabled=_names(os.environ.get("OPENROUTER_STT_DISABLE_PLUGINS", "")),
            autoload=autoload and switched_on("OPENROUTER_STT_AUTOLOAD", default=True),
            only=None if allowed is None else _names(allowed),
        )

    def adding(self, plugins: Iterable[Any]) -> Selection:
        """Return a selection with more of the caller's plugins, behind the others."""
        return attrs.evolve(self, plugins=(*self.plugins, *plugins))

    def takes(self, name: str) -> bool:
        """Tell whether an installed plugin of this name is to be found by itself."""
        listed = self.only is None or name in self.only
        return self.autoload and listed and name not in self.disable | self.disabled


def chosen(selection: Selection) -> list[Plugin]:
    """List a client's plugins, the first one to be asked first.

    Raises `PluginError` for two of one name among the caller's, `ConfigurationError` for a name nobody has.
    """
    own = [_own(each) for each in selection.plugins]
    if selection.autoload:
        for name, fault in nobodys(selection, {plugin.name for plugin in own}):
            warn_nobodys(name, fault.what, fault.fix)
    names = [plugin.name for plugin in own]
    if twice := [name for name in names if names.count(name) > 1]:
        raise PluginError(f"two of the plugins given are named {twice[0]!r}; give one of them another `name`")
    candidates: dict[str, Plugin] = {}
    for plugin in [*own, *_found(selection, {*names}), *builtins()]:
        candidates.setdefault(plugin.name, plugin)
    for name in selection.disable - {*candidates, *installed(), "cache"}:
        raise ConfigurationError(_nobody(name))
    return [plugin for name, plugin in candidates.items() if name not in selection.disable | selection.disabled]


def nobodys(selection: Selection, own: Iterable[str] = ()) -> Iterator[tuple[str, FaultError]]:
    """Yield the names in the environment that no plugin has, those of the caller's `own` included."""
    known = {*installed(), *BUILTINS, "cache", *(point.name for point, _ in discovered().left_out), *own}
    named = {"DISABLE_PLUGINS": selection.disabled, "PLUGINS": selection.only or frozenset()}
    for variable, names in named.items():
        for name in sorted(names - known):
            close = get_close_matches(name, known, 1)
            fix = f"did you mean {close[0]!r}?" if close else "install it, or take its name out"
            yield name, FaultError(f"is named in OPENROUTER_STT_{variable}, and nobody has the name", fix)


def _found(selection: Selection, taken: set[str]) -> Iterator[Plugin]:
    """Load the installed plugins that the selection takes; what it leaves out is not imported."""
    for point, fault in discovered().left_out:
        if selection.takes(point.name) and point.name not in taken:
            warn_left_out(origin_of(point), fault.reason)
    for name, point in installed().items():
        if selection.takes(name) and name not in taken:
            target = imported(name)
            if isinstance(target, FaultError):
                warn_left_out(origin(name), target.reason)
            else:
                yield Plugin(name, target, distribution(point), found=True)


def _own(given: Any) -> Plugin:
    if not isinstance(given, str):
        return Plugin(plugin_name(given), given)
    if given in installed():
        return loaded(given)
    for plugin in builtins():
        if plugin.name == given:
            return plugin
    for point, fault in left_out(given):
        raise fault.of(origin_of(point))
    if given == "cache":
        raise ConfigurationError("a cache is given by cache=, such as cache='memory' or a folder, not by plugins=")
    if (module := given.replace("-", "_")) in _along():
        raise ConfigurationError(
            f"the plugin {given!r} has to be told more: make it from {ALONG}.{module}, as Client(plugins=[...])"
        )
    raise ConfigurationError(_nobody(given))


@cache
def _along() -> frozenset[str]:
    """Name the plugins that come along, some of which are not to be had by name."""
    from pkgutil import iter_modules  # late: for an error alone

    names = (module.name for module in iter_modules(import_module(ALONG).__path__))
    return frozenset(name for name in names if not name.startswith("_"))


def _nobody(name: str) -> str:
    known = [*BUILTINS, *installed()]
    close = get_close_matches(name, known, 1)
    hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(sorted(known))}"
    return f"no plugin is named {name!r}; {hint}"


def plugin_name(given: Any) -> str:
    """Name a plugin object: by its `name`, else by its entry point's, else after its module, class or type.

    Raises `PluginError` where the name cannot be read.
    """
    if name := stated_name(given) or entry_of(given):
        return name
    if inspect.ismodule(given) or inspect.isclass(given):
        return given.__name__.rpartition(".")[2]
    return type(given).__name__


def stated_name(given: Any) -> str | None:
    """Read the `name` of a plugin object. Raises `PluginError` where it cannot be read."""
    try:
        stated = getattr(given, "name", None)
    except RAISED as error:
        raise not_registered(error).of(repr(type(given).__name__)) from error
    return stated if isinstance(stated, str) and stated else None


@cache
def builtins() -> tuple[Plugin, ...]:
    """List the built-in plugins."""
    return tuple(Plugin(name, import_module(place).plugin, builtin=True) for name, place in BUILTINS.items())


def loaded(name: str) -> Plugin:
    """Return an installed plugin. Raises `PluginError` for one that cannot be imported."""
    target = imported(name)
    if isinstance(target, FaultError):
        raise target.of(origin(name)) from target.__cause__
    return Plugin(name, target, distribution(installed()[name]))


def _names(text: str) -> frozenset[str]:
    return frozenset(name.strip() for name in text.split(",") if name.strip())
