"""The noise of a run: exact posteriors, intervals that hold, seeds that would tell."""

import numpy as np
import pytest
from scipy import stats

from scaling_search.findings.noise import POWER, run_noise
from scaling_search.findings.surface_prior import PRIOR


def runs(sigma: float, candidates: int, seeds: int, rng: np.random.Generator) -> np.ndarray:
    truth = rng.normal(np.log(0.2), 0.1, (candidates, 1)) + rng.normal(0, 0.05, seeds)
    return np.exp(truth + rng.normal(0, sigma, (candidates, seeds)))


def test_without_a_repetition_the_noise_is_that_of_the_prior() -> None:
    sd = run_noise(np.array([[0.2], [0.3], [0.25]])).sd()
    # By the words of surface_prior.py: 6 % of the error, 3 to 22 % with probability 90 %.
    assert sd.value == pytest.approx(0.06, abs=0.005)
    assert (sd.low, sd.high) == pytest.approx((0.03, 0.22), abs=0.01)
    assert run_noise(np.full((3, 2), np.nan)).sd() == sd


def test_the_posterior_is_the_conjugate_one() -> None:
    errors = runs(0.08, 5, 3, np.random.default_rng(0))
    y = np.log(errors)
    residual = y - y.mean(axis=0) - y.mean(axis=1, keepdims=True) + y.mean()
    noise = run_noise(errors)
    assert noise.shape == pytest.approx(PRIOR.sigma_shape + 8 / 2)
    assert noise.rate == pytest.approx(PRIOR.sigma_rate + (residual**2).sum() / 2)
    exact = stats.invgamma(noise.shape, scale=noise.rate)
    assert noise.sd(0.8) == pytest.approx(np.sqrt(exact.ppf([0.5, 0.1, 0.9])))


def test_seeds_are_blocks_and_levels_are_relative() -> None:
    errors = runs(0.08, 6, 3, np.random.default_rng(1))
    shifted = errors * np.array([1.2, 0.9, 1.0]) * 0.7
    assert run_noise(shifted).sd() == pytest.approx(run_noise(errors).sd())


def test_the_mean_of_losses_grows_with_their_unit_and_beyond_one() -> None:
    seen = runs(0.2, 6, 3, np.random.default_rng(1))
    of_losses = [run_noise(k * seen, highest=np.inf).mean_of(k * seen[0], 500) for k in (1, 7)]
    assert np.allclose(of_losses[1], 7 * of_losses[0])
    assert of_losses[1].max() > 1
    assert run_noise(seen).mean_of(4 * seen[0], 500).max() == 1


@pytest.mark.parametrize(("candidates", "seeds"), [(2, 2), (12, 2), (10, 5)])
def test_the_interval_holds_the_noise_as_often_as_promised(candidates: int, seeds: int) -> None:
    rng = np.random.default_rng([candidates, seeds])
    # Truths as the prior has them: the promise is then exact.
    sigmas = np.sqrt(PRIOR.sigma_rate / rng.gamma(PRIOR.sigma_shape, size=600))
    sigmas = sigmas[sigmas < 0.3]
    sds = [run_noise(runs(sigma, candidates, seeds, rng)).sd() for sigma in sigmas]
    held = np.mean([sd.low <= sigma <= sd.high for sd, sigma in zip(sds, sigmas)])
    assert held == pytest.approx(0.9, abs=0.035)


def test_two_runs_that_agree_do_not_make_it_known() -> None:
    agreeing = np.array([[0.2, 0.2], [0.3, 0.3], *[[0.25, np.nan]] * 8])
    sd = run_noise(agreeing).sd()
    assert sd.low > 0.015
    assert sd.high > 3 * sd.low


def test_so_many_seeds_do_tell() -> None:
    rng, sigma, gap = np.random.default_rng(3), 0.06, 0.05
    noise = run_noise(runs(sigma, 100, 30, rng))
    needed = noise.seeds_to_see(gap)
    seeds = int(needed.value)
    assert needed.low <= needed.value <= needed.high
    drawn = rng.normal(gap, sigma * np.sqrt(2 / seeds), 20_000)
    seen = (drawn > stats.norm.ppf(0.9) * sigma * np.sqrt(2 / seeds)).mean()
    assert seen == pytest.approx(POWER, abs=0.03)
    # Half the difference takes four times as many.
    assert noise.seeds_to_see(gap / 2).value == pytest.approx(4 * needed.value, rel=0.1)


def test_a_network_known_by_its_own_runs_alone() -> None:
    rng = np.random.default_rng(0)
    noise = run_noise(0.3 * np.exp(0.06 * rng.standard_normal((20, 4))))
    few, many = noise.mean_of(np.array([0.4]), 4000), noise.mean_of(np.full(16, 0.4), 4000)
    assert few.mean() == pytest.approx(0.4, rel=0.02)
    assert few.std() == pytest.approx(4 * many.std(), rel=0.1)
    assert few.std() == pytest.approx(0.4 * 0.06, rel=0.2)
