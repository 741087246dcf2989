from __future__ import annotations

import numpy as np
import pytest

from scaling_search.errors import InvalidInput
from scaling_search.findings.balance import Balance, balance


def two_series(gap: float, shift: float = 0.4, noise: float = 0.3, seed: int = 0) -> Balance:
    """One curve; the series `deep` lies `gap` points above it and starts `shift` doublings on."""
    rng = np.random.default_rng(seed)
    x = np.r_[0, 0.9, 1.5, 2.5, shift + np.array([0, 0.9, 1.5])]
    names = ["plain"] * 4 + ["deep"] * 3
    points = 40 + 5 * x - 0.6 * x**2 + gap * (np.arange(7) > 3)
    accuracy = points[:, None] + rng.standard_normal(3) + noise * rng.standard_normal((7, 3))
    return balance(names, 1e6 * 2**x, 1 - accuracy / 100)


def test_a_gap_at_equal_cost_is_found_and_bounded() -> None:
    gap = two_series(3.0).gap("deep", "plain")
    assert gap.verdict == "better"
    assert gap.points.low < 3.0 < gap.points.high
    assert gap.macs_from == pytest.approx(1e6 * 2**0.4)
    assert gap.macs_to == pytest.approx(1e6 * 2**1.9)
    assert two_series(-3.0).gap("deep", "plain").verdict == "worse"


def test_no_gap_stays_open_most_of_the_time() -> None:
    verdicts = [two_series(0.0, noise=1.0, seed=seed).gaps[0].verdict for seed in range(40)]
    assert verdicts.count("open") >= 32


def test_series_that_share_no_cost_are_not_compared() -> None:
    gap = two_series(3.0, shift=4.0).gap("deep", "plain")
    assert gap.verdict == "no common cost"
    assert np.isnan(gap.macs_from)


def test_every_pair_is_compared_once() -> None:
    x = np.tile([0.0, 1.0, 2.0], 3)
    names = np.repeat(["a", "b", "c"], 3).tolist()
    rng = np.random.default_rng(0)
    errors = 0.5 - 0.03 * x[:, None] + 0.003 * rng.standard_normal((9, 2))
    found = balance(names, 2.0**x, errors)
    assert [(g.series, g.rival) for g in found.gaps] == [("b", "a"), ("c", "a"), ("c", "b")]
    assert set(found.curves) == {"a", "b", "c"}


def test_too_little_is_refused() -> None:
    with pytest.raises(InvalidInput, match="1 series are trained"):
        balance(["a", "a", "b"], np.array([1.0, 2, 4]), np.array([[0.5], [0.4], [np.nan]]))
    with pytest.raises(InvalidInput, match="cannot tell noise"):
        balance(["a", "a", "b"], np.array([1.0, 2, 4]), np.array([[0.5], [0.4], [0.3]]))


def test_series_without_a_common_seed_are_refused() -> None:
    nan = np.nan
    errors = np.array([[0.5, nan], [0.4, nan], [0.35, nan], [nan, 0.6], [nan, 0.5], [nan, 0.4]])
    with pytest.raises(InvalidInput, match="share no seed"):
        balance(["a"] * 3 + ["b"] * 3, np.array([1.0, 2, 4, 1, 2, 4]), errors)


def test_networks_that_deviate_far_more_than_runs_widen_the_interval() -> None:
    """Deviations of 1.6 points, runs of .2: 90 % intervals of 40 truths of 2 points."""
    held = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        x = np.r_[0, 0.9, 1.5, 2.5, 0.4, 1.3, 1.9, 2.2]
        points = 40 + 5 * x + 2 * (np.arange(8) > 3) + 1.6 * rng.standard_normal(8)
        accuracy = points[:, None] + 0.2 * rng.standard_normal((8, 4))
        gap = balance(["a"] * 4 + ["b"] * 4, 2.0**x, 1 - accuracy / 100).gaps[0]
        held += gap.points.low <= 2 <= gap.points.high
    assert held >= 30
