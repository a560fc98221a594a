"""Format names and the file name extensions that stand for them."""

from __future__ import annotations

from pathlib import PurePath
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

KNOWN_FORMATS: tuple[str, ...] = ("wav", "mp3", "flac", "m4a", "ogg", "webm", "aac", "aiff", "mp4")
"""Every `AudioInfo.format` there is: the seven the API documents, then two that some providers take."""

ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "wave": "wav",
        "mpga": "mp3",
        "mpeg": "mp3",
        "mp2": "mp3",
        "m4b": "m4a",
        "m4v": "mp4",
        "mov": "mp4",
        "3gp": "mp4",
        "oga": "ogg",
        "opus": "ogg",
        "weba": "webm",
        "adts": "aac",
        "aif": "aiff",
        "aifc": "aiff",
    }
)
"""Other file name extensions, without the dot and in lower case, and the format each stands for."""


def format_of_name(name: str) -> str | None:
    """Return the format that a file name's extension stands for ("Talk.OGA": "ogg"), or None."""
    extension = PurePath(name).suffix[1:].lower()
    extension = ALIASES.get(extension, extension)
    return extension if extension in KNOWN_FORMATS else None


def name_agrees(name: str, found: str) -> bool:
    """Tell whether a file's name may stand for the format `found` in its content.

    A name without a known extension always may. "m4a" and "mp4" agree with each other: they are one
    container, and only the content tells if it has video.
    """
    named = format_of_name(name)
    return named is None or named == found or {named, found} == {"m4a", "mp4"}
