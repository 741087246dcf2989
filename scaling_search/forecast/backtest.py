"""Would the forecast have been right? Fit the smaller sizes, forecast the larger, compare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from scaling_search.errors import InvalidInput
from scaling_search.forecast.law import Prediction, ScalingLaw, fit_scaling_law
from scaling_search.forecast.observations import FloatArray, Numbers, observe
from scaling_search.forecast.prior import Prior


@dataclass(frozen=True, eq=False)
class Backtest:
    """A forecast of sizes that the fit did not see; arrays of shape (held-out sizes,)."""

    law: ScalingLaw  # fitted to the smaller sizes alone
    prediction: Prediction  # of one new run at the held-out sizes
    error: FloatArray  # what was measured there, fractions
    hit: FloatArray  # 1 where the interval holds the measured error, else 0

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
        }


def backtest(
    macs: Numbers,
    error: Numbers,
    held_out: int,
    error_se: Numbers | None = None,
    test_images: int | None = None,
    prior: Prior | None = None,
    level: float = 0.9,
) -> Backtest:
    """Hold out the largest `held_out` sizes, fit the rest, forecast them as single runs.

    Arguments as in `fit_scaling_law`. Fix `held_out` before the larger sizes are trained: a number
    chosen afterwards proves nothing. Raises InvalidInput where no size would be left to fit.
    """
    seen = observe(macs, error, error_se, test_images)
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
