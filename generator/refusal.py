"""The one way in which the tool says no."""

from __future__ import annotations


class Refusal(Exception):  # noqa: N818  # it is an answer, no fault of the tool
    """The input cannot be used; the message says what, where and what to do, and nothing was written."""
