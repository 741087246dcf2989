"""Single forms of the law, fitted by least squares: what a curve-fitting routine would say.

A check on the forecast and the baselines of the benchmark; the forecast itself is `posterior.py`.
The level is solved exactly (variable projection), the other parameters are searched on a fixed
grid, and every basin of the grid is polished. M1, M2, M3: Alabdulmohsin, Neyshabur and Zhai 2022,
"Revisiting neural scaling laws in language and vision" (arXiv 2209.06640).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.ndimage import minimum_filter
from scipy.optimize import least_squares

from scaling_search.errors import InvalidInput
from scaling_search.forecast.arguments import SIZE, FloatArray, Numbers, numbers
from scaling_search.forecast.observations import Observations

MISFIT = 0.01  # of the log error: no size counts as known more exactly than the form holds
MOST_BASINS = 4  # polished, from the best
OVERFLOW = 700.0  # log of nearly the largest floating-point number


@dataclass(frozen=True)
class Form:
    """A family of curves: `curve(x, theta)` is the log error up to a constant.

    x: (n,), log(macs / largest). theta: (k, parameters), within the ends of `axes`. Returns (k, n).
    """

    name: str
    parameters: tuple[str, ...]
    axes: tuple[FloatArray, ...]  # grid of each parameter; the ends are its bounds
    curve: Callable[[FloatArray, FloatArray], FloatArray]

    @property
    def fewest_sizes(self) -> int:
        """As many sizes as parameters, the level among them."""
        return len(self.parameters) + 1


@dataclass(frozen=True, eq=False, kw_only=True)
class FormFit:
    """A form fitted to sizes: the best of the minima that were found."""

    form: Form
    theta: FloatArray  # (parameters,)
    level: float  # log error of the curve at the largest measured size
    largest: float  # macs
    highest: float  # the largest error that there is
    rms: float  # weighted root mean square of the log residuals
    forecasts_at_4x: tuple[float, ...]  # of each minimum, at 4 times the largest size

    def predict(self, macs: Numbers) -> FloatArray:
        """(n,): error at macs (n,), in the unit that was fitted."""
        x = np.log(numbers("macs", macs, SIZE)) - np.log(self.largest)
        return _errors(self.form, self.theta, self.level, x, self.highest)

    def to_dict(self) -> dict[str, Any]:
        """Parameters, and how many minima there are and how far apart."""
        return {
            "form": self.form.name,
            **dict(zip(self.form.parameters, self.theta.tolist())),
            "rms_log_error": self.rms,
            "basins": len(self.forecasts_at_4x),
            "basins_apart_at_4x": max(self.forecasts_at_4x) - min(self.forecasts_at_4x),
        }


def power_curve(x: FloatArray, theta: FloatArray) -> FloatArray:
    """A F^-c; theta: c."""
    return np.asarray(-theta[:, :1] * x)


def saturating_curve(x: FloatArray, theta: FloatArray) -> FloatArray:
    """E + A F^-c; theta: c and E's share of the error at the largest size."""
    share = theta[:, 1:2]
    falling = np.exp(np.clip(-theta[:, :1] * x, -OVERFLOW, OVERFLOW))
    return np.asarray(np.log((1.0 - share) * falling + share))


def shifted_curve(x: FloatArray, theta: FloatArray) -> FloatArray:
    """A (1 / F + g)^c; theta: c and log(g * largest)."""
    shift = np.exp(theta[:, 1:2])
    return np.asarray(theta[:, :1] * np.log((np.exp(-x) + shift) / (1.0 + shift)))


EXPONENTS = np.geomspace(0.01, 5.0, 40)
SHARES = np.linspace(0.0, 0.98, 30)
POWER_LAW = Form("power law (M1)", ("exponent",), (EXPONENTS,), power_curve)
SATURATING = Form(
    "saturating power law (M2)", ("exponent", "floor_share"), (EXPONENTS, SHARES), saturating_curve
)
SHIFTED = Form(
    "shifted power law (M3)",
    ("exponent", "log_shift"),
    (EXPONENTS, np.linspace(-12.0, 6.0, 37)),
    shifted_curve,
)
FORMS = (POWER_LAW, SATURATING, SHIFTED)


def fit_form(form: Form, seen: Observations) -> FormFit:
    """Least squares of the log error, weighted by what noise is known.

    Deterministic. Raises InvalidInput where there are fewer sizes than parameters.
    """
    if seen.macs.size < form.fewest_sizes:
        raise InvalidInput(
            f"`macs` has {seen.macs.size} sizes, but the {form.name} has {form.fewest_sizes} "
            "parameters. Measure more sizes or take a simpler form."
        )
    weights = 1.0 / (seen.noise + MISFIT**2)
    root = np.sqrt(weights / weights.sum())

    def level_and_residuals(theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """theta: (k, parameters). Returns (k, 1) and (k, n)."""
        away = seen.log_error - form.curve(seen.x, theta)
        level = (away * root**2).sum(axis=1, keepdims=True)
        return level, (away - level) * root

    def one(theta: FloatArray) -> FloatArray:
        return np.asarray(level_and_residuals(theta[None])[1][0])

    nodes = np.stack(np.meshgrid(*form.axes, indexing="ij"), axis=-1)
    starts = nodes.reshape(-1, len(form.axes))
    misfit = (level_and_residuals(starts)[1] ** 2).sum(axis=1)
    table = misfit.reshape(nodes.shape[:-1])
    lowest = np.flatnonzero((minimum_filter(table, size=3, mode="nearest") == table).ravel())
    low, high = np.array([(axis[0], axis[-1]) for axis in form.axes]).T
    found = []
    for node in lowest[np.argsort(misfit[lowest], kind="stable")][:MOST_BASINS]:
        result = least_squares(
            one,
            starts[node],
            bounds=(low - 1e-9, high + 1e-9),
            x_scale=high - low,
            xtol=1e-10,
            max_nfev=60,
        )
        found.append((float(np.sqrt(2.0 * result.cost)), np.clip(result.x, low, high)))
    found.sort(key=lambda minimum: minimum[0])
    minima: list[FloatArray] = []
    for _, theta in found:
        # Starts that ran into the same minimum count once.
        if not any(np.allclose(theta, other, rtol=0.02, atol=0.01) for other in minima):
            minima.append(theta)
    levels = [float(level_and_residuals(theta[None])[0][0, 0]) for theta in minima]
    far, highest = np.log([4.0]), seen.metric.highest
    return FormFit(
        form=form,
        theta=minima[0],
        level=levels[0],
        largest=float(seen.macs[-1]),
        highest=highest,
        rms=found[0][0],
        forecasts_at_4x=tuple(
            float(_errors(form, theta, level, far, highest)[0])
            for theta, level in zip(minima, levels)
        ),
    )


def _errors(
    form: Form, theta: FloatArray, level: float, x: FloatArray, highest: float
) -> FloatArray:
    return error_of(level + form.curve(x, theta[None])[0], highest)


def error_of(log_error: FloatArray, highest: float) -> FloatArray:
    """Above 0, and at most the largest error that there is."""
    return np.asarray(np.exp(np.clip(log_error, -OVERFLOW, min(np.log(highest), OVERFLOW))))
