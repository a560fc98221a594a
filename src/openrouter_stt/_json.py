"""Read JSON that a server may have got wrong: what cannot be read costs itself, and not the text beside it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any, Final

DEEPEST: Final = 64  # levels; what lies deeper is read as null, as pickles and printers recurse
MOST_VALUES: Final = 1_000_000  # of small ones, each of which takes ten times its text in memory
LARGEST_PRUNED: Final = 1024 * 1024  # characters
# Strings and runs of brackets. Nothing is tried twice: a string that does not end is taken to the end.
_TOKENS: Final = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[\[{]++|[\]}]++', re.DOTALL)


def read_object(body: bytes | bytearray) -> Mapping[str, Any]:
    """Parse a JSON object; anything else is an empty one."""
    try:
        if sum(map(body.count, (b"[", b"{", b","))) > MOST_VALUES:
            return {}
        text = body.decode(json.detect_encoding(body), "replace")
        if body.count(b"[") + body.count(b"{") > DEEPEST:
            text = _pruned(text)
        document = _DECODER.decode(text)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def readable(text: str) -> str:
    """Replace the halves of surrogate pairs that stand alone, which nothing can encode or print."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _pruned(text: str) -> str:
    """Put null in the place of what lies too deep."""
    if len(text) > LARGEST_PRUNED:
        return text
    kept, depth, start = list[str](), 0, 0
    for token in _TOKENS.finditer(text):
        brackets = token[0]
        before = depth
        if brackets[0] in "[{":
            depth += len(brackets)
            if before <= DEEPEST < depth:
                kept.append(text[start : token.start() + DEEPEST - before] + "null")
        elif brackets[0] in "]}":
            depth -= len(brackets)
            if depth <= DEEPEST < before:
                start = token.start() + before - DEEPEST
    return "".join(kept) + text[start:] if kept else text


def _integer(digits: str) -> float | None:
    """Read a whole number, one of hundreds of digits as a float: Python refuses to read thousands."""
    return int(digits) if len(digits) < 300 else _real(digits)


def _real(digits: str) -> float | None:
    """Read a number, one that no float reaches as null: written again, it would be Infinity."""
    number = float(digits)
    return number if math.isfinite(number) else None


def _nothing(_: str) -> None:
    """Read NaN and Infinity, which are no JSON, as null."""


_DECODER: Final = json.JSONDecoder(strict=False, parse_int=_integer, parse_float=_real, parse_constant=_nothing)
