"""The figures of STEP 2: the family's errors against its cost, measured and forecast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from scaling_search.baselines import Quantity
from scaling_search.findings.interval import LEVEL
from scaling_search.forecast import Backtest, Prediction, ScalingLaw
from scaling_search.report.figures.drawing import drawn, error_axis, note, quantity_axis
from scaling_search.report.words import Words
from scaling_search.wording import percent

if TYPE_CHECKING:
    import pandas as pd


@drawn
def error_against_amount(
    figure: Figure, family: pd.DataFrame, law: ScalingLaw | str, words: Words, quantity: Quantity
) -> None:
    """The winner's family against what its budget is counted in, measured and forecast."""
    axes = _axes(figure, words, quantity)
    if not len(family):
        return
    measured = family[family["runs"] > 0]
    axes.errorbar(
        measured["amount"],
        words.drawn(measured["error"]),
        yerr=words.spread((measured["error_high"] - measured["error"]).fillna(0)),
        fmt="o",
        color="black",
        capsize=4,
        zorder=4,
        label=f"measured, with its {percent(LEVEL, 0)} interval",
    )
    ahead = family[family["forecast"].notna()]
    if isinstance(law, ScalingLaw) and len(ahead):
        amounts = np.geomspace(ahead["amount"].min(), ahead["amount"].max(), 200)
        _draw_law(axes, law.predict(amounts, LEVEL), "fitted law and forecast", "the mean", words)
        listed = ahead[ahead["runs"] == 0]
        axes.plot(
            listed["amount"],
            words.drawn(listed["forecast"]),
            "o",
            markerfacecolor="white",
            color="black",
            label="listed member, forecast",
        )
    # On the side of the curve that is free.
    away = -16 if words.metric.rises else 8
    for row in family.itertuples():
        y = row.error if row.runs else row.forecast
        if float(row.phi).is_integer() and not row.above_native and np.isfinite(y):
            note(axes, f"φ={row.phi:g}", (row.amount, words.drawn(y)), (5, away), fontsize=11)
    axes.legend(loc=f"{words.free} right", fontsize=11, frameon=False)


@drawn
def held_out_members(figure: Figure, backtest: Backtest, words: Words, quantity: Quantity) -> None:
    """The largest trained members as a fit to the smaller ones forecasts them."""
    axes = _axes(figure, words, quantity)
    fitted, held_out = backtest.law.observations, backtest.prediction
    macs = np.geomspace(fitted.macs[0], held_out.macs[-1] * 1.15, 200)
    law = backtest.law.predict(macs, held_out.level, of="run")
    _draw_law(axes, law, "fit and forecast", "one run", words)
    kept = words.drawn(np.exp(fitted.log_error))
    axes.plot(fitted.macs, kept, "o", color="black", label="fitted, mean over seeds")
    white: Any = {"markersize": 9, "markerfacecolor": "white", "color": "black"}
    told = words.drawn(backtest.error)
    axes.plot(held_out.macs, told, "D", **white, label="held out, mean over seeds")
    for size, error, hit in zip(held_out.macs, backtest.error, backtest.hit):
        note(axes, "hit" if hit else "miss", (size, words.drawn(error)), (-8, 10), ha="right")
    axes.legend(loc=f"{words.free} right", fontsize=11, frameon=False)


def _axes(figure: Figure, words: Words, quantity: Quantity) -> Any:
    figure.set_size_inches(7.2, 4.8)
    axes = figure.subplots()
    quantity_axis(axes, quantity)
    error_axis(axes, words)
    return axes


def _draw_law(axes: Any, law: Prediction, name: str, of: str, words: Words) -> None:
    """A dashed line with its interval in grey."""
    axes.plot(law.macs, words.drawn(law.mean), "--", color="black", label=name)
    axes.fill_between(
        law.macs,
        words.drawn(law.high),
        words.drawn(law.low),
        color="0.8",
        zorder=0,
        label=f"{percent(law.level, 0)} interval of {of}",
    )
