"""The optimum on the triangle, its region, and regret."""

import numpy as np
import pytest

from scaling_search.errors import InvalidInput
from scaling_search.findings.design import Design
from scaling_search.findings.optimum import find_optimum, regret_of_candidates, regret_of_points
from scaling_search.findings.surface import Surface, fit_surface
from scaling_search.findings.triangle import triangle

SHARES = triangle(6)
PLAIN = Design(shares=SHARES)
INSIDE, EDGE = (0.3, 0.25, 0.45), (0.5, -0.3, 0.8)


def surface(lowest: tuple[float, ...], seeds: int, sigma: float = 0.03) -> Surface:
    rng = np.random.default_rng(8)
    log_error = np.log(0.15) + 0.5 * ((SHARES - lowest) ** 2).sum(axis=1)
    return fit_surface(PLAIN, np.exp(log_error[:, None] + rng.normal(0, sigma, (28, seeds))))


def holds(region: np.ndarray, point: tuple[float, ...]) -> bool:
    return bool((np.abs(region - point).max(axis=1) < 1e-9).any())


def test_optimum_inside_is_found_and_lies_in_its_region() -> None:
    optimum = find_optimum(surface(INSIDE, 6))
    assert optimum.shares == pytest.approx(INSIDE, abs=0.051)
    assert optimum.error.value == pytest.approx(0.15, abs=0.003)
    assert optimum.error.low < optimum.error.value < optimum.error.high
    assert holds(optimum.region, INSIDE)
    assert holds(optimum.region, tuple(optimum.shares))
    assert optimum.nothing == ()
    assert optimum.p_nothing.max() < 0.1


def test_optimum_beyond_an_edge_is_said_to_be_on_it() -> None:
    optimum = find_optimum(surface(EDGE, 6))
    assert optimum.nothing == ("width",)
    assert optimum.p_nothing[1] > 0.9
    assert optimum.p_nothing[[0, 2]].max() < 0.1
    # On the edge, the bowl is lowest at the foot of its centre.
    assert holds(optimum.region, (0.35, 0.0, 0.65))


def test_optimum_at_a_corner_gives_two_dimensions_nothing() -> None:
    assert find_optimum(surface((1.2, -0.1, -0.1), 6)).nothing == ("width", "resolution")


def test_more_runs_and_lower_levels_mean_smaller_regions() -> None:
    sizes = [len(find_optimum(surface(INSIDE, seeds, 0.1)).region) for seeds in (1, 4, 16)]
    assert sizes[0] > sizes[1] > sizes[2]
    fitted = surface(INSIDE, 2, 0.1)
    small, large = (find_optimum(fitted, level).region for level in (0.5, 0.95))
    assert len(small) < len(large)
    assert all(holds(large, tuple(point)) for point in small)


def test_without_runs_hardly_anything_is_excluded() -> None:
    nothing_known = fit_surface(PLAIN, np.full((28, 1), np.nan))
    assert len(find_optimum(nothing_known).region) > 0.4 * len(triangle(20))


def test_regret_is_zero_at_the_optimum_and_grows_away_from_it() -> None:
    fitted = surface(INSIDE, 6)
    optimum = find_optimum(fitted)
    regret = regret_of_points(fitted, np.array([optimum.shares, [1, 0, 0], [0, 0, 1]]))
    assert regret[0].value < 0.001
    # The corners are 0.5 * squared distance worse, in log error.
    assert regret[1].value == pytest.approx(0.15 * np.expm1(0.5 * 0.755), abs=0.01)
    assert regret[2].value == pytest.approx(0.15 * np.expm1(0.5 * 0.455), abs=0.01)
    assert all(0 <= one.low <= one.value for one in regret)
    assert all(one.value <= one.high for one in regret[1:])


def test_regret_of_candidates_is_against_the_best_of_them() -> None:
    fitted = surface(INSIDE, 6)
    regret = [one.value for one in regret_of_candidates(fitted)]
    assert np.argmin(regret) == fitted.choice
    best = np.exp(fitted.log_error).min(axis=1).mean()
    assert np.allclose(regret, fitted.mean - best)
    # The best candidate lies off the optimum, so points are measured against a lower error.
    assert min(one.value for one in regret_of_points(fitted, SHARES)) >= -1e-12


def test_names_of_the_dimensions_are_irrelevant() -> None:
    rng = np.random.default_rng(8)
    log_error = np.log(0.15) + 0.5 * ((SHARES - EDGE) ** 2).sum(axis=1)
    errors = np.exp(log_error[:, None] + rng.normal(0, 0.03, (28, 6)))
    turned = find_optimum(fit_surface(Design(shares=SHARES[:, [1, 2, 0]]), errors))
    plain = find_optimum(fit_surface(PLAIN, errors))
    assert turned.nothing == ("depth",)
    assert turned.shares[[2, 0, 1]] == pytest.approx(plain.shares, abs=0.051)
    assert len(turned.region) == pytest.approx(len(plain.region), rel=0.35)


def test_level_must_be_a_probability() -> None:
    with pytest.raises(InvalidInput, match="level"):
        find_optimum(surface(INSIDE, 1), 90)
