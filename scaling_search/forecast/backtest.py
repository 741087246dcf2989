"""Would the forecast have been right? Fit the smaller sizes, forecast the larger, compare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from scaling_search.errors import InvalidInput
from scaling_search.forecast.law import Prediction, ScalingLaw, fit_scaling_law
from scaling_search.forecast.observations import FloatArray, Numbers, observe
from scaling_search.forecast.prior import Prior

FEWEST_FITTED = 3  # as many as the law has parameters


@dataclass(frozen=True, eq=False)
class Backtest:
    """A forecast of sizes that the fit did not see; arrays of shape (held-out sizes,)."""

    law: ScalingLaw  # fitted to the smaller sizes alone
    prediction: Prediction  # of one new run at the held-out sizes
    error: FloatArray  # what was measured there, fractions
    hit: FloatArray  # 1 where the interval holds the measured error, else 0

    @property
    def statement(self) -> str:
        """What was forecast, what was measured, and whether the interval held it."""
        p, fitted = self.prediction, self.law.observations.macs.size
        sizes = [
            f"for {macs:,.0f} multiply-adds ({far:.1f} times beyond) {100 * mean:.1f} %, "
            f"{p.level:.0%} interval {100 * low:.1f} to {100 * high:.1f} %, and "
            f"{100 * measured:.1f} % was measured: a {'hit' if hit else 'miss'}"
            for macs, far, mean, low, high, measured, hit in zip(
                p.macs, p.times_beyond, p.mean, p.low, p.high, self.error, self.hit
            )
        ]
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
    """How many of the largest sizes are held out: a third, rounded down; 0 with fewer than four."""
    return sizes // 3 if sizes > FEWEST_FITTED else 0


def backtest(
    macs: Numbers,
    error: Numbers,
    held_out: int | None = None,
    error_se: Numbers | None = None,
    test_images: int | None = None,
    prior: Prior | None = None,
    level: float = 0.9,
) -> Backtest:
    """Hold out the largest `held_out` sizes, fit the rest, forecast them as single runs.

    Arguments as in `fit_scaling_law`. held_out: by default what `held_out_sizes` gives, a rule that
    knows no error; a number chosen after a look at the errors proves nothing. Raises InvalidInput
    where too few sizes would be left to fit.
    """
    seen = observe(macs, error, error_se, test_images)
    if held_out is None:
        held_out = held_out_sizes(seen.macs.size)
        if held_out == 0:
            raise InvalidInput(
                f"only {seen.macs.size} sizes were measured, but a back-test needs "
                f"{FEWEST_FITTED + 1}: {FEWEST_FITTED} to fit and one to forecast. Measure more."
            )
    if not 0 < held_out < seen.macs.size:
        raise InvalidInput(
            f"`held_out` is {held_out}, but must be at least 1 and leave one of the "
            f"{seen.macs.size} sizes to fit. Hold out fewer or measure more."
        )
    limit = seen.macs[-held_out]
    macs_n, error_n = np.asarray(macs, dtype=np.float64), np.asarray(error, dtype=np.float64)
    small = macs_n < limit
    se = None if error_se is None else np.asarray(error_se, dtype=np.float64)[small]
    law = fit_scaling_law(macs_n[small], error_n[small], se, test_images, prior)
    prediction = law.predict(seen.macs[-held_out:], level, of="run")
    measured = np.exp(seen.log_error[-held_out:])
    hit = (prediction.low <= measured) & (measured <= prediction.high)
    return Backtest(law, prediction, measured, hit.astype(np.float64))
