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
from scaling_search.wording import macs_text, percent

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
) -> tuple[ForecastWarning, ...]:
    """What these figures cannot carry, in the order of `WarningType`."""
    found = [*_range(seen), *_floor(posterior, plain), *_unit(seen)]
    return tuple(ForecastWarning(name, sentence) for name, sentence in found)


def above_measured(
    seen: Observations, macs: float, forecast: float, law_there: float, chance: float
) -> ForecastWarning:
    """That a size larger than all measured ones is forecast to err more than one of them did.

    forecast: mean error at macs. law_there: the law's own at the size that was measured to err
    least. chance: that one run at macs errs less. All fractions.
    """
    at = int(np.argmin(seen.error))
    count, low, high = int(seen.count[at]), percent(seen.lowest[at]), percent(seen.highest[at])
    span = low.removesuffix(" %") + (" and " if count == 2 else " to ") + high
    runs = f"the mean of {count} runs, {span}" if count > 1 else "one value"
    measured = percent(seen.error[at])
    return ForecastWarning(
        WarningType.ABOVE_MEASURED,
        f"{percent(forecast)} is forecast for {macs_text(macs)} multiply-adds, more than the "
        f"{measured} already measured at {macs_text(seen.macs[at])} ({runs}; the law has "
        f"{percent(law_there)} "
        "there). Either that size was lucky, or the error falls faster than the law follows and "
        "the forecast is too high: more seeds of it tell which. By the law, one run at "
        f"{macs_text(macs)} errs less than {measured} with a probability of {100 * chance:.0f} %.",
    )


def _range(seen: Observations) -> Iterator[tuple[WarningType, str]]:
    """Too few sizes, too near, or the wrong way."""
    if seen.macs.size < FEWEST_SIZES:
        yield (
            WarningType.FEW_SIZES,
            f"Only {seen.macs.size} size(s) were measured and a law has three parameters: the "
            f"forecast rests on the prior. Measure at least {FEWEST_SIZES}.",
        )
    if seen.decades < 1.0:
        yield (
            WarningType.SHORT_RANGE,
            f"The sizes span a factor of {10**seen.decades:.3g}, less than ten: the exponent is "
            "hardly seen. Measure smaller sizes, which are cheap.",
        )
    if (seen.x - seen.x.mean()) @ seen.log_error > 0:
        yield (
            WarningType.UPWARD_TREND,
            "The error grows with the size. The law cannot follow that: it forecasts a standstill "
            "at best. Look at the recipe of the larger sizes; of accuracies, give 1 minus each.",
        )


def _floor(posterior: Posterior, plain: FormFit | None) -> Iterator[tuple[WarningType, str]]:
    """A floor that the sizes do not show."""
    share = 0.5 if plain is None else float(plain.basins[0].theta[1])
    if share <= SHARES[0] + AT_BOUND:
        yield (
            WarningType.FLOOR_AT_BOUND,
            "The least-squares floor is at its bound of 0: within these sizes the error falls as a "
            "plain power law, and the floor of the forecast is the prior's.",
        )
    if share >= SHARES[-1] - AT_BOUND:
        yield (
            WarningType.FLOOR_AT_BOUND,
            "The least-squares floor is at its bound, the error of the largest size: the error has "
            "levelled off, and the exponent says nothing about larger sizes.",
        )
    low, high = weighted_quantiles(expit(posterior.logit_share), posterior.weight, (0.05, 0.95))
    if high - low > WIDE_SHARE:
        yield (
            WarningType.NOT_SEPARABLE,
            f"Exponent and floor cannot be told apart: a floor of {100 * low:.0f} % and one of "
            f"{100 * high:.0f} % of the error at the largest size fit alike. Read the forecast, "
            "not the parameters.",
        )


def _unit(seen: Observations) -> Iterator[tuple[WarningType, str]]:
    """Percentages below 1 look like fractions: only the other figures can give them away."""
    mistakes = seen.lowest * float(seen.test_images or np.inf)
    at = int(np.argmin(mistakes))
    if mistakes[at] < HALF:
        yield (
            WarningType.LESS_THAN_A_MISTAKE,
            f"An error of {seen.lowest[at]:.3g} at {macs_text(seen.macs[at])} multiply-adds is "
            f"{mistakes[at]:.2g} mistakes in {seen.test_images:,} images, and fewer than one "
            "cannot be counted (none is given as half a mistake). Check that the errors are "
            "fractions, and `test_images`.",
        )
    if seen.largest_se > 1:
        yield (
            WarningType.SE_ABOVE_ERROR,
            f"A standard error is {seen.largest_se:.2g} times its error. Check that errors and "
            "standard errors are in one unit, fractions. If they are, the runs say little: train "
            "more seeds.",
        )
