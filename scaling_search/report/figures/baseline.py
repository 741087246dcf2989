"""The figure of STEP 0: networks, their val errors against their cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.ticker
import numpy as np
from matplotlib.figure import Figure

from scaling_search.report.figures.drawing import drawn, error_axis, looks, macs_axis

if TYPE_CHECKING:
    from scaling_search.report.baseline.found import FoundBaseline

#: Costs that differ by less lie on an axis that is not logarithmic.
_WIDE = 3.0


@drawn
def errors_of_networks(figure: Figure, found: FoundBaseline) -> None:
    """Every network a point, the frontier a line, the existing baselines by name."""
    figure.set_size_inches(9.4, 5.0)
    axes = figure.subplots()
    table = found.table[found.table["runs"] > 0]
    if table["macs"].max() > _WIDE * table["macs"].min():
        macs_axis(axes)
    else:
        axes.xaxis.set_major_formatter(matplotlib.ticker.EngFormatter())
        axes.xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(5))
        axes.set_xlabel("multiply-adds of one forward pass")
    words = found.words
    error_axis(axes, words)
    proposed = table[table["mark"] == ""]
    axes.plot(
        proposed["macs"],
        words.drawn(proposed["val_error"]),
        "o",
        color="0.6",
        markersize=5,
        label="proposed",
    )
    if found.decision.objective.pareto:
        frontier = proposed[proposed["frontier"]].sort_values("macs")
        expected = words.drawn(frontier["expected_error"])
        axes.plot(frontier["macs"], expected, "-", color="black", label="frontier, expected")
    best = proposed[proposed["trial"] == (found.winner.id if found.winner else "")]
    axes.errorbar(
        best["macs"],
        words.drawn(best["expected_error"]),
        yerr=words.spread(np.nan_to_num(best["expected_sd"])),
        fmt="*",
        color="gold",
        ecolor="black",
        markeredgecolor="black",
        markersize=15,
        capsize=4,
        label="found, expected ± sd",
    )
    marked = table[table["mark"] != ""]
    present = found.existing[0].candidate.mark
    for look, row in zip(looks([f" {m}" for m in marked["mark"]]).values(), marked.itertuples()):
        axes.plot(
            row.macs,
            words.drawn(row.val_error),
            look.marker,
            color=look.colour,
            markeredgecolor="black",
            markersize=9,
            label=row.mark + (" (present)" if row.mark == present else ""),
        )
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=10, frameon=False)
