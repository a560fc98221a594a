"""The two marks: of a hook's specification, with its contract, and of an implementation in a plugin."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, TypeVar, overload

import attrs
import pluggy

if TYPE_CHECKING:
    from ._events import Event

PROJECT: Final = "openrouter_stt"
Kind = Literal["first", "pipe", "all", "around"]
Policy = Literal["raise", "isolate"]
Wanted: TypeAlias = "type[Event] | tuple[type[Event], ...] | Callable[[Any, type[Event]], bool]"
F = TypeVar("F", bound=Callable[..., Any])


@attrs.frozen
class Contract:
    """What a hook's specification promises: how it is called, what an error does, what it may return."""

    kind: Kind
    on_error: Policy
    returns: tuple[type, ...]


def hookspec(kind: Kind, *, on_error: Policy = "raise", returns: tuple[type, ...] = ()) -> Callable[[F], F]:
    """Declare a hook with its contract."""
    mark = pluggy.HookspecMarker(PROJECT)

    def declare(function: F) -> F:
        function.__doc__ = f"{inspect.cleandoc(function.__doc__ or '')}\n\nKind: {kind}. An error: {on_error}."
        function.__contract__ = Contract(kind, on_error, returns)  # type: ignore[attr-defined]
        return mark(function)

    return declare


@overload
def hookimpl(function: F, /) -> F: ...
@overload
def hookimpl(
    *,
    specname: str | None = None,
    blocking: bool | Callable[..., bool] = False,
    events: Wanted | None = None,
    tryfirst: bool = False,
    trylast: bool = False,
) -> Callable[[F], F]: ...
def hookimpl(
    function: F | None = None,
    /,
    *,
    specname: str | None = None,
    blocking: bool | Callable[..., bool] = False,
    events: Wanted | None = None,
    tryfirst: bool = False,
    trylast: bool = False,
) -> F | Callable[[F], F]:
    """Mark a function of a plugin as the implementation of the hook of its name, or of `specname`.

    `blocking` sends a plain function to a worker thread in the async client; a function of the same arguments may
    decide it. `events` says which events a function of the hook `event` is told: a class, a tuple of classes, or a
    function that is asked with the plugin and the class of each; by default it is told all. `tryfirst` and `trylast`
    move it before or behind the other plugins, as in pluggy.
    """

    def mark(target: F) -> F:
        target.__openrouter_stt_blocking__ = blocking  # type: ignore[attr-defined]
        target.__openrouter_stt_events__ = events  # type: ignore[attr-defined]
        return pluggy.HookimplMarker(PROJECT)(target, specname=specname, tryfirst=tryfirst, trylast=trylast)

    return mark if function is None else mark(function)
