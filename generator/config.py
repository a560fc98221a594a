"""The configuration file: which operations are generated, and with which tools."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from generator.refusal import Refusal


@dataclass(frozen=True, kw_only=True)
class Config:
    """What ``config.toml`` holds; the meaning of each value is written there."""

    package: str
    operations: tuple[str, ...]
    filled: frozenset[str]
    taken: frozenset[str]
    largest_document: int
    tools: dict[str, str]
    aliases: dict[str, str] = field(default_factory=dict[str, str])


def load(path: Path) -> Config:
    """Read the configuration file."""
    values = tomllib.loads(path.read_text(encoding="utf-8"))
    return Config(
        package=values["package"],
        operations=tuple(values["operations"]),
        filled=frozenset(values["filled"]),
        taken=frozenset(values["taken"]),
        largest_document=values["largest_document"],
        tools=values["tools"],
        aliases=values.get("aliases", {}),
    )


def require_tools(tools: dict[str, str]) -> None:
    """Refuse to run with a tool of another version than the pinned one."""
    for name, wanted in tools.items():
        found = version(name)
        if found != wanted:
            raise Refusal(f"{name} {wanted} is pinned, but {found} is installed: pip install {name}=={wanted}")
