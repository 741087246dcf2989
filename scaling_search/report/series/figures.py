"""The figures of the paper's comparisons, in the paper's manner."""

from __future__ import annotations

import math
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from scaling_search.findings.balance import Balance
from scaling_search.findings.diminishing import Diminishing
from scaling_search.report.drawing import LOOKS, against_macs, as_svg, styled
from scaling_search.report.series.points import Measured, means
from scaling_search.series.single_vs_compound import UNSCALED


def accuracy_by_dimension(measured: Measured, found: dict[str, Diminishing | str]) -> str:
    """One panel a dimension, as Figure 3; SVG."""
    with styled():
        figure, row = plt.subplots(
            1, len(found), figsize=(4.1 * len(found), 4.4), sharey=True, squeeze=False
        )
        for axes, (series, result) in zip(row[0], found.items()):
            against_macs(axes)
            at = measured.of(series=series)
            _errorbars(axes, measured, at, *LOOKS[0][:2])
            if isinstance(result, Diminishing):
                axes.plot(result.curve_macs, result.curve[0], "--", color="black")
                axes.fill_between(
                    result.curve_macs, result.curve[1], result.curve[2], color="0.85", zorder=0
                )
            symbol = {"depth": "d", "width": "w", "resolution": "r"}[series]
            for index in at:
                member = measured.points[index].member
                value = getattr(member, f"{series}_mult")
                _label(axes, measured, index, f"{symbol}={value:.3g}")
            axes.set_title(series)
            axes.grid(axis="y", color="0.9")
            axes.tick_params(axis="x", labelsize=10)
        row[0][0].set_ylabel("test accuracy, %")
        return as_svg(figure)


def width_series(measured: Measured, found: Balance | str) -> str:
    """Every width series on one plot, as Figure 4; SVG."""
    with styled():
        figure, axes = plt.subplots(figsize=(7.8, 5.2))
        against_macs(axes)
        names = list(dict.fromkeys(point.series for point in measured.points))
        for name, (colour, marker, line) in zip(names, _cycle(len(names))):
            at = measured.of(series=name)
            _errorbars(axes, measured, at, colour, marker, label=name)
            if isinstance(found, Balance) and name in found.curves:
                axes.plot(*found.curves[name], linestyle=line, color=colour)
            for index in at:
                member = measured.points[index].member
                _label(axes, measured, index, f"w={member.width_mult:.3g}")
        axes.set_ylabel("test accuracy, %")
        axes.legend(loc="lower right", fontsize=11, frameon=False)
        axes.grid(axis="y", color="0.9")
        return as_svg(figure)


def scalings_by_baseline(measured: Measured) -> str:
    """One panel a baseline, a line for each way of scaling, as Figure 8; SVG."""
    with styled():
        baselines = measured.baselines
        columns = min(2, len(baselines))
        rows = math.ceil(len(baselines) / 2)
        figure, grid = plt.subplots(
            rows, columns, figsize=(max(7.2, 5.6 * columns), 4.6 * rows), squeeze=False
        )
        for empty in grid.flat[len(baselines) :]:
            empty.remove()
        effect, _ = means(measured)
        for axes, baseline in zip(grid.flat, baselines):
            against_macs(axes)
            first = measured.of(baseline, UNSCALED)
            own = (measured.points[i].series for i in measured.of(baseline))
            names = [name for name in dict.fromkeys(own) if name != UNSCALED]
            for name, (colour, marker, line) in zip(names, _cycle(len(names))):
                at = [*first, *measured.of(baseline, name)]
                axes.plot(measured.macs[at], 100 * (1 - effect[at]), linestyle=line, color=colour)
                _errorbars(axes, measured, at, colour, marker, label=name)
            axes.set_title(baseline)
            axes.grid(axis="y", color="0.9")
            axes.tick_params(axis="x", labelsize=9)
            axes.legend(loc="upper left", fontsize=10, frameon=False)
        for axes in grid[:, 0]:
            axes.set_ylabel("test accuracy, %")
        return as_svg(figure)


def _cycle(count: int) -> list[tuple[Any, str, Any]]:
    return [LOOKS[i % len(LOOKS)] for i in range(count)]


def _errorbars(
    axes: Any, measured: Measured, at: list[int], colour: str, marker: str, label: str | None = None
) -> None:
    effect, se = means(measured)
    axes.errorbar(
        measured.macs[at],
        100 * (1 - effect[at]),
        yerr=100 * np.nan_to_num(se[at]),
        fmt=marker,
        color=colour,
        markeredgecolor="black",
        capsize=3,
        label=label,
        zorder=3,
    )


def _label(axes: Any, measured: Measured, index: int, text: str) -> None:
    effect, _ = means(measured)
    if np.isfinite(effect[index]):
        axes.annotate(
            text,
            (measured.macs[index], 100 * (1 - effect[index])),
            xytext=(6, -12),
            textcoords="offset points",
            fontsize=9,
        )
