"""What a forecast cannot carry, said by name."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from scipy.special import expit

from scaling_search.forecast.forms import SHARES, FormFit
from scaling_search.forecast.observations import Observations
from scaling_search.forecast.posterior import Posterior
from scaling_search.forecast.quantiles import weighted_quantiles

FEWEST_SIZES = 4  # three parameters and one size to check them
AT_BOUND = 1e-3  # of the last error
WIDE_SHARE = 0.6  # a 90 % interval of the floor's share this wide says nothing about the floor


class WarningType(str, Enum):
    """The names of what can be wrong with the figures that a law was fitted to."""

    FEW_SIZES = "few_sizes"
    SHORT_RANGE = "short_range"
    UPWARD_TREND = "upward_trend"
    FLOOR_AT_BOUND = "floor_at_bound"
    NOT_SEPARABLE = "not_separable"


@dataclass(frozen=True)
class ForecastWarning:
    """One weakness of a forecast: its type and a sentence for the reader."""

    type: WarningType
    sentence: str


def find_warnings(
    seen: Observations, posterior: Posterior, plain: FormFit | None
) -> tuple[ForecastWarning, ...]:
    """What these figures cannot carry, in the order of `WarningType`."""
    found = []
    sizes = seen.macs.size
    if sizes < FEWEST_SIZES:
        found.append(
            ForecastWarning(
                WarningType.FEW_SIZES,
                f"Only {sizes} size(s) were measured and a law has three parameters: the forecast "
                f"rests on the prior. Measure at least {FEWEST_SIZES}.",
            )
        )
    if seen.decades < 1.0:
        found.append(
            ForecastWarning(
                WarningType.SHORT_RANGE,
                f"The sizes span a factor of {10**seen.decades:.3g}, less than ten: the exponent "
                "is hardly seen. Measure smaller sizes, which are cheap.",
            )
        )
    if sizes > 1 and np.polyfit(seen.x, seen.log_error, 1)[0] > 0:
        found.append(
            ForecastWarning(
                WarningType.UPWARD_TREND,
                "The error grows with the size. The law cannot follow that: it forecasts a "
                "standstill at best. Look at the recipe of the larger sizes.",
            )
        )
    if plain is not None:
        share = float(plain.basins[0].theta[1])
        if share <= SHARES[0] + AT_BOUND:
            found.append(
                ForecastWarning(
                    WarningType.FLOOR_AT_BOUND,
                    "The least-squares floor is at its bound of 0: within these sizes the error "
                    "falls as a plain power law, and the floor of the forecast is the prior's.",
                )
            )
        elif share >= SHARES[-1] - AT_BOUND:
            found.append(
                ForecastWarning(
                    WarningType.FLOOR_AT_BOUND,
                    "The least-squares floor is at its bound, the error of the largest size: the "
                    "error has levelled off, and the exponent says nothing about larger sizes.",
                )
            )
    low, high = weighted_quantiles(expit(posterior.logit_share), posterior.weight, (0.05, 0.95))
    if high - low > WIDE_SHARE:
        found.append(
            ForecastWarning(
                WarningType.NOT_SEPARABLE,
                f"Exponent and floor cannot be told apart: a floor of {low:.0%} and one of "
                f"{high:.0%} of the error at the largest size fit alike. Read the forecast, "
                "not the parameters.",
            )
        )
    return tuple(found)
