"""A scaling law fitted to a few sizes, and what it forecasts: error against multiply-adds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.special import expit, ndtr

from scaling_search.errors import InvalidInput
from scaling_search.forecast.drift import drift_seen
from scaling_search.forecast.forms import FORMS, SATURATING, FormFit, fit_form
from scaling_search.forecast.observations import (
    FloatArray,
    Numbers,
    Observations,
    evaluation_noise,
    observe,
    positive_numbers,
)
from scaling_search.forecast.posterior import Posterior, infer, log_shape
from scaling_search.forecast.prior import PUBLISHED_PRIOR, Prior
from scaling_search.forecast.quantiles import mixture_quantiles, weighted_quantiles
from scaling_search.forecast.warning import ForecastWarning, find_warnings

Of = Literal["mean", "run"]


@dataclass(frozen=True, eq=False)
class Prediction:
    """Errors (fractions) that are forecast at some sizes; arrays of shape (sizes,)."""

    macs: FloatArray
    mean: FloatArray  # exp of the posterior mean of log error; never rises with macs
    low: FloatArray
    high: FloatArray
    level: float  # the probability that the interval asks for
    of: Of  # "mean": the law at this size. "run": one new training of one network of this size
    times_beyond: FloatArray  # macs / largest measured macs; above 1 is extrapolation

    @property
    def statement(self) -> str:
        """What the interval is, in a sentence."""
        what = {
            "mean": "the error that networks of this size have on average",
            "run": "the measured error of one new training of one network of this size",
        }[self.of]
        far = float(np.max(self.times_beyond, initial=0.0))
        where = f", up to {far:.2g} times beyond the largest measured size" if far > 1 else ""
        return f"{self.level:.0%} Bayesian prediction interval for {what}{where}"

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        numbers = {
            name: getattr(self, name).tolist()
            for name in ("macs", "mean", "low", "high", "times_beyond")
        }
        return {**numbers, "level": self.level, "of": self.of, "statement": self.statement}


@dataclass(frozen=True)
class Estimate:
    """A parameter: posterior median and 90 % interval."""

    median: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class ScalingLaw:
    """error = floor + amplitude * macs^-exponent, with all that is uncertain about it."""

    observations: Observations
    prior: Prior
    posterior: Posterior
    least_squares: FormFit | None  # a check, not the forecast; None for fewer than three sizes
    warnings: tuple[ForecastWarning, ...]

    def predict(self, macs: Numbers, level: float = 0.9, of: Of = "mean") -> Prediction:
        """Forecast the error at these sizes.

        macs: (n,) or one number, in the unit that was fitted. level: probability of the interval,
        in (0, 1). of: "mean" for the law itself; "run" adds the scatter of single sizes about the
        law, the spread of seeds and the evaluation noise. Errors are fractions; the interval lies
        in (0, 1]. Raises InvalidInput.
        """
        if not 0 < level < 1:
            raise InvalidInput(
                f"`level` is {level}, but must lie between 0 and 1. For 90 % give 0.9."
            )
        macs_n = positive_numbers("macs", macs)
        tails = np.array([0.5 - level / 2, 0.5 + level / 2])
        low, high = self.quantiles(macs_n, tails, of).T
        mean = self.centre(macs_n)
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
        x = self._log_ratio(positive_numbers("macs", macs))
        return np.asarray(np.minimum(np.exp(self.posterior.weight @ self._curves(x)), 1.0))

    def quantiles(self, macs: Numbers, probabilities: Numbers, of: Of = "mean") -> FloatArray:
        """(n, probabilities): quantiles of the forecast error at macs (n,), clipped at 1."""
        mean, var = self.normals(positive_numbers("macs", macs), of)
        wanted = positive_numbers("probabilities", probabilities)
        logs = mixture_quantiles(mean, var, self.posterior.weight, wanted)
        return np.minimum(np.exp(logs), 1.0)

    def each_form(self, macs: Numbers) -> dict[str, FloatArray]:
        """What single forms, fitted by least squares, say at macs (n,): {name: (n,) errors}."""
        return {
            form.name: fit_form(form, self.observations).predict(macs)
            for form in FORMS
            if self.observations.macs.size > form.fewest_sizes
        }

    def probability_below(self, macs: Numbers, error: float, of: Of = "mean") -> FloatArray:
        """(n,): probability that the error at macs (n,) is below `error` (a fraction)."""
        mean, var = self.normals(positive_numbers("macs", macs), of)
        below = ndtr((np.log(error) - mean) / np.sqrt(var))
        return np.asarray(self.posterior.weight @ below)

    @property
    def exponent(self) -> Estimate:
        """c: how fast the part of the error above the floor falls with macs."""
        return self._estimate(self.posterior.exponent)

    @property
    def floor(self) -> Estimate:
        """E: the error (fraction) that no amount of macs takes away."""
        return self._estimate(expit(self.posterior.logit_share) * np.exp(self.posterior.level))

    @property
    def scatter(self) -> Estimate:
        """Standard deviation of single sizes about the law, in log error (.02 is 2 % of it)."""
        return self._estimate(self.posterior.scatter)

    def to_dict(self) -> dict[str, Any]:
        """All that a report needs of the law, ready for JSON."""
        seen, plain = self.observations, self.least_squares
        named = {"exponent": self.exponent, "floor": self.floor, "scatter": self.scatter}
        return {
            "form": "error = floor + amplitude * macs^-exponent",
            "macs": seen.macs.tolist(),
            "error": np.exp(seen.log_error).tolist(),
            "runs": seen.runs,
            "decades": seen.decades,
            **{key: {"median": e.median, "low": e.low, "high": e.high} for key, e in named.items()},
            "least_squares": None if plain is None else plain.to_dict(),
            "prior": self.prior.source,
            "warnings": [
                {"type": warning.type.value, "sentence": warning.sentence}
                for warning in self.warnings
            ],
        }

    def summary(self) -> str:
        """A few lines for people: parameters with 90 % intervals, and the warnings."""
        floor, exponent = self.floor, self.exponent
        lines = [
            f"{self.observations.macs.size} sizes over {self.observations.decades:.2g} decades: "
            f"error = {floor.median:.3f} [{floor.low:.3f}, {floor.high:.3f}] + A * "
            f"macs^-{exponent.median:.2f} [{exponent.low:.2f}, {exponent.high:.2f}]",
            *(f"{warning.type.value}: {warning.sentence}" for warning in self.warnings),
        ]
        return "\n".join(lines)

    def normals(self, macs: FloatArray, of: Of) -> tuple[FloatArray, FloatArray]:
        """(laws, n): mean and variance of the log error at macs (n,), given each law."""
        if of not in ("mean", "run"):
            raise InvalidInput(f"`of` is {of!r}, but must be 'mean' or 'run'.")
        p, seen = self.posterior, self.observations
        x = self._log_ratio(macs)
        rest = seen.log_error - self._curves(seen.x)
        drift_mean, drift_var = drift_seen(seen, rest, p.scatter, p.drift, x)
        mean = self._curves(x) + drift_mean
        var = p.level_var[:, None] + drift_var
        if of == "run":
            counting = evaluation_noise(np.minimum(p.weight @ mean, 0.0), seen.test_images)
            var = var + p.scatter[:, None] ** 2 + seen.run_noise + counting
        return mean, var

    def _log_ratio(self, macs: FloatArray) -> FloatArray:
        return np.asarray(np.log(macs) - np.log(self.observations.macs[-1]))

    def _curves(self, x: FloatArray) -> FloatArray:
        """(laws, points): log error of each law at x (points,)."""
        p = self.posterior
        return p.level[:, None] + log_shape(x, p.exponent, p.logit_share)

    def _estimate(self, values: FloatArray) -> Estimate:
        low, median, high = weighted_quantiles(values, self.posterior.weight, (0.05, 0.5, 0.95))
        return Estimate(float(median), float(low), float(high))


def fit_scaling_law(
    macs: Numbers,
    error: Numbers,
    error_se: Numbers | None = None,
    test_images: int | None = None,
    prior: Prior | None = None,
) -> ScalingLaw:
    """Fit error = E + A * macs^-c in log space.

    macs: (n,) multiply-adds of each size (any unit), above 0, in any order; equal values are runs
    of one size. error: (n,) errors as fractions in (0, 1). error_se: (n,) their standard errors.
    test_images: how many images the error was counted on; adds its binomial noise. prior: what is
    believed before; by default what published ImageNet families taught, `WEAK_PRIOR` for nearly
    nothing.

    One size is enough to get an answer. With fewer than four it rests on the prior, its interval
    is wide and `.warnings` says so. Raises InvalidInput.
    """
    seen = observe(macs, error, error_se, test_images)
    chosen = PUBLISHED_PRIOR if prior is None else prior
    posterior = infer(seen, chosen)
    enough = seen.macs.size >= SATURATING.fewest_sizes
    plain = fit_form(SATURATING, seen) if enough else None
    return ScalingLaw(seen, chosen, posterior, plain, find_warnings(seen, posterior, plain))
