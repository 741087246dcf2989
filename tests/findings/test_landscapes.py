"""Synthetic landscapes have the truth that they state."""

import numpy as np
import pytest

from scaling_search.errors import InvalidInput
from scaling_search.findings.landscapes import KINDS, make_landscape


@pytest.mark.parametrize("kind", KINDS)
def test_candidates_lie_on_the_triangle_and_near_the_optimum_they_are_good(kind: str) -> None:
    for replay in range(10):
        land = make_landscape(kind, 0.1, 0.0, np.random.default_rng(replay))
        assert land.shares.shape == (36, 3)
        assert (land.shares >= 0).all()
        assert np.allclose(land.shares.sum(axis=1), 1)
        assert np.log(land.error).std() == pytest.approx(0.1)
        near = ((land.shares - land.optimum) ** 2).sum(axis=1).argmin()
        assert (land.error < land.error[near]).mean() < 0.15


def test_optimum_is_where_the_kind_says() -> None:
    for replay in range(20):
        inside = make_landscape("inside", 0.1, 0.0, np.random.default_rng(replay))
        edge = make_landscape("edge", 0.1, 0.0, np.random.default_rng(replay))
        assert inside.optimum.min() > 0.05
        assert edge.optimum.min() == 0


def test_means_over_many_seeds_are_the_true_errors() -> None:
    rng = np.random.default_rng(3)
    land = make_landscape("inside", 0.1, 0.02, rng)
    runs = land.runs(4000, 0.06, 0.04, rng)
    assert np.allclose(runs.mean(axis=1), land.error, rtol=0.006)
    log_error = np.log(runs)
    within = log_error - log_error.mean(axis=0)
    assert within.std(axis=1).mean() == pytest.approx(0.06, rel=0.05)
    assert log_error.mean(axis=0).std() == pytest.approx(np.hypot(0.04, 0.01), rel=0.05)


def test_unknown_kind_is_refused() -> None:
    with pytest.raises(InvalidInput, match="inside, edge, dent, returns"):
        make_landscape("flat", 0.1, 0.0, np.random.default_rng(0))
