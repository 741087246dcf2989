"""The figure of STEP 1: val errors on the triangle of shares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import matplotlib.ticker
import mpltern  # noqa: F401  (registers the ternary projection)
import numpy as np
from matplotlib.figure import Figure

from scaling_search.findings.interval import LEVEL
from scaling_search.findings.optimum import STEPS, Optimum
from scaling_search.findings.surface import Surface
from scaling_search.findings.triangle import triangle as lattice
from scaling_search.report.figures.drawing import drawn
from scaling_search.report.words import Words
from scaling_search.scaling import PAPER
from scaling_search.wording import percent

if TYPE_CHECKING:
    from scaling_search.report.search.found import Found

#: So many candidates have their number beside them; where there are more, colour alone tells it.
_LABELLED = 30


@drawn
def triangle(figure: Figure, found: Found) -> None:
    """Every candidate, the surface, the winner and the paper's point."""
    figure.set_size_inches(7.6, 6.0)
    # mpltern's axes take three coordinates, which matplotlib's annotations do not know.
    axes: Any = figure.add_subplot(projection="ternary")
    for side in (axes.taxis, axes.laxis, axes.raxis):
        side.set_major_locator(mpl.ticker.FixedLocator([0.25, 0.5, 0.75]))
        side.set_major_formatter(mpl.ticker.NullFormatter())
    axes.tick_params(length=0)
    corners = ((1.17, -0.085, -0.085), (-0.11, 1.0, 0.11), (-0.11, 0.11, 1.0))
    for corner, name in zip(corners, ("depth alone", "width alone", "resolution alone")):
        axes.text(*corner, name, ha="center", va="center")
    axes.grid(color="0.85", linewidth=0.8)
    if found.evidence is not None and found.decision.surface is not None:
        _draw_surface(axes, found.decision.surface, found.evidence.optimum, found.words)
    _draw_candidates(figure, axes, found)
    paper = [[share] for share in PAPER.shares()]
    axes.scatter(*paper, s=420, marker="D", facecolors="none", edgecolors="black", zorder=4)
    figure.supxlabel(
        "★ lowest expected error   ◇ the paper's shares\n"
        f"lines: the response surface   shaded: {percent(LEVEL, 0)} region of its optimum",
        fontsize=12,
    )


def _draw_candidates(figure: Figure, axes: Any, found: Found) -> None:
    """A dot for each trained candidate, the larger the more seeds it has; a star for the winner."""
    shown = found.trials[found.trials["val_error"].notna()]
    if not len(shown):
        return
    shares = [shown[f"share_{d}"].to_numpy() for d in ("depth", "width", "resolution")]
    words = found.words
    values = words.drawn(shown["val_error"].to_numpy())
    edges: Any = {"edgecolors": "black", "clip_on": False}
    crowd = max(1.0, len(shown) / _LABELLED)
    size = (60 + 85 * shown["runs"].to_numpy()) / crowd
    # What is better is brighter.
    colours = "cividis" if words.metric.rises else "cividis_r"
    dots = axes.scatter(*shares, c=values, s=size, cmap=colours, zorder=3, **edges)
    for *place, value in zip(*shares, values) if crowd == 1 else ():
        told = f"{value:.1f}" if words.metric.is_fraction else f"{value:.3g}"
        # The empty line lifts the figure above its dot.
        axes.text(*place, f"{told}\n", ha="center", va="bottom", fontsize=11, zorder=5)
    if found.decision.winner is not None:
        at = [[share] for share in found.decision.winner.coefficients.shares()]
        axes.scatter(*at, s=110, marker="*", color="white", zorder=6, **edges)
    figure.colorbar(dots, ax=axes, shrink=0.7, label=words.axis, pad=0.1)


def _draw_surface(axes: Any, surface: Surface, optimum: Optimum, words: Words) -> None:
    """Expected errors at equal cost as lines, and the region of the lowest."""
    points = lattice(STEPS)
    error = surface.error_at(points).mean(axis=0)
    inside = (np.abs(points[:, None] - optimum.region[None]).max(axis=2) < 1e-9).any(axis=1)
    axes.tricontourf(*points.T, inside.astype(float), levels=[0.5, 1.5], colors=["0.9"], zorder=0)
    if np.ptp(error) > 1e-6 * (1 if words.metric.is_fraction else error.mean()):
        lines = axes.tricontour(
            *points.T, words.drawn(error), levels=6, colors="0.55", linewidths=1, zorder=1
        )
        axes.clabel(lines, fontsize=9, fmt="%.3g")
