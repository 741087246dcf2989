"""The triangle of shares: its plane, a lattice on it, polynomials that treat all sides alike."""

from __future__ import annotations

import numpy as np

from scaling_search.findings.interval import Floats

#: The plane of shares: depth against width, and both against resolution; orthonormal.
PLANE: Floats = np.array([[1.0, 1.0], [-1.0, 1.0], [0.0, -2.0]]) / np.sqrt([2.0, 6.0])


def triangle(steps: int) -> Floats:
    """(points, 3): all shares in steps of 1 / steps; (steps + 1)(steps + 2) / 2 points."""
    pairs = [(d, w) for d in range(steps + 1) for w in range(steps + 1 - d)]
    return np.array([(d, w, steps - d - w) for d, w in pairs], float) / steps


def quadratic(shares: Floats) -> Floats:
    """(points, 6): 1, two slopes and three curvatures at shares (points, 3).

    The root of two makes independent coefficients of equal variance mean the same for every
    relabelling of the dimensions, which turns and mirrors the plane.
    """
    x, y = (np.asarray(shares, float) @ PLANE).T
    return np.column_stack([np.ones(len(x)), x, y, x * x, np.sqrt(2) * x * y, y * y])


def polynomial(shares: Floats) -> Floats:
    """(points, 10): the six of `quadratic`, and four of third degree that make a bowl lopsided."""
    x, y = (np.asarray(shares, float) @ PLANE).T
    root = np.sqrt(3)
    third = np.column_stack([x**3, root * x * x * y, root * x * y * y, y**3])
    return np.column_stack([quadratic(shares), third])
