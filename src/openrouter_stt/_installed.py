"""The plugins of other distributions, found by their entry points."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import EntryPoint, distributions
from typing import Any, Final

import attrs

from ._faults import RAISED, FaultError, not_imported
from ._version import __version__

API: Final = "openrouter_stt.v"  # a group of entry points is this and the major version of the plugin API
MAJOR: Final = "1"
GROUP: Final = API + MAJOR


@attrs.frozen
class Discovery:
    """The entry points of plugins: those to use by name, and those left out, each with its fault."""

    usable: Mapping[str, EntryPoint]
    left_out: tuple[tuple[EntryPoint, FaultError], ...]


@cache
def discovered() -> Discovery:
    """Find the plugins that are installed, once per process; none is imported by that."""
    found = sorted(_points(), key=lambda point: (point.group, point.name, point.value))
    points = [point for point in found if point.group == GROUP]
    usable: dict[str, EntryPoint] = {}
    left_out: list[tuple[EntryPoint, FaultError]] = []
    for point in points:
        if usable.setdefault(point.name, point).value != point.value:
            what = f"has the same name as {origin_of(usable[point.name])}, which is used"
            left_out.append((point, FaultError(what, "uninstall one of them: naming it disables both")))
    if others := [point for point in found if point.group != GROUP and point.group.removeprefix(API).isdecimal()]:
        served = {distribution(point) for point in points}
        left_out.extend((point, _of_another_major(point)) for point in others if distribution(point) not in served)
    return Discovery(usable, tuple(left_out))


def _points() -> Iterator[EntryPoint]:
    """Yield the entry points of any plugin API; those of distributions without one, the most, are not parsed."""
    seen: set[str] = set()
    for each in distributions():
        if API in (each.read_text("entry_points.txt") or "") and each.name not in seen:
            seen.add(each.name)  # the first on the path hides others
            yield from (point for point in each.entry_points if point.group.startswith(API))


def installed() -> Mapping[str, EntryPoint]:
    """Return the entry points of the plugins that can be used, by name."""
    return discovered().usable


def entry_of(given: object) -> str | None:
    """Name the installed plugin that an object or its class is, as far as modules are imported already."""
    for name, point in installed().items():
        module = sys.modules.get(point.module)
        target = vars(module).get(point.attr) if module and point.attr else module
        if target is not None and (target is given or target is type(given)):
            return name
    return None


def left_out(name: str) -> Iterator[tuple[EntryPoint, FaultError]]:
    """Yield the plugins of a name that are installed and cannot be used."""
    return ((point, fault) for point, fault in discovered().left_out if point.name == name)


@cache
def imported(name: str) -> Any:
    """Import an installed plugin, once per process; where that fails return its `FaultError`."""
    try:
        return installed()[name].load()
    except RAISED as error:
        fault = not_imported(error)
        fault.__cause__ = error
        return fault


def origin(name: str) -> str:
    """Name an installed plugin with its distribution and version, for a message."""
    return origin_of(installed()[name])


def origin_of(point: EntryPoint) -> str:
    """Name the plugin of an entry point in the same way."""
    return f"{point.name!r} ({distribution(point)})"


def distribution(point: EntryPoint) -> str:
    """Name the distribution an entry point came with, and its version."""
    return f"{point.dist.name} {point.dist.version}" if point.dist else point.value


def _of_another_major(point: EntryPoint) -> FaultError:
    """Refuse a plugin for another contract; a distribution that serves this one as well is none."""
    major = point.group.removeprefix(API)
    return FaultError(
        f"is made for plugin API {major} (entry-point group {point.group}), "
        f"and openrouter-stt {__version__} has plugin API {MAJOR} ({GROUP})",
        f"install its version for API {MAJOR}, or the openrouter-stt with API {major}",
    )


class PluginLeftOut(RuntimeWarning):
    """A plugin, installed or named in the environment, cannot be used; the message says which, why, and a way out."""

    def __init__(self, message: str, origin: str, reason: str) -> None:
        super().__init__(message)
        self.origin = origin
        self.reason = reason


@cache
def warn_left_out(origin: str, reason: str) -> None:
    """Warn of an installed plugin that is left out, once per process."""
    advice = "update or uninstall it, or name it in OPENROUTER_STT_DISABLE_PLUGINS"
    warnings.warn(PluginLeftOut(f"plugin {origin} was left out: {reason} ({advice})", origin, reason), stacklevel=2)


@cache
def warn_nobodys(name: str, what: str, fix: str) -> None:
    """Warn of a name in the environment that no plugin has, once per process."""
    fault = FaultError(what, fix)
    warnings.warn(PluginLeftOut(str(fault.of(repr(name))), repr(name), fault.reason), stacklevel=2)
