"""The figures of a search's report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import mpltern  # noqa: F401  (registers the ternary projection)
import numpy as np

from scaling_search.findings.interval import LEVEL
from scaling_search.findings.optimum import STEPS, Optimum
from scaling_search.findings.surface import Surface
from scaling_search.findings.triangle import triangle as lattice
from scaling_search.forecast import ScalingLaw
from scaling_search.report.drawing import against_macs, as_svg, styled
from scaling_search.report.tables import Tables
from scaling_search.scaling import PAPER

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def triangle(tables: Tables) -> str:
    """Val accuracy of every candidate on the triangle of shares, as SVG."""
    trials = tables.trials
    shown = trials[trials["val_error"].notna()]
    with styled():
        figure = plt.figure(figsize=(7.6, 6.0))
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
        if tables.evidence is not None and tables.decision.surface is not None:
            _draw_surface(axes, tables.decision.surface, tables.evidence.optimum)
        if len(shown):
            shares = [shown[f"share_{d}"].to_numpy() for d in ("depth", "width", "resolution")]
            accuracy = 100 * (1 - shown["val_error"].to_numpy())
            dots = axes.scatter(
                *shares,
                c=accuracy,
                s=60 + 85 * shown["runs"].to_numpy(),
                cmap="cividis",
                edgecolors="black",
                clip_on=False,
                zorder=3,
            )
            for *place, value in zip(*shares, accuracy):
                # The empty line lifts the figure above its dot.
                axes.text(*place, f"{value:.1f}\n", ha="center", va="bottom", fontsize=11, zorder=5)
            winner = tables.decision.winner
            if winner is not None:
                at = [[share] for share in winner.coefficients.shares()]
                axes.scatter(
                    *at,
                    s=110,
                    marker="*",
                    color="white",
                    edgecolors="black",
                    clip_on=False,
                    zorder=6,
                )
            figure.colorbar(dots, ax=axes, shrink=0.7, label="val accuracy, %", pad=0.1)
        paper = [[share] for share in PAPER.shares()]
        axes.scatter(*paper, s=420, marker="D", facecolors="none", edgecolors="black", zorder=4)
        figure.supxlabel(
            "★ lowest expected error   ◇ the paper's shares\n"
            f"lines: the response surface   shaded: {LEVEL:.0%} region of its optimum",
            fontsize=12,
        )
        return as_svg(figure)


def _draw_surface(axes: Any, surface: Surface, optimum: Optimum) -> None:
    """Expected accuracy at equal cost as lines, and the region of its highest point."""
    points = lattice(STEPS)
    error = surface.error_at(points).mean(axis=0)
    inside = (np.abs(points[:, None] - optimum.region[None]).max(axis=2) < 1e-9).any(axis=1)
    axes.tricontourf(*points.T, inside.astype(float), levels=[0.5, 1.5], colors=["0.9"], zorder=0)
    if np.ptp(error) > 1e-6:
        lines = axes.tricontour(
            *points.T, 100 * (1 - error), levels=6, colors="0.55", linewidths=1, zorder=1
        )
        axes.clabel(lines, fontsize=9, fmt="%.3g")


def _accuracy_axes() -> tuple[Figure, Any]:
    figure, axes = plt.subplots(figsize=(7.2, 4.8))
    against_macs(axes)
    axes.set_ylabel("test accuracy, %")
    return figure, axes


def accuracy_against_macs(tables: Tables) -> str:
    """Test accuracy of the winner's family against multiply-adds, measured and forecast, as SVG."""
    family = tables.family
    with styled():
        figure, axes = _accuracy_axes()
        if len(family):
            measured = family[family["runs"] > 0]
            axes.errorbar(
                measured["macs"],
                100 * (1 - measured["test_error"]),
                yerr=100 * measured["test_error_se"].fillna(0),
                fmt="o",
                color="black",
                capsize=4,
                zorder=4,
                label="measured, ± standard error over seeds",
            )
            ahead = family[family["forecast"].notna()]
            if isinstance(tables.law, ScalingLaw) and len(ahead):
                macs = np.geomspace(ahead["macs"].min(), ahead["macs"].max(), 200)
                law = tables.law.predict(macs, level=LEVEL)
                axes.plot(
                    macs, 100 * (1 - law.mean), "--", color="black", label="fitted law and forecast"
                )
                axes.fill_between(
                    macs,
                    100 * (1 - law.high),
                    100 * (1 - law.low),
                    color="0.8",
                    zorder=0,
                    label=f"{LEVEL:.0%} interval of the mean",
                )
                listed = ahead[ahead["runs"] == 0]
                axes.plot(
                    listed["macs"],
                    100 * (1 - listed["forecast"]),
                    "o",
                    markerfacecolor="white",
                    color="black",
                    label="listed member, forecast",
                )
            for row in family.itertuples():
                if float(row.phi).is_integer() and not row.above_native:
                    y = row.test_error if row.runs else row.forecast
                    if np.isfinite(y):
                        axes.annotate(
                            f"φ={row.phi:g}",
                            (row.macs, 100 * (1 - y)),
                            xytext=(5, -16),
                            textcoords="offset points",
                            fontsize=11,
                        )
            axes.legend(loc="lower right", fontsize=11, frameon=False)
        axes.grid(axis="y", color="0.9")
        return as_svg(figure)


def held_out_members(tables: Tables) -> str:
    """The largest trained members as a fit to the smaller ones forecasts them, as SVG."""
    backtest = tables.backtest
    with styled():
        figure, axes = _accuracy_axes()
        if isinstance(backtest, str):
            axes.set_title("no back-test: too few sizes were trained", fontsize=12)
            return as_svg(figure)
        fitted = backtest.law.observations
        macs = np.geomspace(fitted.macs[0], backtest.prediction.macs[-1] * 1.15, 200)
        forecast = backtest.law.predict(macs, backtest.prediction.level, of="run")
        axes.fill_between(
            macs,
            100 * (1 - forecast.high),
            100 * (1 - forecast.low),
            color="0.85",
            zorder=0,
            label=f"{forecast.level:.0%} interval of one run",
        )
        axes.plot(macs, 100 * (1 - forecast.mean), "--", color="black", label="fit and forecast")
        axes.plot(
            fitted.macs,
            100 * (1 - np.exp(fitted.log_error)),
            "o",
            color="black",
            label="fitted, mean over seeds",
        )
        axes.plot(
            backtest.prediction.macs,
            100 * (1 - backtest.error),
            "D",
            markersize=9,
            markerfacecolor="white",
            color="black",
            label="held out, mean over seeds",
        )
        for size, error, hit in zip(backtest.prediction.macs, backtest.error, backtest.hit):
            axes.annotate(
                "hit" if hit else "miss",
                (size, 100 * (1 - error)),
                xytext=(-8, 10),
                textcoords="offset points",
                ha="right",
            )
        axes.legend(loc="lower right", fontsize=11, frameon=False)
        axes.grid(axis="y", color="0.9")
        return as_svg(figure)
