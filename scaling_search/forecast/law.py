"""A scaling law fitted to a few sizes, and what it forecasts: error against multiply-adds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from reprlib import repr as short
from typing import Any

import numpy as np
from scipy.special import expit, ndtr

from scaling_search.errors import InvalidInput
from scaling_search.forecast.arguments import (
    FURTHEST,
    PROBABILITY,
    SIZE,
    FloatArray,
    Numbers,
    instance,
    number,
    numbers,
    wished,
)
from scaling_search.forecast.drift import drift_seen
from scaling_search.forecast.forms import FORMS, SATURATING, FormFit, error_of, fit_form
from scaling_search.forecast.observations import MACS, Observations, evaluation_noise, observe
from scaling_search.forecast.posterior import Posterior, infer, log_shape
from scaling_search.forecast.prediction import Estimate, Of, Prediction
from scaling_search.forecast.prior import Prior, usual_prior
from scaling_search.forecast.quantiles import mixture_quantiles, weighted_quantiles
from scaling_search.forecast.warning import ForecastWarning, WarningType, find_warnings
from scaling_search.metric import ERROR, Metric
from scaling_search.wording import Amounts, capital


@dataclass(frozen=True, eq=False)
class ScalingLaw:
    """error = floor + amplitude * macs^-exponent, with all that is uncertain about it."""

    observations: Observations
    prior: Prior
    posterior: Posterior
    least_squares: FormFit | None  # a check, not the forecast; None for fewer than three sizes

    @cached_property
    def warnings(self) -> tuple[ForecastWarning, ...]:
        """What these figures cannot carry, the last of them judged at twice the largest size."""
        twice = self.above_measured(min(2.0 * self.observations.macs[-1], FURTHEST))
        found = find_warnings(self.observations, self.posterior, self.least_squares)
        return (*found, *([twice] if twice else []))

    def above_measured(self, macs: Numbers) -> ForecastWarning | None:
        """Says where a size larger than all measured ones is forecast to err more than one of them.

        macs: (n,). The warning speaks of the largest of them for which it holds; None where it
        holds for none. `mean` never rises with macs, so it holds for all smaller ones too. Figures
        that are written alike (.1 of a percent) count as equal. Raises InvalidInput.
        """
        at, seen = numbers("macs", macs, SIZE), self.observations
        metric, lowest = seen.metric, int(np.argmin(seen.error))
        amounts = seen.amounts
        measured, said = float(seen.error[lowest]), metric.text(seen.error[lowest])
        above = [
            (size, metric.text(forecast))
            for size, forecast in zip(at.tolist(), self.centre(at).tolist())
            if size > seen.macs[-1] and forecast > measured and metric.text(forecast) != said
        ]
        if not above:
            return None
        size, told = max(above)
        count = int(seen.count[lowest])
        joint = " and " if count == 2 else " to "
        low, high = metric.text(seen.lowest[lowest]), metric.text(seen.highest[lowest])
        runs = f"the mean of {count} runs, {low.removesuffix(metric.unit)}{joint}{high}"
        law_there = metric.text(float(self.centre(seen.macs[lowest])[0]))
        what = told if metric.counts_mistakes else capital(f"{metric.error_name} of {told}")
        chance = float(self.probability_below(size, measured, of="run")[0])
        return ForecastWarning(
            WarningType.ABOVE_MEASURED,
            f"{what} is forecast for {amounts.told(size)}, more than the {said} already "
            f"measured at {amounts.text(seen.macs[lowest])} "
            f"({runs if count > 1 else 'one value'}; the law has {law_there} there). Either that "
            f"size was lucky, or {metric.the_error_on()} falls faster than the law follows and the "
            "forecast is too high: more seeds of it tell which. By the law, one run at "
            f"{amounts.text(size)} {'errs' if metric.counts_mistakes else 'has'} less than {said} "
            f"with a probability of {100 * chance:.0f} %.",
        )

    def predict(self, macs: Numbers, level: float = 0.9, of: Of = "mean") -> Prediction:
        """Forecast the error at these sizes.

        macs: (n,) or one number, in the unit that was fitted. level: probability of the interval,
        in (0, 1). of: "mean" for the law itself; "run" adds the scatter of single sizes about the
        law, the spread of seeds and the evaluation noise. The interval lies above 0, and of
        fractions at 1 at most. Raises InvalidInput.
        """
        level = number("level", level, PROBABILITY)
        macs_n, tails = numbers("macs", macs, SIZE), np.array([0.5 - level / 2, 0.5 + level / 2])
        (low, high), mean = self._quantiles(macs_n, tails, of).T, self.centre(macs_n)
        # Between the sizes that were measured the interval follows them, and a size may lie off
        # the law.
        return Prediction(
            macs=macs_n,
            mean=mean,
            low=np.minimum(low, mean),
            high=np.maximum(high, mean),
            level=level,
            of=of,
            times_beyond=macs_n / self.observations.macs[-1],
        )

    def centre(self, macs: Numbers) -> FloatArray:
        """(n,): exp of the posterior mean of the law's log error at macs (n,); never rises."""
        x = self._log_ratio(numbers("macs", macs, SIZE))
        return self._error(self.posterior.weight @ self._curves(x))

    def quantiles(self, macs: Numbers, probabilities: Numbers, of: Of = "mean") -> FloatArray:
        """(n, probabilities): quantiles of the forecast error at macs (n,).

        probabilities: in (0, 1), such as [.05, .95]. Raises InvalidInput.
        """
        return self._quantiles(macs, numbers("probabilities", probabilities, PROBABILITY), of)

    def each_form(self, macs: Numbers) -> dict[str, FloatArray]:
        """What single forms, fitted by least squares, say at macs (n,): {name: (n,) errors}."""
        return {
            form.name: fit_form(form, self.observations).predict(macs)
            for form in FORMS
            if self.observations.macs.size > form.fewest_sizes
        }

    def probability_below(self, macs: Numbers, error: float, of: Of = "mean") -> FloatArray:
        """(n,): probability that the error at macs (n,) is below `error`.

        Raises InvalidInput.
        """
        mean, var = self.normals(macs, of)
        sought = number("error", error, wished(self.observations.metric))
        below = ndtr((np.log(sought) - mean) / np.sqrt(var))
        return np.asarray(self.posterior.weight @ below)

    @property
    def exponent(self) -> Estimate:
        """c: how fast the part of the error above the floor falls with macs."""
        return self._estimate(self.posterior.exponent)

    @property
    def floor(self) -> Estimate:
        """E: the error that no amount of macs takes away."""
        return self._estimate(expit(self.posterior.logit_share) * np.exp(self.posterior.level))

    @property
    def scatter(self) -> Estimate:
        """Standard deviation of single sizes about the law, in log error (.02 is 2 % of it)."""
        return self._estimate(self.posterior.scatter)

    def to_dict(self) -> dict[str, Any]:
        """All that a report needs of the law, ready for JSON."""
        seen, plain = self.observations, self.least_squares
        return {
            "form": "error = floor + amplitude * macs^-exponent",
            "macs": seen.macs.tolist(),
            "error": seen.error.tolist(),
            "runs": seen.runs,
            "decades": seen.decades,
            **{name: asdict(getattr(self, name)) for name in ("exponent", "floor", "scatter")},
            "least_squares": None if plain is None else plain.to_dict(),
            "prior": self.prior.source,
            "warnings": [{"type": w.type.value, "sentence": w.sentence} for w in self.warnings],
        }

    def summary(self) -> str:
        """A few lines for people: parameters with 90 % intervals, and the warnings."""
        floor, exponent = self.floor, self.exponent
        law = (
            f"{self.observations.macs.size} sizes over {self.observations.decades:.2g} decades: "
            f"error = {floor.median:.3f} [{floor.low:.3f}, {floor.high:.3f}] + A * "
            f"macs^-{exponent.median:.2f} [{exponent.low:.2f}, {exponent.high:.2f}]"
        )
        return "\n".join([law, *(f"{w.type.value}: {w.sentence}" for w in self.warnings)])

    def normals(self, macs: Numbers, of: Of) -> tuple[FloatArray, FloatArray]:
        """(laws, n): mean and variance of the log error at macs (n,), given each law."""
        if not isinstance(of, str) or of not in ("mean", "run"):
            raise InvalidInput(
                f"`of` is {short(of)}, but must be 'mean' or 'run'. Give 'run' for one training."
            )
        p, seen = self.posterior, self.observations
        x = self._log_ratio(numbers("macs", macs, SIZE))
        rest = seen.log_error - self._curves(seen.x)
        drift_mean, drift_var = drift_seen(seen, rest, p.scatter, p.drift, x)
        mean = self._curves(x) + drift_mean
        var = p.level_var[:, None] + drift_var
        if of == "run":
            counting = evaluation_noise(np.minimum(p.weight @ mean, 0.0), seen.test_images)
            var = var + p.scatter[:, None] ** 2 + seen.run_noise + counting
        return mean, var

    def _quantiles(self, macs: Numbers, probabilities: FloatArray, of: Of) -> FloatArray:
        mean, var = self.normals(macs, of)
        return self._error(mixture_quantiles(mean, var, self.posterior.weight, probabilities))

    def _error(self, log_error: FloatArray) -> FloatArray:
        return error_of(log_error, self.observations.metric.highest)

    def _log_ratio(self, macs: FloatArray) -> FloatArray:
        return np.asarray(np.log(macs) - np.log(self.observations.macs[-1]))

    def _curves(self, x: FloatArray) -> FloatArray:
        """(laws, points): log error of each law at x (points,)."""
        p = self.posterior
        return p.level[:, None] + log_shape(x, p.exponent, p.logit_share)

    def _estimate(self, values: FloatArray) -> Estimate:
        low, median, high = weighted_quantiles(values, self.posterior.weight, (0.05, 0.5, 0.95))
        return Estimate(float(median), float(low), float(high))


def require_law(name: str, law: ScalingLaw) -> None:
    """Raises InvalidInput unless `law` is one."""
    instance(name, law, ScalingLaw, "Make one with fit_scaling_law(macs, error).")


def fit_scaling_law(
    macs: Numbers,
    error: Numbers,
    error_se: Numbers | None = None,
    test_images: int | None = None,
    prior: Prior | None = None,
    metric: Metric = ERROR,
    amounts: Amounts = MACS,
) -> ScalingLaw:
    """Fit error = E + A * macs^-c in log space.

    macs: (n,) multiply-adds of each size (any unit, or any other quantity that budgets are counted
    in, whose values `amounts` words), above 0, in any order; equal values are runs of one size.
    error: (n,) errors as fractions in (0, 1). error_se: (n,) their standard errors.
    test_images: how many images the error was counted on; adds its binomial noise. prior: what is
    believed before; by default what published ImageNet families taught, `WEAK_PRIOR` for nearly
    nothing, which is the default of losses. metric: what these are the errors of. Losses (scale
    "unbounded") may exceed 1, and a multiple of them gives the same multiple of the forecast.

    One size is enough to get an answer. With fewer than four it rests on the prior, its interval
    is wide and `.warnings` says so. Percentages above 1 are refused. Percentages below 1 (.8 for
    .8 %) cannot be told from fractions by themselves: with `test_images` they are warned of where
    they make less than one mistake, with `error_se` where that is larger than the error. The time
    grows in proportion to the number of sizes. Raises InvalidInput.
    """
    seen = observe(macs, error, error_se, test_images, metric, amounts)
    chosen = usual_prior(metric) if prior is None else prior
    instance("prior", chosen, Prior, "Give PUBLISHED_PRIOR or WEAK_PRIOR, or leave it out.")
    enough = seen.macs.size >= SATURATING.fewest_sizes
    plain = fit_form(SATURATING, seen) if enough else None
    return ScalingLaw(seen, chosen, infer(seen, chosen), plain)
