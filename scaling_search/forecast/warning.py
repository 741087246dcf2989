"""What a forecast cannot carry, said by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

import numpy as np
from scipy.special import expit

from scaling_search.forecast.forms import SHARES, FormFit
from scaling_search.forecast.observations import Observations
from scaling_search.forecast.posterior import Posterior
from scaling_search.forecast.quantiles import weighted_quantiles
from scaling_search.wording import capital

FEWEST_SIZES = 4  # three parameters and one size to check them
AT_BOUND = 1e-3  # of the last error
HALF = 0.5 - 1e-6  # mistakes: what a run without any mistake is given as
WIDE_SHARE = 0.6  # a 90 % interval of the floor's share this wide says nothing about the floor


class WarningType(str, Enum):
    """The names of what can be wrong with the figures that a law was fitted to."""

    FEW_SIZES = "few_sizes"
    SHORT_RANGE = "short_range"
    UPWARD_TREND = "upward_trend"
    FLOOR_AT_BOUND = "floor_at_bound"
    NOT_SEPARABLE = "not_separable"
    LESS_THAN_A_MISTAKE = "less_than_a_mistake"
    SE_ABOVE_ERROR = "se_above_error"
    ABOVE_MEASURED = "above_measured"


@dataclass(frozen=True)
class ForecastWarning:
    """One weakness of a forecast: its type and a sentence for the reader."""

    type: WarningType
    sentence: str


def find_warnings(
    seen: Observations, posterior: Posterior, plain: FormFit | None
) -> Iterator[ForecastWarning]:
    """What these figures cannot carry, in the order of `WarningType`."""
    metric, the_error = seen.metric, seen.metric.the_error_on()
    if seen.macs.size < FEWEST_SIZES:
        yield ForecastWarning(
            WarningType.FEW_SIZES,
            f"Only {seen.macs.size} size(s) were measured and a law has three parameters: the "
            f"forecast rests on the prior. Measure at least {FEWEST_SIZES}.",
        )
    if seen.decades < 1.0:
        yield ForecastWarning(
            WarningType.SHORT_RANGE,
            f"The sizes span a factor of {10**seen.decades:.3g}, less than ten: the exponent is "
            "hardly seen. Measure smaller sizes, which are cheap.",
        )
    if (seen.x - seen.x.mean()) @ seen.log_error > 0:
        turned = "; of accuracies, give 1 minus each" if metric.counts_mistakes else ""
        yield ForecastWarning(
            WarningType.UPWARD_TREND,
            f"{capital(the_error)} grows with the size. The law cannot follow that: it forecasts a "
            f"standstill at best. Look at the recipe of the larger sizes{turned}.",
        )
    share = 0.5 if plain is None else float(plain.theta[1])
    if share <= SHARES[0] + AT_BOUND:
        yield ForecastWarning(
            WarningType.FLOOR_AT_BOUND,
            f"The least-squares floor is at its bound of 0: within these sizes {the_error} falls "
            "as a plain power law, and the floor of the forecast is the prior's.",
        )
    if share >= SHARES[-1] - AT_BOUND:
        yield ForecastWarning(
            WarningType.FLOOR_AT_BOUND,
            f"The least-squares floor is at its bound, {the_error} of the largest size: "
            f"{the_error} has levelled off, and the exponent says nothing about larger sizes.",
        )
    low, high = weighted_quantiles(expit(posterior.logit_share), posterior.weight, (0.05, 0.95))
    if high - low > WIDE_SHARE:
        yield ForecastWarning(
            WarningType.NOT_SEPARABLE,
            f"Exponent and floor cannot be told apart: a floor of {100 * low:.0f} % and one of "
            f"{100 * high:.0f} % of {the_error} at the largest size fit alike. Read the forecast, "
            "not the parameters.",
        )
    # Percentages below 1 look like fractions: only the other figures can give them away.
    mistakes = seen.lowest * float(seen.test_images or np.inf)
    at = int(np.argmin(mistakes))
    if mistakes[at] < HALF:
        yield ForecastWarning(
            WarningType.LESS_THAN_A_MISTAKE,
            f"An error of {seen.lowest[at]:.3g} at {seen.amounts.told(seen.macs[at])} is "
            f"{mistakes[at]:.2g} mistakes in {seen.test_images:,} images, and fewer than one "
            "cannot be counted (none is given as half a mistake). Check that the errors are "
            "fractions, and `test_images`.",
        )
    if seen.largest_se > 1:
        yield ForecastWarning(
            WarningType.SE_ABOVE_ERROR,
            f"A standard error is {seen.largest_se:.2g} times its error. Check that errors and "
            "standard errors are in one unit, fractions. If they are, the runs say little: train "
            "more seeds.",
        )
