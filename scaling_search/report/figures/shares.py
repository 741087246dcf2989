"""Best shares from size to size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib.ticker
import mpltern  # noqa: F401  (registers the ternary projection)
import numpy as np

from scaling_search.findings.interval import Floats
from scaling_search.findings.optimum import STEPS
from scaling_search.findings.shares_curve import OnCurve, SharesCurve
from scaling_search.findings.triangle import triangle
from scaling_search.report.figures.drawing import decades, drawn
from scaling_search.report.figures.looks import LOOKS
from scaling_search.report.figures.points import Drawing, Tip
from scaling_search.report.words import Words
from scaling_search.scaling import DIMENSIONS

#: Points of one cost lie this factor apart.
_APART = 1.06
#: Where the names of the dimensions stand, as shares.
_CORNERS = ((1.14, -0.07, -0.07), (-0.08, 1.0, 0.08), (-0.08, 0.08, 1.0))


@drawn
def shares_by_cost(figure: Drawing, trained: SharesCurve | str, sizes: SharesCurve | str) -> None:
    """A line for each dimension over all sizes, a point with its region at each trained cost."""
    figure.set_size_inches(7.6, 5.0)
    axes: Any = figure.subplots()
    decades(axes, matplotlib.ticker.FuncFormatter(lambda value, at: f"×{value:g}"))
    axes.set_xlabel("multiply-adds over the baseline's")
    axes.set_ylabel("best share of the growth, %")
    axes.set_ylim(-3, 103)
    axes.grid(axis="y", color="0.9")
    for i, name in enumerate(DIMENSIONS):
        look = LOOKS[name]
        if not isinstance(sizes, str):
            best = [100 * point.optimum.shares[i] for point in sizes.points]
            axes.plot([p.cost for p in sizes.points], best, linestyle=look.line, color=look.colour)
        if isinstance(trained, str):
            continue
        # Beside each other, not over each other.
        cost = [point.cost * _APART ** (i - 1) for point in trained.points]
        best = [100 * float(point.optimum.shares[i]) for point in trained.points]
        ends = np.array([_ends(point, i) for point in trained.points])
        axes.errorbar(
            cost,
            best,
            yerr=np.abs(ends.T - best),
            fmt=look.marker,
            color=look.colour,
            markeredgecolor="black",
            markersize=9,
            capsize=3,
            label=name,
            zorder=3,
        )
        figure.tell(axes, cost, best, [_tip(name, point, i) for point in trained.points])
    if not isinstance(trained, str):
        above: Any = {"loc": "lower center", "bbox_to_anchor": (0.5, 1), "ncols": 3}
        axes.legend(**above, fontsize=11, frameon=False)


def _ends(point: OnCurve, dimension: int) -> tuple[float, float]:
    region = 100 * point.optimum.region[:, dimension]
    return float(region.min()), float(region.max())


def _tip(name: str, point: OnCurve, dimension: int) -> Tip:
    low, high = _ends(point, dimension)
    share = 100 * point.optimum.shares[dimension]
    return Tip(
        [f"{name} at ×{point.cost:g}", f"{share:.0f} % of the growth ({low:.0f} to {high:.0f})"]
    )


@drawn
def triangles(
    figure: Drawing,
    curve: SharesCurve,
    networks: Sequence[tuple[float, Floats, Floats, Sequence[Tip]]],
    words: Words,
) -> None:
    """A triangle for each cost: its networks, the region of the best shares, the best and the
    constant ones.

    networks: of each cost shares (n, 3), errors (n,), and what the points say.
    """
    figure.set_size_inches(3.9 * len(networks), 4.1)
    for number, (at, (cost, shares, errors, tips)) in enumerate(zip(curve.points, networks), 1):
        axes: Any = figure.add_subplot(1, len(networks), number, projection="ternary")
        for side in (axes.taxis, axes.laxis, axes.raxis):
            side.set_major_formatter(matplotlib.ticker.NullFormatter())
        axes.tick_params(length=0)
        for corner, name in zip(_CORNERS, DIMENSIONS):
            axes.text(*corner, name, ha="center", va="center", color=LOOKS[name].colour, size=11)
        axes.set_title(f"×{cost:g}", pad=30)
        points = triangle(STEPS)
        inside = (np.abs(points[:, None] - at.optimum.region[None]).max(axis=2) < 1e-9).any(axis=1)
        axes.tricontourf(
            *points.T, inside.astype(float), levels=[0.5, 1.5], colors=["0.88"], zorder=0
        )
        known = np.isfinite(errors)
        if known.any():
            values = words.drawn(errors[known])
            best_is_bright = "cividis" if words.metric.rises else "cividis_r"
            dots = axes.scatter(
                *shares[known].T,
                c=values,
                cmap=best_is_bright,
                s=90,
                edgecolors="black",
                linewidth=0.8,
                zorder=3,
                clip_on=False,
            )
            figure.colorbar(dots, ax=axes, shrink=0.6, pad=0.12, label=words.axis)
            x, y = axes.transProjection.transform(shares[known]).T
            figure.tell(axes, x, y, [tip for tip, one in zip(tips, known) if one])
        for place, marker, size in ((curve.constant, "o", 130), (at.optimum.shares, "*", 190)):
            axes.scatter(
                *([share] for share in place),
                s=size,
                marker=marker,
                color="white" if marker == "*" else "none",
                edgecolors="black",
                linewidth=1.4,
                zorder=5,
                clip_on=False,
            )
