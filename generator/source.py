"""Read the published document from where the maintainer says it is: a file, an address, or standard input."""

from __future__ import annotations

import os
import re
import stat
import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from urllib.parse import urlsplit

from generator import extract
from generator.fetch import fetch
from generator.refusal import Refusal

STANDARD_INPUT = "-"

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_KINDS: dict[str, extract.Kind] = {
    **dict.fromkeys((".md", ".mdx", ".markdown"), "page"),
    **dict.fromkeys((".yaml", ".yml", ".json"), "document"),
}


@dataclass(frozen=True)
class Published:
    """An OpenAPI document as published, its line ends ``\\n``, and what refusals call it."""

    text: str
    name: str


def read(source: str, *, largest: int, timeout: float = 30.0) -> Published:
    """Return the document at ``source``: a path, an http or https address, or ``-`` for standard input.

    A page (.md, .mdx, .markdown) holds it in its one fenced OpenAPI block; a document (.yaml, .yml, .json) is it; what
    has another name is one of both by its content. Raises Refusal for what is over ``largest`` bytes, is not UTF-8, did
    not come within ``timeout`` seconds from a server, or holds no single complete document.
    """
    name = "standard input" if source == STANDARD_INPUT else source
    content = _content(source, name, largest, timeout)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refusal(f"{name}: byte {error.start} is not UTF-8; save it as UTF-8") from error
    document, line = extract.document(text.replace("\r\n", "\n").replace("\r", "\n"), name, _kind(source))
    return Published(document, name if line == 1 else f"{name} (the block at line {line})")


def recorded(source: str, root: Path, before: str = "") -> str:
    """Return ``source`` as a lock names it: a path by its way from ``root``, with forward slashes.

    Where ``before``, the lock's present source, is an address, a file or standard input is taken for a copy of it.
    """
    if _ADDRESS.match(before) and not _ADDRESS.match(source):
        return before
    if source == STANDARD_INPUT or _ADDRESS.match(source):
        return source
    return Path(os.path.relpath(source, root)).as_posix()


def from_lock(recorded: str, root: Path) -> str:
    """Return what `read` takes for the source that a lock in ``root`` names; Refusal where that was standard input."""
    if recorded == STANDARD_INPUT:
        raise Refusal("the lock: the document came from standard input the last time; name a source")
    return recorded if _ADDRESS.match(recorded) else os.path.normpath(root / recorded)


def _kind(source: str) -> extract.Kind | None:
    path = urlsplit(source).path if _ADDRESS.match(source) else source
    return _KINDS.get(PurePosixPath(path).suffix.lower())


def _content(source: str, name: str, largest: int, timeout: float) -> bytes:
    if _ADDRESS.match(source):
        return fetch(source, largest=largest, timeout=timeout)
    if source == STANDARD_INPUT:
        return _all_of(sys.stdin.buffer, name, largest)
    try:
        path = Path(source)
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would be waited for
            raise Refusal(f"{name}: no regular file; name one, or give the document on standard input as -")
        with path.open("rb") as stream:
            return _all_of(stream, name, largest)
    except OSError as error:
        raise Refusal(f"{name}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise Refusal(f"{name}: no path: {error}") from error


def _all_of(stream: BinaryIO, name: str, largest: int) -> bytes:
    content = stream.read(largest + 1)
    if len(content) > largest:
        raise Refusal(f"{name}: more than {largest} bytes, the largest_document of generator/config.toml")
    return content
