"""The set that holds the best, and how well differences are known."""

import numpy as np
import pytest
from landscapes import make_landscape

from scaling_search.errors import InvalidInput
from scaling_search.findings.surface import fit_surface
from scaling_search.findings.winner import difference_widths, possible_best


def test_the_set_is_the_smallest_that_reaches_the_level() -> None:
    p_best = np.array([0.05, 0.5, 0.02, 0.3, 0.13])
    assert np.flatnonzero(possible_best(p_best, 0.5)).tolist() == [1]
    assert np.flatnonzero(possible_best(p_best, 0.8)).tolist() == [1, 3]
    assert np.flatnonzero(possible_best(p_best, 0.9)).tolist() == [1, 3, 4]
    assert np.flatnonzero(possible_best(p_best, 0.981)).tolist() == [0, 1, 2, 3, 4]


def test_equally_probable_candidates_are_in_or_out_together() -> None:
    assert possible_best(np.array([0.8, 0.06, 0.06, 0.06, 0.02])).tolist() == [
        True,
        True,
        True,
        True,
        False,
    ]
    assert possible_best(np.full(12, 1 / 12)).all()


def test_order_of_candidates_is_irrelevant() -> None:
    p_best = np.random.default_rng(0).dirichlet(np.full(20, 0.3))
    order = np.random.default_rng(1).permutation(20)
    assert np.array_equal(possible_best(p_best[order]), possible_best(p_best)[order])


@pytest.mark.parametrize("level", [0.0, 1.0, 90])
def test_impossible_levels_are_refused(level: float) -> None:
    with pytest.raises(InvalidInput, match="level"):
        possible_best(np.array([0.5, 0.5]), level)


def test_true_differences_lie_within_their_widths() -> None:
    held = []
    for number in range(24):
        rng = np.random.default_rng([number, 8])
        land = make_landscape(("inside", "edge")[number % 2], 0.1, 0.02, rng)
        surface = fit_surface(land.design, land.runs(3, 0.06, 0.03, rng))
        best = surface.choice
        width = difference_widths(surface, best)
        assert width[best] == 0
        expected = surface.mean - surface.mean[best]
        inside = np.abs(land.error - land.error[best] - expected) <= width
        held.append(np.delete(inside, best).mean())
    assert np.mean(held) == pytest.approx(0.9, abs=0.08)
