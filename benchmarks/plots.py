"""Plots for docs/benchmarks.md, as SVG that is the same for the same figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot

from benchmarks.tables import quartiles

mpl.use("svg")
mpl.rcParams.update({"svg.hashsalt": "openrouter-stt", "svg.fonttype": "none", "font.size": 9})
OURS_COLOUR, OTHERS = "#c2410c", "#94a3b8"
LINES = ("#c2410c", "#1d4ed8", "#15803d", "#7c3aed", "#475569")


def bars(
    path: Path,
    title: str,
    unit: str,
    panels: Mapping[str, Mapping[str, Sequence[float]]],
    *,
    ours: str,
    log: bool = True,
    better: str = "lower",
) -> None:
    """Draw a bar for each client, beside it the quartiles, in a panel for each world or size."""
    most = max(len(values) for values in panels.values())
    figure, axes = pyplot.subplots(
        1, len(panels), figsize=(4.6 * len(panels), 0.9 + 0.3 * most), layout="constrained", squeeze=False
    )
    for axis, (panel, values) in zip(axes[0], panels.items(), strict=True):
        names = list(values)[::-1]
        three = [quartiles(values[name]) for name in names]
        middles = [middle for _, middle, _ in three]
        spread = [[middle - low for low, middle, _ in three], [high - middle for _, middle, high in three]]
        colours = [OURS_COLOUR if name == ours else OTHERS for name in names]
        axis.barh(names, middles, color=colours, xerr=spread, ecolor="#334155", error_kw={"elinewidth": 0.8})
        for name, middle, (_, _, high) in zip(names, middles, three, strict=True):
            axis.annotate(
                f" {middle:,.0f}" if middle >= 100 else f" {middle:.2g}", (high, name), va="center", fontsize=8
            )
        axis.set_xscale("log" if log else "linear")
        axis.set_xlim(right=max(high for _, _, high in three) * (2.5 if log else 1.15))
        axis.set_title(panel, fontsize=9)
        axis.set_xlabel(f"{unit}{', log scale' if log else ''}; {better} is better")
        axis.spines[["top", "right"]].set_visible(False)
    figure.suptitle(title, fontsize=10)
    _save(figure, path)


def lines(
    path: Path, title: str, x: str, y: str, series: Mapping[str, tuple[Sequence[float], Sequence[float]]], *, log: bool
) -> None:
    """Draw a line for each series."""
    figure, axis = pyplot.subplots(figsize=(6.2, 2.8), layout="constrained")
    for (name, (xs, ys)), colour in zip(series.items(), LINES, strict=False):
        axis.plot(xs, ys, marker="o", markersize=3, label=name, color=colour)
    axis.set_xscale("log" if log else "linear")
    axis.set_ylim(bottom=min(0.0, *(min(ys) for _, ys in series.values())))
    axis.set_xlabel(f"{x}{', log scale' if log else ''}")
    axis.set_ylabel(f"{y}; lower is better")
    axis.set_title(title, fontsize=10)
    axis.legend(fontsize=8, frameon=False)
    axis.spines[["top", "right"]].set_visible(False)
    _save(figure, path)


def _save(figure: Any, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
    lines_of = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(line.rstrip() for line in lines_of) + "\n", encoding="utf-8")
