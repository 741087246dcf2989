"""The figures of the paper's comparisons, in the paper's manner, and that of exchanges."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from scaling_search.findings.balance import Balance
from scaling_search.findings.diminishing import Diminishing
from scaling_search.findings.interval import Interval
from scaling_search.report.figures.drawing import drawn, error_axis, macs_axis
from scaling_search.report.figures.labels import BESIDE, label
from scaling_search.report.figures.looks import Look, looks
from scaling_search.report.figures.points import Drawing, Tip
from scaling_search.report.words import Words
from scaling_search.series.single_vs_compound import UNSCALED

if TYPE_CHECKING:
    from scaling_search.report.series.measured import Measured


@drawn
def error_by_dimension(
    figure: Drawing, measured: Measured, found: dict[str, Diminishing | str]
) -> None:
    """One panel a dimension, as Figure 3."""
    figure.set_size_inches(4.1 * len(found), 4.4)
    (row,) = figure.subplots(1, len(found), sharey=True, squeeze=False)
    look = looks(found)
    for axes, (series, result) in zip(row, found.items()):
        macs_axis(axes)
        at = measured.of(series=series)
        _errorbars(figure, axes, measured, at, look[series])
        if isinstance(result, Diminishing):
            median, *interval = measured.gains.drawn(result.curve)
            axes.plot(result.curve_macs, median, "--", color="black")
            axes.fill_between(result.curve_macs, *interval, color="0.85", zorder=0)
        axes.set_title(series)
        axes.tick_params(axis="x", labelsize=10)
        error_axis(axes, measured.words, name=axes is row[0])
    for axes, series in zip(row, found):
        _label(figure, axes, measured, measured.of(series=series), series)


@drawn
def width_series(figure: Drawing, measured: Measured, found: Balance | str) -> None:
    """Every width series on one plot, as Figure 4."""
    figure.set_size_inches(7.8, 5.2)
    axes: Any = figure.subplots()
    macs_axis(axes)
    for name, look in looks(point.series for point in measured.points).items():
        at = measured.of(series=name)
        _errorbars(figure, axes, measured, at, look, name)
        if isinstance(found, Balance) and name in found.curves:
            macs, level = found.curves[name]
            place = measured.gains.drawn(level)
            axes.plot(macs, place, linestyle=look.line, color=look.colour)
    axes.legend(loc=f"{measured.words.free} right", fontsize=11, frameon=False)
    error_axis(axes, measured.words)
    _label(figure, axes, measured, measured.of(), "width")


@drawn
def scalings_by_baseline(figure: Drawing, measured: Measured) -> None:
    """One panel a baseline, a line for each way of scaling, as Figure 8."""
    baselines = measured.baselines
    columns, rows = min(2, len(baselines)), math.ceil(len(baselines) / 2)
    figure.set_size_inches(max(7.2, 5.6 * columns), 4.6 * rows)
    grid = figure.subplots(rows, columns, squeeze=False)
    for empty in grid.flat[len(baselines) :]:
        empty.remove()
    words = measured.words
    free = "upper left" if words.metric.rises else "lower left"
    place = words.drawn(measured.mean)
    for axes, baseline in zip(grid.flat, baselines):
        macs_axis(axes)
        first = measured.of(baseline, UNSCALED)
        for name, look in looks(point.series for point in measured.points).items():
            at = measured.of(baseline, name)
            if not at:
                continue
            if name != UNSCALED:
                line = (measured.macs[[*first, *at]], place[[*first, *at]])
                axes.plot(*line, linestyle=look.line, color=look.colour)
            _errorbars(figure, axes, measured, at, look, name)
        axes.set_title(baseline)
        axes.tick_params(axis="x", labelsize=9)
        axes.legend(loc=free, fontsize=10, frameon=False)
        error_axis(axes, words, name=axes in grid[:, 0])


@drawn
def exchanges(
    figure: Drawing, found: Sequence[tuple[str, str, Interval, Tip]], words: Words
) -> None:
    """What each exchange of equal cost buys, a line each, in the look of what it gives more of.

    found: name, dimension that gains, and by how much it is better than the baseline, as a reader
    has it, nan where unknown; what its point says.
    """
    figure.set_size_inches(7.8, 0.55 * len(found) + 1.3)
    axes = figure.subplots()
    axes.axvline(0, color="black", linewidth=0.8)
    for line, (_, gains, points, tip) in enumerate(found):
        figure.tell(axes, [points.value], [line], [tip])
        bars = np.nan_to_num([[points.value - points.low], [points.high - points.value]])
        look = looks([gains])[gains]
        axes.errorbar(
            [points.value],
            [line],
            xerr=bars,
            fmt=look.marker,
            color=look.colour,
            markeredgecolor="black",
            capsize=3,
        )
    axes.set_yticks(range(len(found)), [name for name, *_ in found], fontsize=11)
    axes.set_ylim(len(found) - 0.5, -0.5)
    axes.grid(axis="x", color="0.9")
    axes.set_xlabel(f"{words.gain} {words.over} the baseline")


def _errorbars(
    figure: Drawing, axes: Any, measured: Measured, at: list[int], look: Look, name: str = ""
) -> None:
    """Points with their intervals. name: in the legend."""
    place = measured.words.drawn(measured.mean[at])
    axes.errorbar(
        measured.macs[at],
        place,
        yerr=measured.words.spread(np.nan_to_num(measured.half[at])),
        fmt=look.marker,
        color=look.colour,
        markeredgecolor="black",
        capsize=3,
        label=name or None,
        zorder=3,
    )
    figure.tell(axes, measured.macs[at], place, [point_tip(measured, index) for index in at])


def point_tip(measured: Measured, index: int) -> Tip:
    """What the point of a network says."""
    point, metric, words = measured.points[index], measured.words.metric, measured.words
    member = point.member
    several = len(measured.baselines) > 1
    return Tip(
        [
            f"{point.baseline}, {point.series}" if several else point.series,
            f"depth ×{member.depth_mult:.2f}, width ×{member.width_mult:.2f}, "
            f"{member.resolution} px",
            f"{words.error} {metric.give_or_take(measured.mean[index], measured.half[index])}",
            f"{member.cost.macs:,} multiply-adds, cost {member.cost_ratio:.3f}",
        ],
        [*([point.baseline] if several else []), point.series, f"{member.cost_ratio:.3f}"],
    )


def _label(
    figure: Drawing, axes: Any, measured: Measured, at: Sequence[int], dimension: str
) -> None:
    """The multiplier of a dimension beside each point, first on the side that is free."""
    known = [index for index in at if np.isfinite(measured.mean[index])]
    mults = [getattr(measured.points[i].member, f"{dimension}_mult") for i in known]
    texts = [f"{dimension[0]}={mult:.3g}" for mult in mults]
    places = BESIDE if measured.words.metric.rises else BESIDE[::-1]
    drawn_at = measured.words.drawn(measured.mean[known])
    label(figure, axes, list(zip(measured.macs[known], drawn_at, texts)), places, fontsize=9)
