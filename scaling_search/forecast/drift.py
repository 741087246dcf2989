"""The drift: how far the error may wander from the form of the law.

An integrated Wiener process over x = log(macs / largest): its slope does a random walk, and both
value and slope are 0 at the largest measured size. Value and slope together are a Markov chain, so
that a Kalman filter gives the exact likelihood and interpolation in a time that grows with the
number of sizes and not with its cube (Wecker and Ansley 1983, J. Am. Stat. Assoc. 78:81).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from scaling_search.forecast.arguments import FloatArray
from scaling_search.forecast.observations import Observations


def drift_covariance(x_a: FloatArray, x_b: FloatArray) -> FloatArray:
    """(a, b): covariance for the rate 1; the sides below and above x = 0 are independent."""
    near = np.minimum(np.abs(x_a)[:, None], np.abs(x_b)[None, :])
    far = np.maximum(np.abs(x_a)[:, None], np.abs(x_b)[None, :])
    same_side = x_a[:, None] * x_b[None, :] > 0
    return np.asarray(np.where(same_side, near**2 * (3.0 * far - near) / 6.0, 0.0))


class Step(NamedTuple):
    """One size on the way down: what the sizes above it say of its drift, and what it adds."""

    gap: float  # from the size above, in x
    value: FloatArray  # mean of the drift
    var: FloatArray  # variance of the value,
    covar: FloatArray  # its covariance with the slope,
    slope_var: FloatArray  # and the variance of the slope
    surprise: FloatArray  # measured minus mean
    total: FloatArray  # variance of the surprise; inf where nothing was measured
    left: FloatArray  # share of the value's variance that the measurement leaves


def walk_down(
    distance: FloatArray, rest: FloatArray, noise: FloatArray, rate: FloatArray
) -> Iterator[Step]:
    """The Kalman filter, from the largest size to the smallest.

    distance: (sizes,), -x, not falling. rest: (sizes, ...), measured log error minus the law.
    noise: (sizes, ...), variance of it about the drift; inf where nothing was measured. rate: of
    the drift. The shapes behind the first axis are broadcast.
    """
    value = slope = var = covar = slope_var = np.zeros_like(rate)
    for gap, measured, spread in zip(np.diff(distance, prepend=0.0), rest, noise):
        # Chapman-Kolmogorov: the walk to this size.
        value = value + gap * slope
        var = var + gap * (2.0 * covar + gap * slope_var) + rate**2 * gap**3 / 3.0
        covar = covar + gap * slope_var + rate**2 * gap**2 / 2.0
        slope_var = slope_var + rate**2 * gap
        surprise, total = measured - value, var + spread
        left = 1.0 / (1.0 + var / spread)  # 1 - var / total, without the loss of digits
        yield Step(float(gap), value, var, covar, slope_var, surprise, total, left)
        # Bayes: what was measured there.
        value, slope = value + var / total * surprise, slope + covar / total * surprise
        var, covar, slope_var = var * left, covar * left, slope_var - covar**2 / total


def drift_seen(
    seen: Observations, rest: FloatArray, scatter: FloatArray, drift: FloatArray, x: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """(laws, points) each: mean and variance of the drift at x (points,), given the figures.

    rest: (laws, sizes), measured log error minus each law. scatter, drift: (laws,). Beyond the
    largest size the figures say nothing: mean 0 and the variance of the process. Between the sizes
    the way down is walked back, which adds what the smaller sizes say (Bryson and Frazier 1963).
    """
    mean = np.zeros((scatter.size, x.size))
    var = drift[:, None] ** 2 * np.abs(x) ** 3 / 3.0
    inside = np.flatnonzero(x < 0)
    if not inside.size:
        return mean, var
    every = np.concatenate([-seen.x, -x[inside]])
    order = np.argsort(every, kind="stable")
    nothing = (inside.size, scatter.size)
    measured = np.concatenate([rest.T, np.zeros(nothing)])[order]
    noise = np.concatenate([scatter**2 + seen.noise[:, None], np.full(nothing, np.inf)])[order]
    steps = list(walk_down(every[order], measured, noise, drift))
    pull = slope_pull = np.zeros_like(drift)  # the adjoint state, and its second moments
    pull2 = cross2 = slope_pull2 = np.zeros_like(drift)
    for at, step in zip(order[::-1], reversed(steps)):
        # What this size adds.
        left, slope_gain = step.left, step.covar / step.total
        pull = left * pull - slope_gain * slope_pull - step.surprise / step.total
        before, cross2 = cross2, left * cross2 - slope_gain * slope_pull2
        pull2 = left * (left * pull2 - slope_gain * before) - slope_gain * cross2 + 1.0 / step.total
        if at >= seen.macs.size:
            point = inside[at - seen.macs.size]
            mean[:, point] = step.value - step.var * pull - step.covar * slope_pull
            var[:, point] = step.var - (
                step.var**2 * pull2
                + 2.0 * step.var * step.covar * cross2
                + step.covar**2 * slope_pull2
            )
        # The walk back to the size above.
        slope_pull2 = slope_pull2 + step.gap * (2.0 * cross2 + step.gap * pull2)
        cross2 = cross2 + step.gap * pull2
        slope_pull = slope_pull + step.gap * pull
    return mean, np.maximum(var, 0.0)
