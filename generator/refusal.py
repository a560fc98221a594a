"""The one way in which the tool says no."""

from __future__ import annotations

_LONGEST = 1000


class Refusal(Exception):  # noqa: N818  # it is an answer, no fault of the tool
    """The input cannot be used; the message says what, where and what to do, and nothing was written.

    It is one printable line of at most 1,000 characters: words of a document, a server or a parser may hold line ends
    and escape sequences.
    """

    def __init__(self, words: str) -> None:
        line = one_line(words)
        super().__init__(line if len(line) <= _LONGEST else f"{line[: _LONGEST - 2]} …")


def one_line(words: str) -> str:
    """Return words that may hold those of a document as one printable line."""
    printable = "".join(mark if mark.isprintable() else " " for mark in words)
    return " ".join(printable.split())
