"""Quantiles of weighted values and of mixtures of normal distributions, without sampling."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import ndtr, ndtri

from scaling_search.forecast.arguments import FloatArray

THRESHOLDS = 101
WIDEST = 12.0  # standard deviations to each side


def weighted_quantiles(
    values: FloatArray, weight: FloatArray, probabilities: Sequence[float] | FloatArray
) -> FloatArray:
    """(probabilities,): quantiles of values (n,) whose weights (n,) add up to 1."""
    order = np.argsort(values, kind="stable")
    middle = np.cumsum(weight[order]) - 0.5 * weight[order]
    return np.asarray(np.interp(np.asarray(probabilities), middle, values[order]))


def mixture_quantiles(
    mean: FloatArray, var: FloatArray, weight: FloatArray, probabilities: FloatArray
) -> FloatArray:
    """(points, probabilities): quantiles of mixtures of normal distributions.

    mean, var: (components, points). weight: (components,), adding up to 1. The distribution
    function is computed at fixed thresholds, dense in the middle, and interpolated on the scale on
    which a normal distribution is a straight line.
    """
    steps = WIDEST * np.sinh(np.linspace(-3.0, 3.0, THRESHOLDS)) / np.sinh(3.0)
    out = np.empty((mean.shape[1], probabilities.size))
    for point in range(mean.shape[1]):
        centre = float(weight @ mean[:, point])
        spread = float(np.sqrt(weight @ (var[:, point] + (mean[:, point] - centre) ** 2)))
        if spread < 1e-12:
            out[point] = centre
            continue
        z_mean, z_sd, mass = _merge(
            (mean[:, point] - centre) / spread, np.sqrt(var[:, point]) / spread, weight
        )
        below = mass @ ndtr((steps - z_mean[:, None]) / z_sd[:, None])
        score = ndtri(np.clip(below, 1e-15, 1.0 - 1e-15))
        out[point] = centre + spread * np.interp(ndtri(probabilities), score, steps)
    return out


def _merge(
    mean: FloatArray, sd: FloatArray, weight: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Join components that hardly differ: thousands become hundreds, quantiles move by < .1 %."""
    box = np.round(mean / 0.05) * 1e4 + np.round(np.log(np.maximum(sd, 1e-12)) / 0.1)
    _, joined = np.unique(box, return_inverse=True)
    mass = np.asarray(np.bincount(joined, weights=weight), dtype=np.float64)
    at = np.asarray(np.bincount(joined, weights=weight * mean) / mass)
    second = np.bincount(joined, weights=weight * (sd**2 + mean**2)) / mass
    return at, np.sqrt(np.maximum(second - at**2, 1e-12)), mass
