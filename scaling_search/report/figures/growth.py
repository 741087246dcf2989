"""Networks grown from trained weights beside the same from nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scaling_search.report.figures.drawing import drawn, error_axis, macs_axis
from scaling_search.report.figures.looks import looks
from scaling_search.report.figures.points import Drawing, Tip
from scaling_search.study.growth import CANDIDATES, FAMILY

if TYPE_CHECKING:
    from scaling_search.report.growth.found import Found

GROWN, FROM_NOTHING = "grown", "from nothing"


@drawn
def both_ways(figure: Drawing, found: Found) -> None:
    """The family against multiply-adds, and where there are any the candidates way against way."""
    candidates = found.places(CANDIDATES)
    panels = 2 if candidates else 1
    figure.set_size_inches(5.6 * panels + 1, 4.6)
    row: Any = figure.subplots(1, panels, squeeze=False)[0]
    _family(figure, row[0], found)
    if candidates:
        _candidates(figure, row[1], found, candidates)


def _family(figure: Drawing, axes: Any, found: Found) -> None:
    macs_axis(axes)
    networks, words = found.growth.networks, found.words
    at = [i for i, network in enumerate(networks) if network.group == FAMILY]
    macs = np.array([networks[i].member.cost.macs for i in at], float)
    ways = {FROM_NOTHING: found.from_nothing, GROWN: found.grown}
    for name, look in looks(ways).items():
        errors = ways[name][at]
        place = words.drawn(found.mean(errors))
        axes.plot(
            *(macs, place),
            linestyle=look.line,
            marker=look.marker,
            color=look.colour,
            markeredgecolor="black",
            label=name,
        )
        single = words.drawn(errors)
        for seed in range(errors.shape[1]):
            axes.plot(macs, single[:, seed], look.marker, color=look.colour, markersize=3)
        figure.tell(axes, macs, place, [_tip(found, i, name) for i in at])
    axes.legend(loc=f"{words.free} right", fontsize=11, frameon=False)
    error_axis(axes, words)


def _candidates(figure: Drawing, axes: Any, found: Found, at: list[int]) -> None:
    words, look = found.words, looks((FROM_NOTHING, GROWN))[GROWN]
    across, upwards = (
        words.metric.factor * found.mean(errors[at]) for errors in (found.from_nothing, found.grown)
    )
    known = np.concatenate([across, upwards])
    known = known[np.isfinite(known)]
    if known.size:
        axes.axline((known.mean(), known.mean()), slope=1, color="0.6", linewidth=0.8)
    axes.plot(across, upwards, look.marker, color=look.colour, markeredgecolor="black")
    figure.tell(axes, across, upwards, [_tip(found, i, "candidate") for i in at])
    unit = ", %" if words.metric.is_fraction else ""
    axes.set_xlabel(f"{words.error} from nothing{unit}")
    axes.set_ylabel(f"{words.error} grown{unit}")
    axes.grid(color="0.9")


def _tip(found: Found, place: int, name: str) -> Tip:
    member, metric = found.growth.networks[place].member, found.words.metric
    means = (float(found.mean(errors[[place]])[0]) for errors in (found.grown, found.from_nothing))
    grown, from_nothing = ("not known" if np.isnan(e) else metric.text(e) for e in means)
    return Tip(
        [
            f"{member.id}, {name}",
            f"depth ×{member.depth_mult:.2f}, width ×{member.width_mult:.2f}, "
            f"{member.resolution} px",
            f"{found.words.error}: grown {grown}, from nothing {from_nothing}",
            f"{member.cost.macs:,} multiply-adds, cost {member.cost_ratio:.3f}",
        ],
        [member.id],
    )
