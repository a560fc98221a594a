"""Values on their way through the plugin."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import FunctionType
from typing import Any

import attrs

from ..._registry import CHANGES_RESULT
from .._case import Case
from ._neighbours import Spy


def values(case: Case, world: str) -> Iterator[str]:
    """What the plugin is given stays as it was: options, audio, answers."""
    spy, source = Spy("kit-spy"), case.audio()
    with case.client(world, before=[spy]) as driver:
        case.call(driver, source)
    for hook in spy.changed():
        yield f"what {hook} is given is changed in place; return a replace(...) of it"


def frozen(case: Case, world: str) -> Iterator[str]:
    """What the plugin returns cannot be changed by others, as the library's own values cannot."""
    spy = Spy("kit-spy")
    with case.client(world, after=[spy]) as driver:
        result = case.call(driver)
    for hook, value in [*((hook, value) for hook, value, _ in spy.seen), ("finish", result)]:
        if not _is_frozen(value):
            kind = f"{type(value).__module__}.{type(value).__qualname__}"
            yield f"around or before {hook} it returns a {kind}, which can be changed; return the library's own class"
            return


def _is_frozen(value: Any) -> bool:
    name = attrs.fields(type(value))[0].name
    try:
        setattr(value, name, getattr(value, name))
    except AttributeError:
        return True
    return False


def fingerprint(case: Case, world: str) -> Iterator[str]:
    """A plugin whose settings change audio or text states them, the same in each instance: caches go by it.

    Not one around the call or before it: its work is done outside of caches, or is part of the request in their keys.
    """
    if world != case.worlds[0] or not {*case.hooks} & {*CHANGES_RESULT}:
        return
    one, two = (getattr(case.target(), "fingerprint", None) for _ in range(2))
    if one is None:
        if _has_settings(case.target()) and _result(case, world, without=False) != _result(case, world, without=True):
            yield (
                "it has settings and changes audio or text, but states no fingerprint; give it an attribute "
                "`fingerprint`, a str of the settings, else a cache serves answers made with others"
            )
    elif not isinstance(one, str):
        yield f"its fingerprint is of type {type(one).__name__}; make it a str of its settings"
    elif one != two:
        yield "its fingerprint differs between two instances of equal settings; make it of the settings alone"


def _has_settings(target: object) -> bool:
    made = type(target).__init__
    return isinstance(made, FunctionType) and len(inspect.signature(made).parameters) > 1  # self is one


def _result(case: Case, world: str, *, without: bool) -> object:
    """Return the text of a call and the audio that was sent for it; without the plugin there may be none of either."""
    with case.client(world, without=without) as driver:
        result = case.outcome(driver).result
    return result and result.text, [(request.audio, request.format) for request in driver.transport.requests]
