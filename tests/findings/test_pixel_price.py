"""What a pixel costs, as the response surface's covariate."""

import numpy as np

from scaling_search.findings import fit_surface
from scaling_search.findings.lack_of_fit import lack_of_fit
from scaling_search.findings.triangle import triangle

SHARES = triangle(6)
#: Bands of the resolution's share, and the price of a pixel in each.
BAND = np.round(6 * SHARES[:, 2]).astype(int)
LOG_PRICE = np.log([1.0, 1.25, 1.12, 1.11, 1.0, 1.2, 1.09])[BAND]
PIXELS = [16 + int(band) for band in BAND]


def runs(slope: float, rng: np.random.Generator, seeds: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """True errors (candidates,), which differ by the price alone, and runs (candidates, seeds)."""
    truth = 0.3 * np.exp(slope * LOG_PRICE)
    return truth, truth[:, None] * np.exp(rng.normal(0, 0.06, (len(truth), seeds)))


def off(slope: float, hidden: np.ndarray, rng: np.random.Generator) -> dict[str, float]:
    """Mean square error in log of untrained networks, with the price and without."""
    truth, errors = runs(slope, rng)
    errors[hidden] = np.nan
    found = {}
    for name, price in (("with", LOG_PRICE), ("without", None)):
        mean = fit_surface(SHARES, errors, resolution=PIXELS, log_pixel_price=price).mean
        found[name] = float((np.log(mean / truth)[hidden] ** 2).mean())
    return found


def test_a_resolution_without_runs_is_known_from_its_price() -> None:
    rng = np.random.default_rng(0)
    hidden = np.flatnonzero((BAND == 1) | (BAND == 4))
    tries = [off(0.8, hidden, rng) for _ in range(8)]
    assert np.mean([t["with"] for t in tries]) < 0.4 * np.mean([t["without"] for t in tries])


def test_a_price_that_does_not_matter_costs_little() -> None:
    rng = np.random.default_rng(1)
    tries = [off(0.0, rng.permutation(28)[:10], rng) for _ in range(12)]
    assert np.mean([t["with"] for t in tries]) < 1.5 * np.mean([t["without"] for t in tries])


def test_before_any_run_dear_pixels_are_expected_to_cost() -> None:
    fitted = fit_surface(SHARES, np.full((28, 1), np.nan), log_pixel_price=LOG_PRICE)
    neutral = fit_surface(SHARES, np.full((28, 1), np.nan))
    ratio = fitted.mean / neutral.mean
    assert ratio[BAND == 1].mean() > ratio[BAND == 2].mean() > ratio[BAND == 0].mean()


def test_what_the_price_explains_is_no_lack_of_fit() -> None:
    _, errors = runs(0.8, np.random.default_rng(2), seeds=4)
    assert lack_of_fit(SHARES, errors).p_value < 0.001
    assert lack_of_fit(SHARES, errors, log_pixel_price=LOG_PRICE).p_value > 0.05
