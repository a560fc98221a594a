"""Numbers that plugins are given."""

from __future__ import annotations

from decimal import Decimal
from numbers import Real


def is_number(value: object) -> bool:
    """Tell whether a value is a real number, NumPy's included; a bool, which Python counts among them, is none."""
    return isinstance(value, Real | Decimal) and not isinstance(value, bool)
