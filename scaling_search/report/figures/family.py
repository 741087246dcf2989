"""The figures of STEP 2: the family's errors against its cost, measured and forecast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scaling_search.baselines import Quantity
from scaling_search.findings.interval import LEVEL
from scaling_search.forecast import Backtest, Prediction, ScalingLaw
from scaling_search.report.figures.drawing import drawn, error_axis, quantity_axis
from scaling_search.report.figures.labels import ABOVE, BELOW, BESIDE, LEFT, RIGHT, label
from scaling_search.report.figures.looks import LOOKS
from scaling_search.report.figures.points import Drawing, Tip
from scaling_search.report.words import Words
from scaling_search.wording import percent

if TYPE_CHECKING:
    import pandas as pd

#: The winner's family grows in all dimensions together.
_LOOK = LOOKS["compound"]


@drawn
def error_against_amount(
    figure: Drawing,
    family: pd.DataFrame,
    law: ScalingLaw | str,
    words: Words,
    quantity: Quantity,
    ends: tuple[tuple[float, float], tuple[float, float]] | None = None,
) -> None:
    """The winner's family against what its budget is counted in, measured and forecast.

    ends: costs and errors at which the axes begin and end, where families are compared.
    """
    axes = _axes(figure, words, quantity)
    if not len(family):
        return
    measured = family[family["runs"] > 0]
    axes.errorbar(
        measured["amount"],
        words.drawn(measured["error"]),
        yerr=words.spread((measured["error_high"] - measured["error"]).fillna(0)),
        fmt=_LOOK.marker,
        color=_LOOK.colour,
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
            _LOOK.marker,
            markerfacecolor="white",
            color=_LOOK.colour,
            label="listed member, forecast",
        )
    shown = words.drawn(family["error"].fillna(family["forecast"]))
    tips = [_tip(row, words, quantity) for row in family.itertuples()]
    figure.tell(axes, family["amount"], shown, tips)
    if ends is not None:
        axes.set_xlim(ends[0])
        axes.set_ylim(*sorted(words.drawn(np.array(ends[1]))))
    axes.legend(loc=f"{words.free} right", fontsize=11, frameon=False)
    rows = zip(family.itertuples(), shown)
    named = [
        (row.amount, y, f"φ={row.phi:g}")
        for row, y in rows
        if float(row.phi).is_integer() and not row.above_native and np.isfinite(y)
    ]
    # First on the side of the curve that is free.
    label(figure, axes, named, BESIDE if words.metric.rises else BESIDE[::-1], fontsize=11)


@drawn
def held_out_members(figure: Drawing, backtest: Backtest, words: Words, quantity: Quantity) -> None:
    """The largest trained members as a fit to the smaller ones forecasts them."""
    axes = _axes(figure, words, quantity)
    fitted, held_out = backtest.law.observations, backtest.prediction
    macs = np.geomspace(fitted.macs[0], held_out.macs[-1] * 1.15, 200)
    law = backtest.law.predict(macs, held_out.level, of="run")
    _draw_law(axes, law, "fit and forecast", "one run", words)
    kept = words.drawn(np.exp(fitted.log_error))
    axes.plot(fitted.macs, kept, _LOOK.marker, color=_LOOK.colour, label="fitted, mean over seeds")
    white: Any = {"markersize": 9, "markerfacecolor": "white", "color": _LOOK.colour}
    told = words.drawn(backtest.error)
    axes.plot(held_out.macs, told, _LOOK.marker, **white, label="held out, mean over seeds")
    sizes = [*fitted.macs, *held_out.macs]
    figure.tell(axes, sizes, [*kept, *told], _backtest_tips(backtest, words))
    axes.legend(loc=f"{words.free} right", fontsize=11, frameon=False)
    verdicts = ["hit" if hit else "miss" for hit in backtest.hit]
    sides = (BELOW, ABOVE) if words.metric.rises else (ABOVE, BELOW)
    label(figure, axes, list(zip(held_out.macs, told, verdicts)), (*sides, LEFT, RIGHT))


def _axes(figure: Drawing, words: Words, quantity: Quantity) -> Any:
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


def _tip(row: Any, words: Words, quantity: Quantity) -> Tip:
    metric = words.metric
    lines = [
        f"φ={row.phi:.3g}",
        f"depth ×{row.depth_mult:.2f}, width ×{row.width_mult:.2f}, {row.resolution} px",
    ]
    if row.runs:
        half = row.error_high - row.error
        runs = f"{row.runs} run{'s' if row.runs > 1 else ''}"
        lines.append(f"{words.error} {metric.give_or_take(row.error, half)} ({runs})")
    if np.isfinite(row.forecast):
        interval = metric.between(row.forecast_low, row.forecast_high)
        lines.append(f"forecast {metric.text(row.forecast)} ({interval})")
    cost = f"{quantity.told(row.amount)}, cost {row.cost_ratio:.2f}"
    return Tip([*lines, cost], [f"{row.phi:.3g}", f"{row.macs:,}"])


def _backtest_tips(backtest: Backtest, words: Words) -> list[Tip]:
    metric, fitted, ahead = words.metric, backtest.law.observations, backtest.prediction
    tips = [
        Tip([f"fitted: {words.error} {metric.text(error)}", fitted.amounts.told(size)])
        for size, error in zip(fitted.macs, np.exp(fitted.log_error))
    ]
    rows = zip(ahead.macs, backtest.error, ahead.low, ahead.high, backtest.hit)
    for size, error, low, high, hit in rows:
        verdict = "hit" if hit else "miss"
        forecast = f"forecast {metric.between(low, high)}{metric.unit}"
        lines = [f"{verdict}: {words.error} {metric.text(error)}", forecast]
        tips.append(Tip([*lines, fitted.amounts.told(size)], [fitted.amounts.text(size)]))
    return tips
