"""Take the published document out of what the maintainer names: a documentation page, or the document itself.

A page is only read. Nothing in it is run, and no address found in it is followed.
"""

from __future__ import annotations

import re
from pathlib import Path

from generator.refusal import Refusal

_PAGES = frozenset({".md", ".mdx", ".markdown"})
_DOCUMENTS = frozenset({".yaml", ".yml", ".json"})
_HTML = re.compile(r"\s*(<!doctype html|<html|<head|<body)", re.IGNORECASE)
_FENCE = re.compile(r"(?P<marks>`{3,}|~{3,})[ \t]*(?P<language>[\w-]*)")
_LANGUAGES = frozenset({"yaml", "yml", "json"})
_OPENAPI = re.compile(r"^(openapi[ \t]*:|\{?\s*\"openapi\"\s*:)", re.MULTILINE)


def published(source: Path) -> str:
    """Return the text of the OpenAPI document in ``source``, exactly as published (line ends are ``\\n``).

    Raises Refusal for what cannot be read, for HTML, and for a page without exactly one closed OpenAPI block.
    """
    text = _read(source)
    if _HTML.match(text):
        raise Refusal(f"{source}: line 1: this is an HTML page; give its Markdown source or the document itself")
    if source.suffix.lower() in _PAGES:
        return _only_block(text, source)
    if source.suffix.lower() in _DOCUMENTS:
        return text
    raise Refusal(f"{source}: name a page (.md) or a document (.yaml, .yml, .json)")


def _read(source: Path) -> str:
    try:
        return source.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise Refusal(f"{source}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Refusal(f"{source}: byte {error.start} is not UTF-8; save the file as UTF-8") from error


def _only_block(page: str, source: Path) -> str:
    blocks = [(line, text) for line, text in _blocks(page, source) if _OPENAPI.search(text)]
    if not blocks:
        raise Refusal(f"{source}: no fenced yaml block holds an OpenAPI document (a line that begins 'openapi:')")
    if len(blocks) > 1:
        first, second = blocks[0][0], blocks[1][0]
        raise Refusal(f"{source}: lines {first} and {second} both begin an OpenAPI block; leave one in the page")
    return blocks[0][1]


def _blocks(page: str, source: Path) -> list[tuple[int, str]]:
    """Return the fenced yaml and json blocks with the number of the line that opens each."""
    blocks: list[tuple[int, str]] = []
    lines = page.splitlines(keepends=True)
    position = 0
    while position < len(lines):
        fence = _FENCE.match(lines[position])
        if fence is None:
            position += 1
            continue
        end = _closing(lines, position, fence["marks"], source)
        if fence["language"].lower() in _LANGUAGES:
            blocks.append((position + 1, "".join(lines[position + 1 : end])))
        position = end + 1
    return blocks


def _closing(lines: list[str], opening: int, marks: str, source: Path) -> int:
    for number in range(opening + 1, len(lines)):
        line = lines[number].rstrip()
        if line.startswith(marks) and not line.strip(marks[0]):
            return number
    raise Refusal(f"{source}: line {opening + 1}: the block opened here is never closed; is the page complete?")
