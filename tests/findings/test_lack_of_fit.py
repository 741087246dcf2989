"""The F test of lack of fit: level, power, and data that cannot tell."""

import numpy as np
import pytest

from scaling_search.findings.design import Design
from scaling_search.findings.lack_of_fit import lack_of_fit
from scaling_search.findings.triangle import triangle

SHARES = triangle(5)
PLAIN = Design(shares=SHARES)
SMOOTH = np.log(0.2) + 0.6 * ((SHARES - 0.3) ** 2).sum(axis=1)


def errors(tau: float, seeds: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    value = SMOOTH + rng.normal(0, tau, 21)
    return np.exp(value[:, None] + rng.normal(0, 0.05, seeds) + rng.normal(0, 0.04, (21, seeds)))


def test_networks_on_the_surface_are_called_off_it_as_often_as_stated() -> None:
    found = [lack_of_fit(PLAIN, errors(0, 3, seed)).p_value for seed in range(200)]
    assert np.mean(np.array(found) < 0.1) == pytest.approx(0.1, abs=0.05)
    assert np.mean(found) == pytest.approx(0.5, abs=0.06)


def test_networks_off_the_surface_are_seen() -> None:
    fit = lack_of_fit(PLAIN, errors(0.08, 3, 0))
    assert fit.p_value < 0.01
    # 1 + seeds * tau^2 / sigma^2 is expected.
    assert fit.ratio == pytest.approx(13, rel=0.6)
    assert (fit.deviation_freedom, fit.noise_freedom) == (21 - 6, 20 * 2)


def test_missing_runs_and_seed_effects_do_not_look_like_lack_of_fit() -> None:
    holes = errors(0, 3, 4)
    holes[:9, 0] = holes[12:, 2] = np.nan
    plain = lack_of_fit(PLAIN, holes)
    shifted = lack_of_fit(PLAIN, holes * [1.3, 0.8, 1.0])
    assert plain.p_value > 0.05
    assert shifted.ratio == pytest.approx(plain.ratio)


def test_cost_is_no_lack_of_fit_when_it_is_known() -> None:
    cost = np.random.default_rng(0).uniform(-0.05, 0.05, 21)
    seen = errors(0, 3, 1) * np.exp(-4 * cost)[:, None]
    assert lack_of_fit(PLAIN, seen).p_value < 0.01
    assert lack_of_fit(Design(shares=SHARES, log_cost=cost), seen).p_value > 0.05


@pytest.mark.parametrize("known", [np.s_[:, :1], np.s_[[0, 2, 8, 12, 20]], np.s_[:0]])
def test_without_repeated_seeds_or_enough_candidates_nothing_is_said(known: tuple) -> None:
    seen = np.full((21, 3), np.nan)
    seen[known] = errors(0.1, 3, 2)[known]
    fit = lack_of_fit(PLAIN, seen)
    assert not fit.testable
    assert np.isnan(fit.p_value)


def test_what_a_pixel_costs_is_no_lack_of_fit_when_it_is_known() -> None:
    price = np.log([1.0, 1.25, 1.12, 1.11, 1.0, 1.2])[np.rint(5 * SHARES[:, 2]).astype(int)]
    seen = errors(0, 4, 2) * np.exp(0.8 * price)[:, None]
    assert lack_of_fit(PLAIN, seen).p_value < 0.001
    assert lack_of_fit(Design(shares=SHARES, log_pixel_price=price), seen).p_value > 0.05
