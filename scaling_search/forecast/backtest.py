"""Would the forecast have been right? Fit the smaller sizes, forecast the larger, compare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from scaling_search.errors import InvalidInput
from scaling_search.forecast.arguments import (
    SIZE,
    FloatArray,
    Numbers,
    measured,
    numbers,
    standard_errors,
    whole_number,
)
from scaling_search.forecast.law import ScalingLaw, fit_scaling_law
from scaling_search.forecast.observations import MACS, observe
from scaling_search.forecast.prediction import Prediction
from scaling_search.forecast.prior import Prior
from scaling_search.metric import ERROR, Metric
from scaling_search.wording import Amounts, level_text

FEWEST_FITTED = 3  # as many as the law has parameters


@dataclass(frozen=True, eq=False)
class Backtest:
    """A forecast of sizes that the fit did not see; arrays of shape (held-out sizes,)."""

    law: ScalingLaw  # fitted to the smaller sizes alone
    prediction: Prediction  # of one new run at the held-out sizes
    error: FloatArray  # what was measured there: the mean over the runs of a size

    @property
    def hit(self) -> FloatArray:
        """1 where the interval holds the measured error, else 0."""
        p = self.prediction
        return ((p.low <= self.error) & (self.error <= p.high)).astype(np.float64)

    @property
    def statement(self) -> str:
        """What was forecast, what was measured, and whether the interval held it."""
        p, sizes = self.prediction, []
        metric, amounts = self.law.observations.metric, self.law.observations.amounts
        for i, hit in enumerate(self.hit):
            told = _told(metric, p.mean[i], p.low[i], p.high[i], self.error[i])
            mean, low, high, seen = told
            sizes.append(
                f"for {amounts.told(p.macs[i])} ({p.times_beyond[i]:.1f} times beyond) "
                f"{mean}{metric.unit}, {level_text(p.level)} interval {low} to {high}{metric.unit},"
                f" and {seen}{metric.unit} was measured: a {'hit' if hit else 'miss'}"
            )
        fitted = self.law.observations.macs.size
        return f"Fitted to the {fitted} smaller sizes alone, the law forecasts {'; '.join(sizes)}."

    @property
    def rmsle(self) -> float:
        """Root mean square of log(forecast / measured)."""
        return float(np.sqrt(np.mean(np.log(self.prediction.mean / self.error) ** 2)))

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "law": self.law.to_dict(),
            "prediction": self.prediction.to_dict(),
            "error": self.error.tolist(),
            "hit": [bool(hit) for hit in self.hit],
            "rmsle": self.rmsle,
            "statement": self.statement,
        }


def held_out_sizes(sizes: int) -> int:
    """How many of the largest sizes are held out: a third, rounded down; 0 with fewer than four.

    Raises InvalidInput where `sizes` is no whole number of at least 0.
    """
    sizes = whole_number("sizes", sizes, 0, "Give how many sizes were measured.")
    return sizes // 3 if sizes > FEWEST_FITTED else 0


def backtest(
    macs: Numbers,
    error: Numbers,
    held_out: int | None = None,
    error_se: Numbers | None = None,
    test_images: int | None = None,
    prior: Prior | None = None,
    level: float = 0.9,
    metric: Metric = ERROR,
    amounts: Amounts = MACS,
) -> Backtest:
    """Hold out the largest `held_out` sizes, fit the rest, forecast them as single runs.

    Arguments as in `fit_scaling_law`. held_out: by default what `held_out_sizes` gives, a rule that
    knows no error; a number chosen after a look at the errors proves nothing. Raises InvalidInput
    where too few sizes would be left to fit.
    """
    seen = observe(macs, error, error_se, test_images, metric, amounts)
    sizes = seen.macs.size
    if held_out is None and sizes <= FEWEST_FITTED:
        raise InvalidInput(
            f"only {sizes} sizes were measured, but a back-test needs {FEWEST_FITTED + 1}: "
            f"{FEWEST_FITTED} to fit and one to forecast. Measure more."
        )
    chosen = held_out_sizes(sizes) if held_out is None else held_out
    held_out = whole_number("held_out", chosen, 1, "Hold out one or more, or leave it out.")
    if held_out >= sizes:
        raise InvalidInput(
            f"`held_out` is {held_out}, but must leave one of the {sizes} sizes to fit. "
            "Hold out fewer or measure more."
        )
    macs_n = numbers("macs", macs, SIZE)
    small = macs_n < seen.macs[-held_out]
    given = None if error_se is None else numbers("error_se", error_se, standard_errors(metric))
    se = None if given is None else given[small]
    error_n = numbers("error", error, measured(metric))
    law = fit_scaling_law(macs_n[small], error_n[small], se, test_images, prior, metric, amounts)
    prediction = law.predict(seen.macs[-held_out:], level, of="run")
    return Backtest(law, prediction, seen.error[-held_out:])


def _told(metric: Metric, mean: float, low: float, high: float, error: float) -> tuple[str, ...]:
    """With as many digits as it takes to see whether the interval holds."""
    first = metric.decimals(error)
    for digits in range(first, first + 12):
        told = tuple(metric.number(value, digits) for value in (mean, low, high, error))
        seen_low, seen_high, seen = (float(text) for text in told[1:])
        if (low <= error <= high) == (seen_low <= seen <= seen_high):
            break
    return told
