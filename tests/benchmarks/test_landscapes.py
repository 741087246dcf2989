"""Synthetic landscapes have the truth that they state."""

import numpy as np
import pytest
from landscapes import COST_RATIO, KINDS, make_landscape

from scaling_search.errors import InvalidInput


@pytest.mark.parametrize("kind", KINDS)
def test_candidates_lie_on_the_triangle_and_near_the_optimum_they_are_good(kind: str) -> None:
    for replay in range(10):
        land = make_landscape(kind, 0.1, 0.0, np.random.default_rng(replay))
        assert land.design.shares.shape == (36, 3)
        assert (land.design.shares >= 0).all()
        assert np.allclose(land.design.shares.sum(axis=1), 1)
        assert np.log(land.error).std() == pytest.approx(0.1)
        near = ((land.design.shares - land.optimum) ** 2).sum(axis=1).argmin()
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


def test_networks_of_one_resolution_share_a_step_and_costs_keep_their_tolerance() -> None:
    land = make_landscape("inside", 1e-9, 0.0, np.random.default_rng(4), step=0.1, cost=0.05)
    level = {px: set[float]() for px in land.design.resolution}
    for px, error in zip(land.design.resolution, land.error):
        level[px].add(round(float(error), 6))
    assert len(level) > 5
    assert all(len(errors) == 1 for errors in level.values())
    assert np.std([np.log(min(errors)) for errors in level.values()]) > 0.03

    assert 0.04 < np.abs(land.design.log_cost).max() <= 0.05
    slopes = np.log(land.own_error / land.error) / land.design.log_cost
    assert np.allclose(slopes, slopes[0])
    assert -0.6 <= slopes[0] <= 0


def test_a_search_sees_the_landscape_as_its_networks() -> None:
    rng = np.random.default_rng(5)
    land = make_landscape("edge", 0.1, 0.01, rng, step=0.05, cost=0.05)
    table = land.table(3, 0.0, 0.0, rng)
    assert np.allclose(table.design.shares, land.design.shares)
    assert np.allclose(table.design.log_cost, land.design.log_cost)
    assert np.array_equal(table.design.resolution, land.design.resolution)
    assert np.allclose(table.errors[:, :, 0], land.own_error[:, None])
    assert {network.id for network in table.networks} == {f"n{i}" for i in range(36)}
    assert table.cost_ratio == COST_RATIO


def test_unknown_kind_is_refused() -> None:
    with pytest.raises(InvalidInput, match="inside, edge, dent, returns"):
        make_landscape("flat", 0.1, 0.0, np.random.default_rng(0))
