"""An observer for tests."""

from __future__ import annotations

from typing import TypeVar

from .._events import Event
from .._hookspecs import HookSpecs
from .._markers import hookimpl

E = TypeVar("E", bound=Event)


class Recorder(HookSpecs):
    """A plugin that keeps all events it is told, in order, of all clients it is given to."""

    name = "recorder"

    def __init__(self) -> None:
        self.events: list[Event] = []

    @hookimpl
    def event(self, event: Event) -> None:
        self.events.append(event)

    def of(self, kind: type[E]) -> list[E]:
        """Return the events of one kind, such as `RetryScheduled`."""
        return [event for event in self.events if isinstance(event, kind)]
