"""Take the published document out of a text: a documentation page, or the document itself.

A page is only read. Nothing in it is run, and no address found in it is followed.
"""

from __future__ import annotations

import re
from typing import Literal

from generator.refusal import Refusal

Kind = Literal["page", "document"]

_HTML = re.compile(r"\s*(<!doctype html|<html|<head|<body)", re.IGNORECASE)
# An info string after backticks holds none (CommonMark 0.31.2, section 4.5): such a line is code between words.
_FENCE = re.compile(r"(?P<marks>`{3,}(?!.*`)|~{3,})[ \t]*(?P<language>[\w-]*)")
_LANGUAGES = frozenset({"yaml", "yml", "json"})
_OPENAPI = re.compile(r"^(openapi[ \t]*:|\{?\s*\"openapi\"\s*:)", re.MULTILINE)
_JSON = re.compile(r"\s*[{\[]")


def document(text: str, name: str, kind: Kind | None) -> tuple[str, int]:
    """Return the OpenAPI document in ``text``, unchanged, and the number of its first line there.

    Without a kind, what begins like JSON or holds ``openapi:`` outside any fenced block is a document, all else a page.
    Raises Refusal, which begins with ``name``, for nothing, for HTML, for a page without exactly one closed OpenAPI
    block, and for a YAML document without an end to its last line, which is cut off.
    """
    if not text.strip():
        raise Refusal(f"{name}: empty; is the source the right one?")
    if _HTML.match(text):
        raise Refusal(f"{name}: line 1: this is an HTML page; give its Markdown source or the document itself")
    if (kind or _kind(text)) == "page":
        return _only_block(text, name)
    if not _JSON.match(text) and not text.endswith("\n"):
        line = text.count("\n") + 1
        raise Refusal(f"{name}: line {line}: the last line has no end; the document was cut off, or add a line end")
    return text, 1


def _kind(text: str) -> Kind:
    fenced = any(_FENCE.match(line) for line in text.split("\n"))
    return "document" if _JSON.match(text) or (not fenced and _OPENAPI.search(text)) else "page"


def _only_block(page: str, name: str) -> tuple[str, int]:
    blocks = [(text, line) for text, line in _blocks(page, name) if _OPENAPI.search(text)]
    if not blocks:
        raise Refusal(f"{name}: no fenced yaml block holds an OpenAPI document (a line that begins 'openapi:')")
    if len(blocks) > 1:
        first, second = blocks[0][1] - 1, blocks[1][1] - 1
        raise Refusal(f"{name}: lines {first} and {second} both begin an OpenAPI block; leave one in the page")
    return blocks[0]


def _blocks(page: str, name: str) -> list[tuple[str, int]]:
    """Return the fenced yaml and json blocks with the number of the first line of each."""
    blocks: list[tuple[str, int]] = []
    lines = page.split("\n")
    position = 0
    while position < len(lines):
        fence = _FENCE.match(lines[position])
        position += 1
        if fence:
            end = _closing(lines, position, fence["marks"], name)
            if fence["language"].lower() in _LANGUAGES:
                blocks.append(("".join(f"{line}\n" for line in lines[position:end]), position + 1))
            position = end + 1
    return blocks


def _closing(lines: list[str], begin: int, marks: str, name: str) -> int:
    for number in range(begin, len(lines)):
        line = lines[number].rstrip()
        if line.startswith(marks) and not line.strip(marks[0]):
            return number
    raise Refusal(f"{name}: line {begin}: the block opened here is never closed; is the page complete?")
