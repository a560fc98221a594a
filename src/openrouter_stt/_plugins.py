"""Which plugins a client has: the caller's, those installed, and the built-in ones, in this order."""

from __future__ import annotations

import inspect
import os
import warnings
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

import attrs

from ._errors import ConfigurationError, PluginError

GROUP: Final = "openrouter_stt.v1"  # the major version of the plugin API is in the name

# Dotted names, imported when the first client is made: as modules they would make a cycle.
BUILTINS: Final[Mapping[str, str]] = {
    "logging": "openrouter_stt_plugins.logging",
    "local": "openrouter_stt_plugins.local",
    "retry": "openrouter_stt_plugins.retry",
    "encoding": "openrouter_stt_plugins.encoding",
}
CACHE: Final = "openrouter_stt_plugins.cache"  # only where a client asks for it


@attrs.frozen
class Plugin:
    """A plugin as a client is to have it."""

    name: str
    target: Any = attrs.field(repr=False)  # a module, class or object with marked functions
    distribution: str | None = None  # "name version" of the distribution it came from
    builtin: bool = False

    @property
    def origin(self) -> str:
        return f"{self.name!r} ({self.distribution})" if self.distribution else repr(self.name)

    def made(self) -> Plugin:
        """Make the object to register: a class is called without arguments, anew for each client."""
        if not inspect.isclass(self.target):
            return self
        try:
            return attrs.evolve(self, target=self.target())
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            raise PluginError(f"plugin {self.origin} cannot be made: {reason}") from error


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
        if isinstance(plugins, str) or isinstance(disable, str):
            raise ConfigurationError("plugins= and disable= take a list, such as disable=['retry']")
        allowed = os.environ.get("OPENROUTER_STT_PLUGINS")
        switch = os.environ.get("OPENROUTER_STT_AUTOLOAD", "1")
        return cls(
            plugins=tuple(plugins),
            disable=frozenset(disable),
            disabled=_names(os.environ.get("OPENROUTER_STT_DISABLE_PLUGINS", "")),
            autoload=autoload and switch.casefold() not in ("0", "false", "no", "off"),
            only=None if allowed is None else _names(allowed),
        )

    def adding(self, plugins: Iterable[Any]) -> Selection:
        """Return a selection with more of the caller's plugins, behind the others."""
        return attrs.evolve(self, plugins=(*self.plugins, *plugins))


def chosen(selection: Selection) -> list[Plugin]:
    """List a client's plugins, the first one to be asked first.

    Raises `PluginError` for two of one name among the caller's, `ConfigurationError` for a name nobody has.
    """
    own = [_own(each) for each in selection.plugins]
    names = [plugin.name for plugin in own]
    if twice := [name for name in names if names.count(name) > 1]:
        raise PluginError(f"two of the plugins given are named {twice[0]!r}; give one of them another name")
    candidates: dict[str, Plugin] = {}
    for plugin in [*own, *_found(selection, {*names}), *builtins()]:
        candidates.setdefault(plugin.name, plugin)
    for name in selection.disable - {*candidates, *installed(), "cache"}:
        raise ConfigurationError(_nobody(name))
    return [plugin for name, plugin in candidates.items() if name not in selection.disable | selection.disabled]


def _found(selection: Selection, taken: set[str]) -> Iterator[Plugin]:
    """Load the installed plugins that the selection leaves; what it leaves out is not imported."""
    if not selection.autoload:
        return
    for name in installed():
        wanted = selection.only is None or name in selection.only
        if wanted and name not in taken | selection.disable | selection.disabled:
            outcome = imported(name)
            if isinstance(outcome, Plugin):
                yield outcome
            else:
                warn_skipped(origin(name), f"{type(outcome).__name__}: {outcome}")


def _own(given: Any) -> Plugin:
    if not isinstance(given, str):
        return Plugin(plugin_name(given), given)
    if given in installed():
        return loaded(given)
    for plugin in builtins():
        if plugin.name == given:
            return plugin
    raise ConfigurationError(_nobody(given))


def _nobody(name: str) -> str:
    known = [*BUILTINS, *installed()]
    close = get_close_matches(name, known, 1)
    hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(sorted(known))}"
    return f"no plugin is named {name!r}; {hint}"


def plugin_name(given: Any) -> str:
    """Name a plugin object: by its `name`, else after its module, class or type."""
    stated = getattr(given, "name", None)
    if isinstance(stated, str) and stated:
        return stated
    if inspect.ismodule(given) or inspect.isclass(given):
        return given.__name__.rpartition(".")[2]
    return type(given).__name__


@cache
def builtins() -> tuple[Plugin, ...]:
    """List the built-in plugins."""
    return tuple(Plugin(name, import_module(place).plugin, builtin=True) for name, place in BUILTINS.items())


@cache
def installed() -> Mapping[str, EntryPoint]:
    """Find the entry points of installed plugins by name, once per process; none is imported by that."""
    found: dict[str, EntryPoint] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value)):
        if found.setdefault(point.name, point).value != point.value:
            warn_skipped(_origin(point), f"{_origin(found[point.name])} has the same name")
    return found


def loaded(name: str) -> Plugin:
    """Return an installed plugin. Raises `PluginError` for one that cannot be imported."""
    outcome = imported(name)
    if isinstance(outcome, Exception):
        reason = f"{type(outcome).__name__}: {outcome}"
        raise PluginError(f"plugin {origin(name)} cannot be imported: {reason}") from outcome
    return outcome


@cache
def imported(name: str) -> Plugin | Exception:
    """Import an installed plugin, once per process also where that fails."""
    point = installed()[name]
    try:
        return Plugin(name, point.load(), distribution(point))
    except Exception as error:
        return error


def origin(name: str) -> str:
    """Name an installed plugin with its distribution and version, for a message."""
    return _origin(installed()[name])


def _origin(point: EntryPoint) -> str:
    return f"{point.name!r} ({distribution(point)})"


def distribution(point: EntryPoint) -> str:
    """Name the distribution an entry point came with, and its version."""
    return f"{point.dist.name} {point.dist.version}" if point.dist else point.value


class PluginLeftOut(RuntimeWarning):
    """An installed plugin cannot be used; the message says which, why, and how to be rid of it."""

    def __init__(self, origin: str, reason: str) -> None:
        super().__init__(
            f"plugin {origin} was left out: {reason} (update or uninstall it, or name it in "
            "OPENROUTER_STT_DISABLE_PLUGINS)"
        )
        self.origin = origin
        self.reason = reason


@cache
def warn_skipped(origin: str, reason: str) -> None:
    """Warn of an installed plugin that is left out, once per process."""
    warnings.warn(PluginLeftOut(origin, reason), stacklevel=2)


def _names(text: str) -> frozenset[str]:
    return frozenset(name.strip() for name in text.split(",") if name.strip())
