"""Two families compared over compute: compound against single-dimension, winner against paper's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scaling_search.forecast.arguments import SIZE, FloatArray, Numbers, numbers
from scaling_search.forecast.law import ScalingLaw, require_law
from scaling_search.forecast.prediction import Of
from scaling_search.forecast.quantiles import weighted_quantiles

QUANTILES = (np.arange(99) + 0.5) / 99  # of each law; all pairs of them stand for the difference


@dataclass(frozen=True, eq=False, kw_only=True)
class Contrast:
    """Error of the first family minus error of the second; arrays of shape (sizes,).

    Fractions: -.01 means that the first family makes one mistake fewer in a hundred images.
    """

    macs: FloatArray
    mean: FloatArray
    low: FloatArray
    high: FloatArray
    probability_first_better: FloatArray
    level: float
    of: Of


def contrast(
    first: ScalingLaw, second: ScalingLaw, macs: Numbers, level: float = 0.9, of: Of = "mean"
) -> Contrast:
    """Difference of two laws at the same macs (n,), with its interval.

    The laws are taken as independent: right for families trained apart; where both share a test
    set or a baseline the interval is a little too wide. Raises InvalidInput.
    """
    require_law("first", first)
    require_law("second", second)
    at = numbers("macs", macs, SIZE)
    errors = [law.quantiles(at, QUANTILES, of) for law in (first, second)]
    difference = (errors[0][:, :, None] - errors[1][:, None, :]).reshape(at.size, -1)
    middle = [law.predict(at, level, of).mean for law in (first, second)]
    equal = np.full(difference.shape[1], 1.0 / difference.shape[1])
    tails = (0.5 - level / 2, 0.5 + level / 2)
    low, high = np.array([weighted_quantiles(row, equal, tails) for row in difference]).T
    return Contrast(
        macs=at,
        mean=middle[0] - middle[1],
        low=low,
        high=high,
        probability_first_better=(difference < 0).mean(axis=1),
        level=level,
        of=of,
    )
