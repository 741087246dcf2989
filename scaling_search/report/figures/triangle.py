"""The figure of STEP 1: val errors on the triangle of shares."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import matplotlib.ticker
import mpltern  # noqa: F401  (registers the ternary projection)
import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from scaling_search.findings.interval import LEVEL
from scaling_search.findings.optimum import STEPS, Optimum
from scaling_search.findings.surface import Surface
from scaling_search.findings.triangle import triangle as lattice
from scaling_search.report.figures.drawing import drawn
from scaling_search.report.figures.labels import label
from scaling_search.report.figures.looks import LOOKS
from scaling_search.report.figures.points import Drawing, Tip
from scaling_search.report.words import Words
from scaling_search.scaling import DIMENSIONS, PAPER
from scaling_search.wording import percent

if TYPE_CHECKING:
    from scaling_search.report.search.found import Found

#: So many candidates have their number beside them; where there are more, colour alone tells it.
_LABELLED = 30
#: A candidate that is none of the points that every search compares.
_PLAIN = "o"


@drawn
def triangle(figure: Drawing, found: Found, ends: tuple[float, float] | None = None) -> None:
    """Every candidate, the surface, the winner and the paper's point.

    ends: errors at which colours begin and end, where triangles are compared.
    """
    figure.set_size_inches(7.6, 6.2)
    # mpltern's axes take three coordinates, which matplotlib's annotations do not know.
    axes: Any = figure.add_subplot(projection="ternary")
    for side in (axes.taxis, axes.laxis, axes.raxis):
        side.set_major_locator(mpl.ticker.FixedLocator([0.25, 0.5, 0.75]))
        side.set_major_formatter(mpl.ticker.NullFormatter())
    axes.tick_params(length=0)
    corners = ((1.17, -0.085, -0.085), (-0.11, 1.0, 0.11), (-0.11, 0.11, 1.0))
    for corner, name in zip(corners, DIMENSIONS):
        axes.text(*corner, f"{name} alone", ha="center", va="center", color=LOOKS[name].colour)
    axes.grid(color="0.85", linewidth=0.8)
    surface = found.decision.surface if found.evidence is not None else None
    if found.evidence is not None and surface is not None:
        _draw_surface(axes, surface, found.evidence.optimum, found.words)
    _draw_paper(figure, axes)
    _draw_candidates(figure, axes, found, ends)
    _explain(figure, found, surface is not None)


def _draw_paper(figure: Drawing, axes: Any) -> None:
    """Where the paper's coefficients lie, whatever rounding makes of them here."""
    look, shares = LOOKS["paper"], PAPER.shares()
    outline: Any = {"facecolors": "none", "edgecolors": look.colour, "linewidth": 2}
    axes.scatter(*([share] for share in shares), s=420, marker=look.marker, **outline, zorder=4)
    told = ["the paper's shares", f"α = {PAPER.alpha:g}, β = {PAPER.beta:g}, γ = {PAPER.gamma:g}"]
    x, y = axes.transProjection.transform([shares]).T
    figure.tell(axes, x, y, [Tip(told)])


def _draw_candidates(
    figure: Drawing, axes: Any, found: Found, ends: tuple[float, float] | None
) -> None:
    """A dot for each trained candidate, the larger the more seeds it has; a star for the winner.

    Those that every search compares have the markers and the edges of their own.
    """
    shown = found.trials[found.trials["val_error"].notna()]
    if not len(shown):
        return
    words = found.words
    values = words.drawn(shown["val_error"].to_numpy())
    lowest, highest = sorted(words.drawn(np.array(ends))) if ends else (values.min(), values.max())
    # What is better is brighter.
    colours = mpl.cm.ScalarMappable(
        mpl.colors.Normalize(lowest, highest), "cividis" if words.metric.rises else "cividis_r"
    )
    crowd = max(1.0, len(shown) / _LABELLED)
    sizes = (60 + 85 * shown["runs"].to_numpy()) / crowd
    for row, value, size in zip(shown.itertuples(), values, sizes):
        look = LOOKS.get(row.marks.split(" ")[0])
        axes.scatter(
            *([share] for share in _shares(row)),
            color=[colours.to_rgba(value)],
            s=size,
            marker=look.marker if look else _PLAIN,
            edgecolors=look.colour if look else "black",
            linewidth=1.8 if look else 1,
            clip_on=False,
            zorder=3,
        )
    if found.decision.winner is not None:
        at = [[share] for share in found.decision.winner.coefficients.shares()]
        white: Any = {"color": "white", "edgecolors": "black", "clip_on": False}
        axes.scatter(*at, s=110, marker="*", zorder=6, **white)
    figure.colorbar(colours, ax=axes, shrink=0.7, label=words.axis, pad=0.1)
    places = axes.transProjection.transform([_shares(row) for row in shown.itertuples()])
    x, y = places.T
    figure.tell(axes, x, y, [_tip(row, words) for row in shown.itertuples()])
    if crowd == 1:
        form = ".1f" if words.metric.is_fraction else ".3g"
        # The best first.
        best = np.argsort(shown["val_error"].to_numpy(), kind="stable")
        texts = [(*places[i], f"{values[i]:{form}}") for i in best]
        half = math.sqrt(sizes.max()) / 2 + 1
        sides = [(0, half), (0, -half), (half + 2, 0), (-half - 2, 0)]
        label(figure, axes, texts, sides, half, fontsize=11, zorder=5)


def _shares(row: Any) -> list[float]:
    return [getattr(row, f"share_{name}") for name in DIMENSIONS]


def _tip(row: Any, words: Words) -> Tip:
    metric = words.metric
    shares = ", ".join(f"{n} {percent(s, 0)}" for n, s in zip(DIMENSIONS, _shares(row)))
    marks = f" ({row.marks.replace(' ', ', ')})" if row.marks else ""
    lines = [
        f"trial {row.trial}{marks}",
        f"α = {row.alpha:.3f}, β = {row.beta:.3f}, γ = {row.gamma:.3f}",
        shares,
        f"{words.error} {metric.text(row.val_error)} ({row.runs} run{'s' if row.runs > 1 else ''})",
        f"{row.macs:,} multiply-adds, cost {row.cost_ratio:.3f}",
    ]
    if row.possible_winner:
        lines.append("may be the best")
    return Tip(lines, [row.trial])


def _explain(figure: Drawing, found: Found, surface: bool) -> None:
    """What markers, lines and the shaded region are, below the triangle."""
    points: dict[str, Any] = {
        "lowest expected error": {"marker": "*", "color": "white", "markeredgecolor": "black"},
        "the paper's shares": {
            "marker": LOOKS["paper"].marker,
            "color": "none",
            "markeredgecolor": LOOKS["paper"].colour,
        },
    }
    marked = {mark for marks in found.trials["marks"] for mark in marks.split(" ")}
    if "uniform" in marked:
        look = LOOKS["uniform"]
        points["equal shares"] = {
            "marker": look.marker,
            "color": "none",
            "markeredgecolor": look.colour,
        }
    handles: list[Any] = [
        Line2D([], [], linestyle="none", markersize=11, label=name, **look)
        for name, look in points.items()
    ]
    if surface:
        handles += [
            Line2D([], [], color="0.55", linewidth=1, label="response surface"),
            Patch(color="0.9", label=f"{percent(LEVEL, 0)} region of its optimum"),
        ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=11, frameon=False)


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
