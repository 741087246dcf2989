"""The figure of STEP 0: networks, their val errors against their cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib.ticker
import numpy as np

from scaling_search.baselines import Quantity
from scaling_search.report.figures.drawing import amounts, drawn, error_axis, quantity_axis
from scaling_search.report.figures.looks import LOOKS, looks
from scaling_search.report.figures.points import Drawing, Tip
from scaling_search.report.words import Words

if TYPE_CHECKING:
    from scaling_search.report.baseline.found import FoundBaseline

#: Costs that differ by less lie on an axis that is not logarithmic.
_WIDE = 3.0


@drawn
def errors_of_networks(figure: Drawing, found: FoundBaseline) -> None:
    """Every network a point, the frontier a line, the existing baselines by name."""
    figure.set_size_inches(9.4, 5.0)
    axes = figure.subplots()
    table = found.table[found.table["runs"] > 0]
    quantity = found.study.definition.quantity
    if table["amount"].max() > _WIDE * table["amount"].min():
        quantity_axis(axes, quantity)
    else:
        axes.xaxis.set_major_formatter(amounts(quantity))
        axes.xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(5))
        axes.set_xlabel(quantity.axis)
    words = found.words
    error_axis(axes, words)
    proposed = table[table["mark"] == ""]
    axes.plot(
        proposed["amount"],
        words.drawn(proposed["val_error"]),
        "o",
        color="0.6",
        markersize=5,
        label="proposed",
    )
    if found.decision.objective.pareto:
        frontier = proposed[proposed["frontier"]].sort_values("amount")
        expected = words.drawn(frontier["expected_error"])
        axes.plot(frontier["amount"], expected, "-", color="black", label="frontier, expected")
    told = [_tip(row, words, quantity) for row in proposed.itertuples()]
    figure.tell(axes, proposed["amount"], words.drawn(proposed["val_error"]), told)
    best = proposed[proposed["trial"] == (found.winner.id if found.winner else "")]
    axes.errorbar(
        best["amount"],
        words.drawn(best["expected_error"]),
        yerr=words.spread(np.nan_to_num(best["expected_sd"])),
        fmt=LOOKS["found"].marker,
        color=LOOKS["found"].colour,
        ecolor="black",
        markeredgecolor="black",
        markersize=15,
        capsize=4,
        label="found, expected ± sd",
    )
    told = [_tip(row, words, quantity) for row in best.itertuples()]
    figure.tell(axes, best["amount"], words.drawn(best["expected_error"]), told)
    marked = table[table["mark"] != ""]
    present = found.existing[0].candidate.mark
    look_of = looks(existing.candidate.mark for existing in found.existing)
    for row in marked.itertuples():
        look = look_of[row.mark]
        axes.plot(
            row.amount,
            words.drawn(row.val_error),
            look.marker,
            color=look.colour,
            markeredgecolor="black",
            markersize=9,
            label=row.mark + (" (present)" if row.mark == present else ""),
        )
        figure.tell(axes, [row.amount], [words.drawn(row.val_error)], [_tip(row, words, quantity)])
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=10, frameon=False)


def _tip(row: Any, words: Words, quantity: Quantity) -> Tip:
    metric = words.metric
    lines = [
        row.mark or f"trial {row.trial}",
        row.network,
        f"{words.error} {metric.text(row.val_error)} ({row.runs} run{'s' if row.runs > 1 else ''})",
        quantity.told(row.amount),
    ]
    if not row.mark and np.isfinite(row.expected_error):
        lines.append(f"expected {metric.give_or_take(row.expected_error, row.expected_sd)}")
    return Tip(lines, [row.mark or row.trial])
