"""The drift: how far the error may wander from the form of the law.

An integrated Wiener process over x = log(macs / largest): its slope does a random walk, and both
value and slope are 0 at the largest measured size.
"""

from __future__ import annotations

import numpy as np

from scaling_search.forecast.observations import FloatArray, Observations


def drift_covariance(x_a: FloatArray, x_b: FloatArray) -> FloatArray:
    """(a, b): covariance for the rate 1; the sides below and above x = 0 are independent."""
    near = np.minimum(np.abs(x_a)[:, None], np.abs(x_b)[None, :])
    far = np.maximum(np.abs(x_a)[:, None], np.abs(x_b)[None, :])
    same_side = x_a[:, None] * x_b[None, :] > 0
    return np.asarray(np.where(same_side, near**2 * (3.0 * far - near) / 6.0, 0.0))


def drift_seen(
    seen: Observations, rest: FloatArray, scatter: FloatArray, drift: FloatArray, x: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """(laws, points) each: mean and variance of the drift at x (points,), given the figures.

    rest: (laws, sizes), measured log error minus each law. scatter, drift: (laws,). Beyond the
    largest size the figures say nothing: mean 0 and the variance of the process.
    """
    mean = np.zeros((rest.shape[0], x.size))
    var = drift[:, None] ** 2 * np.diagonal(drift_covariance(x, x))
    inside = x < 0
    if not inside.any():
        return mean, var
    among = drift_covariance(seen.x, seen.x)
    across = drift_covariance(x[inside], seen.x)
    spreads, member = np.unique(np.column_stack([scatter, drift]), axis=0, return_inverse=True)
    for i, (scale, rate) in enumerate(spreads):
        laws = np.flatnonzero(member == i)
        covariance = rate**2 * among + np.diag(scale**2 + seen.noise)
        gain = np.linalg.solve(covariance, rate**2 * across.T)  # (sizes, points)
        mean[np.ix_(laws, inside)] = rest[laws] @ gain
        var[np.ix_(laws, inside)] -= (rate**2 * across * gain.T).sum(axis=1)
    return mean, np.maximum(var, 0.0)
