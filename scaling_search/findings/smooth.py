"""A smooth function of a few numbers, from noisy values of it: a Gaussian process.

    y = m + x b + f(x) + e,   b ~ N(0, s^2 B^2),   f ~ GP(0, s^2 k),   e ~ N(0, s^2 r^2)

with k(x, z) = exp(-|x - z|^2 / 2 l^2) of standardised inputs. l and r are the pair of a grid that
the values make most likely; s follows (Rasmussen and Williams 2006, chapter 2). No starting values,
always the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Values of l and r that are tried; inputs have standard deviation 1.
_LENGTHS = (0.7, 1.0, 1.5, 2.5, 4.0)
_NOISES = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
#: Points that are evaluated at a time.
_CHUNK = 1 << 14


@dataclass(frozen=True, eq=False)
class Smooth:
    """The posterior mean; inputs (n, d)."""

    center: Floats
    scale: Floats
    mean: float
    #: (known, d), standardised, and their weights (known,).
    known: Floats
    weights: Floats
    length: float
    #: Standard deviation of b over that of f.
    slope: float

    def __call__(self, x: Floats) -> Floats:
        """(n,)"""
        z = (x - self.center) / self.scale
        linear = self.slope**2 * (self.known.T @ self.weights)
        found = self.mean + z @ linear
        for start in range(0, len(z), _CHUNK):
            part = slice(start, start + _CHUNK)
            found[part] += _kernel(z[part], self.known, self.length) @ self.weights
        return found


def fit_smooth(x: Floats, y: Floats, slope: float) -> Smooth:
    """Fit values y (n,) at x (n, d). slope: B, large where y climbs with x."""
    center, scale = x.mean(axis=0), x.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    z, mean = (x - center) / scale, float(y.mean())
    best, found = -np.inf, None
    for length in _LENGTHS:
        # One decomposition serves all noises, which only add to the eigenvalues.
        values, vectors = np.linalg.eigh(_kernel(z, z, length) + slope**2 * z @ z.T)
        turned = vectors.T @ (y - mean)
        for noise in _NOISES:
            variance = np.maximum(values, 0) + noise**2
            spread = max(float(turned @ (turned / variance)) / len(y), 1e-24)
            evidence = -len(y) / 2 * np.log(spread) - np.log(variance).sum() / 2
            if evidence > best:
                best, found = evidence, (length, vectors @ (turned / variance))
    assert found is not None
    return Smooth(center, scale, mean, z, found[1], found[0], slope)


def _kernel(a: Floats, b: Floats, length: float) -> Floats:
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    kernel: Floats = np.exp(squares / (-2 * length**2))
    return kernel
