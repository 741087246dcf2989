"""What is known before any training, and what a surface makes of it: steps and prices of pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from scaling_search.errors import InvalidInput
from scaling_search.findings import fit_surface
from scaling_search.findings.design import Design
from scaling_search.findings.triangle import triangle

SHARES = triangle(6)
PLAIN = Design(shares=SHARES)
#: Bands of the resolution's share as rounding makes them, and the price of a pixel in each.
BAND = np.rint(6 * SHARES[:, 2]).astype(int)
STEPPED = Design(shares=SHARES, resolution=16 + BAND)
LOG_PRICE = np.log([1.0, 1.25, 1.12, 1.11, 1.0, 1.2, 1.09])[BAND]
PRICED = Design(shares=SHARES, resolution=16 + BAND, log_pixel_price=LOG_PRICE)


@dataclass(frozen=True)
class Network:
    shares: tuple[float, float, float]
    cost_ratio: float
    resolution: int
    pixel_price: float


def test_a_design_is_made_of_what_its_networks_are() -> None:
    networks = [Network((1, 0, 0), 2.1, 16, 1.0), Network((0.2, 0.3, 0.5), 1.9, 18, 1.2)]
    design = Design.of(networks, cost_ratio=2.0)
    assert len(design) == 2
    assert design.shares.tolist() == [[1, 0, 0], [0.2, 0.3, 0.5]]
    assert np.exp(design.log_cost) == pytest.approx([1.05, 0.95])
    assert design.resolution.tolist() == [16, 18]
    assert np.exp(design.log_pixel_price) == pytest.approx([1.0, 1.2])
    assert np.array_equal(design.covariates, np.c_[design.log_cost, design.log_pixel_price])
    assert len(Design.of([], cost_ratio=2.0)) == 0


def test_what_is_left_out_is_alike_in_all() -> None:
    assert not PLAIN.covariates.any()
    assert PLAIN.covariates.shape == (28, 2)
    assert PLAIN.steps.shape == (28, 0)


def test_some_candidates_of_a_design() -> None:
    mask = BAND == 2
    for some in (PRICED[mask], PRICED[np.flatnonzero(mask)]):
        assert len(some) == mask.sum()
        assert np.array_equal(some.log_pixel_price, LOG_PRICE[mask])
        assert np.array_equal(some.shares, SHARES[mask])
    assert PRICED[[3, 1]].resolution.tolist() == PRICED.resolution[[3, 1]].tolist()
    assert len(PRICED[[]]) == len(PRICED[np.zeros(28, bool)]) == 0


def test_steps_are_resolutions_that_some_share_and_others_do_not() -> None:
    design = Design(shares=SHARES[:5], resolution=np.array([20, 24, 20, 24, 32]))
    assert design.steps.T.tolist() == [[1, 0, 1, 0, 0], [0, 1, 0, 1, 0]]
    for alike in (np.full(28, 20), np.arange(28)):
        assert Design(shares=SHARES, resolution=alike).steps.shape == (28, 0)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"shares": SHARES[:, :2]}, "candidates, 3"),
        ({"shares": 2 * SHARES}, "add up to 1"),
        ({"shares": SHARES * np.nan}, "add up to 1"),
    ],
)
def test_mistakes_are_named(arrays: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        Design(**arrays)


def off(
    design: Design, errors: np.ndarray, truth: np.ndarray, hidden: np.ndarray | None = None
) -> float:
    """Mean square error in log of networks, or of those that the surface gets no runs of."""
    errors, judged = errors.copy(), np.ones(28, bool)
    if hidden is not None:
        errors[hidden] = np.nan
        judged = np.isin(np.arange(28), hidden)
    return float((np.log(fit_surface(design, errors).mean / truth)[judged] ** 2).mean())


def noisy(truth: np.ndarray, rng: np.random.Generator, seeds: int = 1) -> np.ndarray:
    return truth[:, None] * np.exp(rng.normal(0, 0.06, (28, seeds)))


def test_a_network_is_known_from_others_of_its_resolution() -> None:
    rng = np.random.default_rng(0)
    found = []
    for _ in range(8):
        truth = 0.3 * np.exp(rng.normal(0, 0.1, 7)[BAND])
        errors, hidden = noisy(truth, rng), rng.permutation(28)[:12]
        found.append([off(design, errors, truth, hidden) for design in (STEPPED, PLAIN)])
    with_steps, without = np.sqrt(found).mean(axis=0)
    assert with_steps < 0.8 * without


def test_steps_that_are_not_there_cost_little() -> None:
    rng = np.random.default_rng(1)
    truth = 0.3 * np.exp(0.4 * (SHARES[:, 0] - 0.2) ** 2)
    runs = [noisy(truth, rng) for _ in range(8)]
    with_steps, without = (
        np.mean([off(design, errors, truth) for errors in runs]) for design in (STEPPED, PLAIN)
    )
    assert with_steps < 1.25**2 * without


def test_a_resolution_without_runs_is_known_from_its_price() -> None:
    rng = np.random.default_rng(0)
    hidden, truth = np.flatnonzero((BAND == 1) | (BAND == 4)), 0.3 * np.exp(0.8 * LOG_PRICE)
    runs = [noisy(truth, rng) for _ in range(8)]
    priced, without = (
        np.mean([off(design, errors, truth, hidden) for errors in runs])
        for design in (PRICED, STEPPED)
    )
    assert priced < 0.4 * without


def test_a_price_that_does_not_matter_costs_little() -> None:
    rng = np.random.default_rng(1)
    truth = np.full(28, 0.3)
    found = []
    for _ in range(12):
        errors, hidden = noisy(truth, rng), rng.permutation(28)[:10]
        found.append([off(design, errors, truth, hidden) for design in (PRICED, STEPPED)])
    priced, without = np.mean(found, axis=0)
    assert priced < 1.5 * without


def test_before_any_run_dear_pixels_are_expected_to_cost() -> None:
    nothing = np.full((28, 1), np.nan)
    priced = Design(shares=SHARES, log_pixel_price=LOG_PRICE)
    ratio = fit_surface(priced, nothing).mean / fit_surface(PLAIN, nothing).mean
    assert ratio[BAND == 1].mean() > ratio[BAND == 2].mean() > ratio[BAND == 0].mean()
