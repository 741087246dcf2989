"""The Gaussian process: its textbook properties, and that it finds what it is shown."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaling_search.search.baseline.surrogate import Kernel, Surrogate, fit_surrogate

KERNEL = Kernel(slope=0.15, bend=0.3, reach=2.0, noise=0.1)


def networks(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, 4))


@given(st.integers(2, 12), st.integers(0, 10))
def test_the_posterior_is_that_of_the_textbook(count: int, seed: int) -> None:
    """Equations 2.23 and 2.24 of Rasmussen & Williams, by plain inversion."""
    x, new = networks(count, seed), networks(5, seed + 100)
    y = np.sin(x).sum(axis=1)
    inverse = np.linalg.inv(KERNEL.of(x, x) + KERNEL.noise**2 * np.eye(count))
    across = KERNEL.of(x, new)
    mean, sd = Surrogate(x, y, KERNEL).predict(new)
    assert mean == pytest.approx(y.mean() + across.T @ inverse @ (y - y.mean()))
    variance = np.diag(KERNEL.of(new, new) - across.T @ inverse @ across)
    assert sd**2 == pytest.approx(variance, abs=1e-9)


def test_expected_improvement_is_the_mean_of_what_falls_below() -> None:
    surrogate = Surrogate(networks(6), networks(6)[:, 0], KERNEL)
    new = networks(4, 9)
    mean, sd = surrogate.predict(new)
    draws = mean + sd * np.random.default_rng(1).normal(size=(200_000, 4))
    below = np.maximum(-0.2 - draws, 0).mean(axis=0)
    assert surrogate.expected_improvement(new, -0.2) == pytest.approx(below, abs=4e-3)


@pytest.mark.parametrize("noise", [0.1, 0.2])
def test_the_likelihood_tells_a_slope_from_none(noise: float) -> None:
    rng, x = np.random.default_rng(3), networks(60)
    steep = fit_surrogate(x, x @ np.full(4, 0.2) + noise * rng.normal(size=60))
    flat = fit_surrogate(x, noise * rng.normal(size=60))
    assert steep.kernel.slope > flat.kernel.slope
    assert np.corrcoef(steep.predict(networks(50, 5))[0], networks(50, 5).sum(axis=1))[0, 1] > 0.95
