"""Which plugins there are, and what a client makes of each."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from importlib import import_module
from typing import Final

import attrs

from ..._faults import FaultError
from ..._installed import discovered, distribution, imported, installed, origin
from ..._plugins import CACHE, Plugin, Selection, builtins, chosen
from ..._registry import Registry, marked, tried
from ..._version import __version__

OURS: Final = f"openrouter-stt {__version__}"


@attrs.frozen
class Row:
    """A plugin as it is listed; `order` is when it is asked, `reason` why it is not used, None where it is."""

    name: str
    distribution: str
    version: str
    hooks: list[str]
    order: int | None
    enabled: bool
    reason: str | None


@attrs.frozen
class Survey:
    """The environment's choice of plugins, and which of them a client can have."""

    selection: Selection
    registry: Registry
    faults: tuple[tuple[Plugin, FaultError], ...]

    @classmethod
    def of(cls, *, is_async: bool) -> Survey:
        """Choose and register plugins as a client without arguments does."""
        selection = Selection.of((), (), autoload=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # each is a row or a finding
            registry, faults = tried(chosen(selection), is_async=is_async)
        return cls(selection, registry, tuple(faults))

    def rows(self) -> list[Row]:
        """List those used in the order in which they are asked, then the others."""
        rows = [*self._installed(), *self._built_in()]
        return sorted(rows, key=lambda row: row.order or len(rows) + 1)

    def _installed(self) -> Iterator[Row]:
        faults = {plugin.origin: fault for plugin, fault in self.faults}
        for name, point in installed().items():
            reason = self._why_not(name)
            if reason is None and isinstance(fault := faults.get(origin(name), imported(name)), FaultError):
                reason = fault.reason
            yield self._row(name, distribution(point), self._order(origin(name)), reason)
        for point, fault in discovered().left_out:
            yield self._row(point.name, distribution(point), None, self._why_not(point.name) or fault.reason)

    def _built_in(self) -> Iterator[Row]:
        for plugin in builtins():
            order = self._order(plugin.origin)
            reason = self._why_disabled(plugin.name) or "replaced by the installed plugin of this name"
            yield self._row(plugin.name, OURS, order, None if order else reason, plugin.target)
        yield self._row("cache", OURS, None, "used where --cache names a folder", import_module(CACHE).DiskCache)

    def _row(self, name: str, origin: str, order: int | None, reason: str | None, target: object = None) -> Row:
        if target is None and order:
            target = self.registry.plugins[order - 1].target
        came_from, _, version = origin.rpartition(" ")
        return Row(name, came_from, version, marked(target), order, reason is None, reason)

    def _order(self, origin: str) -> int | None:
        return next((number for number, plugin in enumerate(self.registry.plugins, 1) if plugin.origin == origin), None)

    def _why_not(self, name: str) -> str | None:
        if reason := self._why_disabled(name):
            return reason
        if not self.selection.autoload:
            return "turned off by OPENROUTER_STT_AUTOLOAD"
        return None if self.selection.takes(name) else "not in OPENROUTER_STT_PLUGINS"

    def _why_disabled(self, name: str) -> str | None:
        return "disabled by OPENROUTER_STT_DISABLE_PLUGINS" if name in self.selection.disabled else None
