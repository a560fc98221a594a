"""Which of two limits is the tighter one (JSON Schema 2020-12, validation vocabulary)."""

from __future__ import annotations

from typing import Any

from generator.changes.shape import NUMBERS

_STRING, _ARRAY, _OBJECT = frozenset({"string"}), frozenset({"array"}), frozenset({"object"})
_LOWER = frozenset({"minItems", "minLength", "minProperties", "minimum"})
_UPPER = frozenset({"maxItems", "maxLength", "maxProperties", "maximum"})
# The kinds of values that a limit means something to; one that is not named here holds for all.
HOLDS_FOR = {
    **dict.fromkeys(("maximum", "minimum", "multipleOf"), NUMBERS),
    **dict.fromkeys(("maxLength", "minLength", "pattern"), _STRING),
    **dict.fromkeys(("maxItems", "minItems", "uniqueItems"), _ARRAY),
    **dict.fromkeys(("maxProperties", "minProperties"), _OBJECT),
}
LIMITS = frozenset({*HOLDS_FOR, "format"})


def read(schema: dict[str, Any], kinds: frozenset[str]) -> dict[str, Any]:
    """Return the limits in ``schema`` that mean something to ``kinds``.

    A ``minimum`` or ``maximum`` is a pair: the number, and whether the value must differ from it. So are 3.0's
    ``exclusiveMinimum: true`` beside it and 3.1's ``exclusiveMinimum: 5`` by itself.
    """
    limits = {name: schema[name] for name in LIMITS & schema.keys() - {"maximum", "minimum"}}
    for name, exclusive in (("maximum", "exclusiveMaximum"), ("minimum", "exclusiveMinimum")):
        if (bound := _bound(name, schema.get(name), schema.get(exclusive))) is not None:
            limits[name] = bound
    return {
        name: limit
        for name, limit in limits.items()
        if not _is_trivial(name, limit) and HOLDS_FOR.get(name, kinds) & kinds
    }


def _bound(name: str, limit: Any, exclusive: Any) -> tuple[float, bool] | None:
    bounds: list[tuple[float, bool]] = []
    if _is_number(limit):
        bounds.append((limit, exclusive is True))
    if _is_number(exclusive):
        bounds.append((exclusive, True))
    return max(bounds, key=lambda bound: _tightness(name, bound), default=None)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_trivial(name: str, limit: Any) -> bool:
    return limit is False or (name in _LOWER and limit == 0)


def _tightness(name: str, limit: Any) -> tuple[float, bool]:
    number, strict = limit if isinstance(limit, tuple) else (limit, False)
    return (number if name in _LOWER else -number, strict)


def tighter(name: str, old: Any, new: Any) -> bool | None:
    """Return whether ``new`` takes less than ``old``, or None if it takes others; None is no limit.

    Two patterns, formats or multiples take others: what they have in common is not looked into.
    """
    if old is None or new is None:
        return old is None
    if name in _LOWER | _UPPER:
        return _tightness(name, new) > _tightness(name, old)
    return None


def words(name: str, limit: Any) -> str:
    """Return a limit as people write it, such as "5" or "above 5"."""
    if limit is None:
        return "none"
    if isinstance(limit, tuple):
        return f"{'above ' if name == 'minimum' else 'below '}{limit[0]}" if limit[1] else str(limit[0])
    return f"`{limit}`" if isinstance(limit, str) else str(limit)
