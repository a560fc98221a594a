"""What openapi.yaml says, read anew, so that a change of the API is covered without a change of a test."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
PATH = "/audio/transcriptions"


@cache
def document() -> dict[str, Any]:
    """Return the whole API description."""
    loaded: dict[str, Any] = YAML(typ="safe", pure=True).load((ROOT / "openapi.yaml").read_text("utf-8"))
    return loaded


def error_statuses() -> list[int]:
    """Return the documented statuses of errors."""
    return sorted(int(status) for status in _responses() if not status.startswith("2"))


def example_of(status: int) -> Any:
    """Return the documented example of an answer."""
    return _responses()[str(status)]["content"]["application/json"]["example"]


def error_name(status: int) -> str:
    """Return the class an error is to have: the name of the answer's schema, ending in Error instead of Response."""
    reference: str = _responses()[str(status)]["content"]["application/json"]["schema"]["$ref"]
    return reference.rpartition("/")[2].removesuffix("Response") + "Error"


def _responses() -> dict[str, Any]:
    responses: dict[str, Any] = document()["paths"][PATH]["post"]["responses"]
    return responses
