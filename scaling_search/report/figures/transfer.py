"""The figures of a study of transfer, in the manner of the paper's Figure 6."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scaling_search.findings.transfer import Line
from scaling_search.report.figures.drawing import drawn, error_axis, quantity_axis
from scaling_search.report.figures.looks import Look, looks
from scaling_search.report.figures.points import Drawing, Tip
from scaling_search.report.figures.series import point_tip
from scaling_search.series.single_vs_compound import COMPOUND

if TYPE_CHECKING:
    from scaling_search.baselines import Quantity
    from scaling_search.report.series.measured import Measured
    from scaling_search.report.transfer.measured import Transferred


@drawn
def transferred(figure: Drawing, found: Transferred, quantities: list[Quantity]) -> None:
    """A panel for each quantity: filled after fine-tuning, open and dotted from nothing."""
    figure.set_size_inches(5.4 * len(quantities), 5.0)
    (row,) = figure.subplots(1, len(quantities), sharey=True, squeeze=False)
    look = looks(point.series for point in found.points)
    for axes, quantity in zip(row, quantities):
        quantity_axis(axes, quantity)
        for measured, filled in ((found.alone, False), (found.tuned, True)):
            for name, of in look.items():
                _series(figure, axes, measured, quantity, name, of, filled)
        axes.tick_params(axis="x", labelsize=10)
        error_axis(axes, found.tuned.words, name=axes is row[0])
    handles, names = row[0].get_legend_handles_labels()
    # Column by column: each scaling from nothing, and fine-tuned below that.
    order = [i for at in range(len(look)) for i in range(at, len(names), len(look))]
    figure.legend(
        [handles[i] for i in order],
        [names[i] for i in order],
        loc="outside lower center",
        ncols=len(look),
        fontsize=9,
        frameon=False,
    )


def _series(
    figure: Drawing,
    axes: Any,
    measured: Measured,
    quantity: Quantity,
    name: str,
    look: Look,
    filled: bool,
) -> None:
    at = measured.of(series=name)
    if not at:
        return
    amounts = [quantity.of(measured.points[i].member) for i in at]
    place = measured.words.drawn(measured.mean[at])
    how = "fine-tuned" if filled else "from nothing"
    axes.errorbar(
        amounts,
        place,
        yerr=measured.words.spread(np.nan_to_num(measured.half[at])),
        marker=look.marker,
        linestyle=("-" if filled else ":") if name == COMPOUND else "none",
        color=look.colour,
        markerfacecolor=look.colour if filled else "white",
        capsize=3,
        label=f"{name}, {how}",
        zorder=3,
    )
    figure.tell(axes, amounts, place, [_tip(measured, index, how) for index in at])


def _tip(measured: Measured, index: int, how: str) -> Tip:
    tip = point_tip(measured, index)
    return Tip([how, *tip.lines], tip.cells)


@drawn
def source_and_target(figure: Drawing, found: Transferred, line: Line | None) -> None:
    """What each network has on the source, and on the target after fine-tuning."""
    figure.set_size_inches(6.4, 5.0)
    axes: Any = figure.subplots()
    source, tuned, words = found.source, found.tuned, found.tuned.words
    for name, look in looks(point.series for point in found.points).items():
        at = tuned.of(series=name)
        x, y = words.drawn(source.mean[at]), words.drawn(tuned.mean[at])
        axes.errorbar(
            x,
            y,
            xerr=words.spread(np.nan_to_num(source.half[at])),
            yerr=words.spread(np.nan_to_num(tuned.half[at])),
            fmt=look.marker,
            color=look.colour,
            markeredgecolor="black",
            capsize=3,
            label=name,
            zorder=3,
        )
        figure.tell(axes, x, y, [point_tip(tuned, index) for index in at])
    if line is not None:
        ends = np.array([np.nanmin(source.mean), np.nanmax(source.mean)])
        along = words.drawn(line.intercept + line.slope.value * ends)
        axes.plot(words.drawn(ends), along, "--", color="0.5", zorder=1)
    axes.set_xlabel(f"{words.axis} on the source")
    error_axis(axes, words, name=False)
    axes.set_ylabel(f"{words.axis} on the target, fine-tuned")
    axes.legend(fontsize=10, frameon=False)
