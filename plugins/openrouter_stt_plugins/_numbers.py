"""Numbers that plugins are given."""

from __future__ import annotations


def is_number(value: object) -> bool:
    """Tell whether a value is an int or a float; a bool, which Python counts among them, is neither."""
    return isinstance(value, int | float) and not isinstance(value, bool)
