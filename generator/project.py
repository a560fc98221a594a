"""Where the parts of the project are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from generator import config

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Project:
    """The paths below a root directory: the project itself, or a copy of it to be written first."""

    root: Path

    @property
    def document(self) -> Path:
        """The published document, cut to our operations."""
        return self.root / "openapi.yaml"

    @property
    def overlays(self) -> list[Path]:
        """Our corrections to the document, in the order in which they are applied."""
        return sorted((self.root / "generator" / "overlays").glob("*.yaml"))

    @cached_property
    def config(self) -> config.Config:
        """The configuration."""
        return config.load(self.config_file)

    @property
    def config_file(self) -> Path:
        """The file of the configuration."""
        return self.root / "generator" / "config.toml"

    @property
    def generated(self) -> Path:
        """All that is written by machine: the package, and the lock beside it."""
        return self.root / "generated"

    @property
    def package(self) -> Path:
        """The generated package."""
        return self.generated / self.config.package

    @property
    def lock(self) -> Path:
        """What the generated files were made of."""
        return self.generated / "lock.json"

    @property
    def fragments(self) -> Path:
        """The changelog's fragments, one a change."""
        return self.root / "changelog.d"
