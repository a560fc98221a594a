"""Speech recognition on this machine: decode a file, cut it where nobody speaks, recognise the pieces.

Importing this package needs the standard library only; numpy, PyAV, the voice detector and the models are
imported when they are first used. A package that is not installed is a ``ModuleNotFoundError``; one that is
installed but does not run on this machine is a plain ``ImportError``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from .cutting import chunks
from .decoding import RATE, decode
from .engines import ENGINES, Engine, MoonshineEngine, WhisperEngine

__all__ = ["ENGINES", "Engine", "MoonshineEngine", "WhisperEngine", "chunks", "decode", "recognise"]

Progress = Callable[[float, float], None]


def recognise(
    model: str, file: BinaryIO, name: str | None = None, *, progress: Progress | None = None
) -> tuple[str, float]:
    """Return the text spoken in an audio file, and the length of the audio in seconds.

    ``model`` is a key of `ENGINES`; ``name`` is what errors call the file. ``progress(done, total)`` is
    called, in seconds of audio, before each piece is recognised; what it raises ends the work. A file without
    speech has the text ``""``.

    Raises `LookupError` for an unknown model, `ValueError` for a file that is not audio,
    `ModuleNotFoundError` for a package that is not installed, `ImportError` for one that cannot run here.
    """
    engine = ENGINES.get(model)
    if engine is None:
        raise LookupError(f"no model {model!r} on this machine; choose one of: {', '.join(ENGINES)}")
    engine.load()
    samples = decode(file, name)
    total = len(samples) / RATE
    texts: list[str] = []
    for start, chunk in chunks(samples):
        if progress:
            progress(start, total)
        texts.append(engine.transcribe(chunk))
    return " ".join(text for text in texts if text), total
