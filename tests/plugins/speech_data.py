"""Recordings of human speech whose words are known, from packages that pip installs."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

# Charles Dickens, A Tale of Two Cities (1859), the first sentence.
_TWO_CITIES = (
    "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of "
    "foolishness, it was the epoch of belief, it was the epoch of incredulity, it was the season of "
    "Light, it was the season of Darkness, it was the spring of hope, it was the winter of despair, we "
    "had everything before us, we had nothing before us, we were all going direct to Heaven, we were all "
    "going direct the other way, in short, the period was so far like the present period, that some of "
    "its noisiest authorities insisted on its being received, for good or for evil, in the superlative "
    "degree of comparison only."
)


@dataclass(frozen=True)
class Recording:
    """An audio file and the words spoken in it."""

    path: Path
    text: str

    @property
    def id(self) -> str:
        return self.path.stem


def two_cities() -> Recording:
    """44 seconds read by one voice, with pauses: WAV, 48 kHz, mono, 16 bit; from moonshine-voice's wheel."""
    return Recording(_folder("moonshine_voice") / "assets" / "two_cities.wav", _TWO_CITIES)


def short_clips(language: str = "en") -> list[Recording]:
    """Three clips of 1 to 3 seconds per language: WAV, 16 kHz, mono, 32-bit float; in pytest-audioeval."""
    folder = _folder("pytest_audioeval") / "samples" / "audio" / language
    clips = [
        Recording(path, path.with_suffix(".txt").read_text("utf-8").strip()) for path in sorted(folder.glob("*.wav"))
    ]
    if not clips:
        raise FileNotFoundError(f"no recordings in {folder}; install pytest-audioeval 0.1.3")
    return clips


def english() -> list[Recording]:
    """All recordings in English."""
    return [two_cities(), *short_clips()]


def _folder(package: str) -> Path:
    # Found, not imported: importing them is slow and opens sound devices.
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(
            f"the tests take human speech from {package.replace('_', '-')}, which is not installed",
            name=package,
        )
    return Path(spec.submodule_search_locations[0])
