"""How figures are written: medians with their spread, in tables of Markdown."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Sequence
from importlib.metadata import version

UNITS = {"s": 1.0, "ms": 1e3, "µs": 1e6, "ns": 1e9, "MB": 1e-6, "GB/s": 1e-9, "/s": 1.0}


def shown(values: Sequence[float], unit: str, digits: int = 1) -> str:
    """Return the median with the quartiles; values are in seconds or bytes."""
    low, middle, high = (f"{value * UNITS[unit]:,.{digits}f}" for value in quartiles(values))
    return f"{middle} {unit} ({low} to {high})"


def quartiles(values: Sequence[float]) -> list[float]:
    return statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else [*values] * 3


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])


def machine() -> str:
    """Return on what was measured."""
    return (
        f"{platform.system()} {platform.machine()}, {processor()}{os.cpu_count()} cores, "
        f"{platform.python_implementation()} {platform.python_version()}"
    )


def processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:  # noqa: PTH123  it has no size
            names = {line.partition(":")[2].strip() for line in file if line.startswith("model name")}
    except OSError:
        return ""
    return f"{names.pop()}, " if len(names) == 1 else ""


def versions(*names: str) -> str:
    return ", ".join(f"{name} {version(name)}" for name in names)
