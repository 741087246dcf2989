"""The filter says what the covariance matrix says, in a time that grows with the sizes."""

import time

import numpy as np
import pytest

from scaling_search.forecast import WEAK_PRIOR, fit_scaling_law
from scaling_search.forecast.drift import drift_covariance, drift_seen
from scaling_search.forecast.observations import observe
from scaling_search.forecast.posterior import first_grid, log_likelihood, log_shape

RANDOM = np.random.default_rng(0)


def family(sizes, images=None):
    macs = np.sort(10 ** RANDOM.uniform(8, 11, sizes))
    error = (0.1 + 0.3 * (macs / 1e8) ** -0.5) * np.exp(RANDOM.normal(0, 0.03, sizes))
    return observe(macs, error, test_images=images)


@pytest.mark.parametrize(("sizes", "images"), [(1, None), (2, 500), (7, None), (40, 2000)])
def test_likelihood_and_level_are_those_of_the_dense_covariance(sizes, images):
    seen, grid = family(sizes, images), first_grid(WEAK_PRIOR.weak, (5, 3))
    log_like, level, level_var = log_likelihood(seen, grid)
    for shape in (0, 7, 12, 24):
        exponent = np.exp(grid.shapes[shape, :1])
        logit = grid.shapes[shape, 1:] - exponent * seen.x[0]
        rest = seen.log_error - log_shape(seen.x, exponent, logit)[0]
        for spread in range(9):
            scatter, drift = np.exp(grid.scatters[spread // 3]), np.exp(grid.drifts[spread % 3])
            covariance = drift**2 * drift_covariance(seen.x, seen.x)
            covariance += np.diag(scatter**2 + seen.noise)
            inverse, ones = np.linalg.inv(covariance), np.ones(sizes)
            var = 1.0 / (ones @ inverse @ ones)
            mean = var * (ones @ inverse @ rest)
            away = rest - mean
            wanted = -0.5 * (
                away @ inverse @ away
                + np.linalg.slogdet(covariance)[1]
                - np.log(var)
                + (sizes - 1) * np.log(2 * np.pi)
            )
            assert log_like[shape, spread] == pytest.approx(wanted, rel=1e-5, abs=1e-6)
            assert level[shape, spread] == pytest.approx(mean, rel=1e-5)
            assert level_var[spread] == pytest.approx(var, rel=1e-5)


def test_interpolation_is_that_of_the_dense_covariance():
    seen = family(9, 1000)
    x = np.concatenate([seen.x[[0, 3, 8]], [-20.0, -3.1, -1.0, -1e-6, 0.5, 2.0]])
    scatter, drift = np.array([0.01, 0.05, 0.2]), np.array([0.001, 0.3, 3.0])
    rest = RANDOM.normal(0, 0.1, (3, 9))
    mean, var = drift_seen(seen, rest, scatter, drift, x)
    for law in range(3):
        covariance = drift[law] ** 2 * drift_covariance(seen.x, seen.x)
        covariance += np.diag(scatter[law] ** 2 + seen.noise)
        across = drift[law] ** 2 * drift_covariance(x, seen.x)
        gain = np.linalg.solve(covariance, across.T).T
        own = drift[law] ** 2 * np.diagonal(drift_covariance(x, x))
        assert np.allclose(mean[law], gain @ rest[law], atol=1e-9)
        assert np.allclose(var[law], own - (gain * across).sum(axis=1), atol=1e-9)


def test_a_thousand_sizes_take_seconds_not_minutes():
    macs = np.geomspace(1e8, 1e11, 1000)
    error = (0.1 + 0.3 * (macs / 1e8) ** -0.5) * np.exp(RANDOM.normal(0, 0.02, 1000))
    start = time.process_time()
    law = fit_scaling_law(macs, error)
    law.predict(macs[::10], of="run")
    assert time.process_time() - start < 4.0  # .9 on an idle core, 180 with dense matrices
    assert law.floor.low < 0.1 < law.floor.high
