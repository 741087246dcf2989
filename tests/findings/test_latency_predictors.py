"""Predictors of latency: known correlations, invariance, and data that cannot tell."""

import numpy as np
import pytest
from scipy import stats

from scaling_search.errors import InvalidInput
from scaling_search.findings.latency_predictors import latency_predictors

COUNT = 16


def networks(macs_noise: float, activations_noise: float, seed: int = 0) -> list[np.ndarray]:
    """Latency, macs and activations whose logs share one normal number a network."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, 1, (3, COUNT)) * [[0], [macs_noise], [activations_noise]]
    return list(np.exp(rng.normal(0, 1, COUNT) + noise))


def test_correlations_are_pearsons_of_logs_and_spearmans() -> None:
    latency, macs, activations = networks(0.5, 0.2)
    found = latency_predictors(latency, macs, activations)
    for cost, correlation in ((macs, found.macs), (activations, found.activations)):
        of_logs = stats.pearsonr(np.log(latency), np.log(cost)).statistic
        assert correlation.pearson.value == pytest.approx(of_logs)
        of_ranks = stats.spearmanr(latency, cost).statistic
        assert correlation.spearman.value == pytest.approx(of_ranks)
        for interval in (correlation.pearson, correlation.spearman):
            assert -1 <= interval.low < interval.value < interval.high <= 1
    assert found.difference.pearson.value == pytest.approx(
        found.activations.pearson.value - found.macs.pearson.value
    )
    assert found.networks == COUNT


def test_ties_share_their_rank() -> None:
    latency, macs, activations = networks(0.5, 0.2)
    macs, activations = np.ceil(macs), np.ceil(2 * activations)
    found = latency_predictors(latency, macs, activations)
    assert found.macs.spearman.value == pytest.approx(stats.spearmanr(latency, macs).statistic)


def test_the_better_predictor_is_named() -> None:
    latency, worse, better = networks(0.5, 0.05)
    found = latency_predictors(latency, worse, better)
    assert found.better == "activations"
    assert found.difference.pearson.low > 0
    assert found.verdict.startswith(
        "Activations predict latency better than multiply-adds here: the correlation of logs is 0.9"
    )
    exchanged = latency_predictors(latency, better, worse)
    assert exchanged.better == "macs"
    assert exchanged.verdict.startswith("Multiply-adds predict latency better than activations")
    assert exchanged.difference.pearson.value == pytest.approx(-found.difference.pearson.value)


def test_equal_predictors_are_rarely_told_apart() -> None:
    found = [latency_predictors(*networks(0.4, 0.4, seed)) for seed in range(40)]
    assert np.mean([one.better is not None for one in found]) <= 0.2
    undecided = next(one for one in found if one.better is None)
    assert f"cannot be told apart as predictors of latency with {COUNT}" in undecided.verdict


def test_the_better_of_two_that_predict_nothing_is_not_named() -> None:
    rng = np.random.default_rng(1)
    latency, chance = np.exp(rng.normal(0, 1, (2, COUNT)))
    found = latency_predictors(latency, chance / latency, chance)
    assert found.difference.pearson.low > 0
    assert found.better is None
    assert found.verdict.startswith("Neither activations nor multiply-adds are seen to predict")


def test_perfect_predictors() -> None:
    latency, *_ = networks(0, 0)
    # Powers of latency, so that only rounding tells them apart.
    found = latency_predictors(latency, 1e6 * latency**1.3, 7 * latency**0.7)
    assert found.macs.pearson == found.activations.spearman == (1, 1, 1)
    assert found.difference.pearson == found.difference.spearman == (0, 0, 0)
    assert found.better is None
    opposite = latency_predictors(latency, 1 / latency, latency)
    assert opposite.macs.pearson == opposite.macs.spearman == (-1, -1, -1)


def test_ranks_ignore_the_scale_and_logs_the_units() -> None:
    latency, macs, activations = networks(0.5, 0.2)
    found = latency_predictors(latency, macs, activations)
    bent = latency_predictors(latency, macs, np.exp(activations))
    assert bent.activations.spearman == found.activations.spearman
    assert bent.activations.pearson != found.activations.pearson
    other = latency_predictors(1e3 * latency, macs / 1e6, 64 * activations)
    assert other.difference.pearson == pytest.approx(found.difference.pearson)
    assert other.difference.spearman == found.difference.spearman


def test_order_and_repetition_of_networks_do_not_matter() -> None:
    table = np.array(networks(0.5, 0.2))
    found = latency_predictors(*table)
    assert latency_predictors(*table[:, ::-1]) == found
    assert latency_predictors(*np.hstack([table, table[:, :5]])) == found


def test_networks_that_were_not_measured_are_left_out() -> None:
    latency, macs, activations = networks(0.5, 0.2)
    holes = latency.copy()
    holes[3] = np.nan
    rest = np.arange(COUNT) != 3
    expected = latency_predictors(latency[rest], macs[rest], activations[rest])
    assert latency_predictors(holes, macs, activations) == expected


@pytest.mark.parametrize("count", [0, 1, 3])
def test_too_few_networks(count: int) -> None:
    table = np.array(networks(0.5, 0.2))[:, :count]
    found = latency_predictors(*np.hstack([table, table]))
    assert found.networks == count
    assert np.isnan(found.macs.pearson.value)
    assert np.isnan(found.difference.spearman).all()
    assert found.better is None
    assert f"{count} distinct networks were measured, and it takes 4" in found.verdict


def test_four_networks_are_enough_to_compute() -> None:
    found = latency_predictors(*np.array(networks(0.5, 0.2))[:, :4])
    assert np.isfinite([*found.difference.pearson, *found.difference.spearman]).all()


def test_equal_costs_predict_nothing() -> None:
    latency, _, activations = networks(0.5, 0.2)
    found = latency_predictors(latency, np.full(COUNT, 1e6), activations)
    assert np.isnan(found.macs.pearson).all()
    assert np.isnan(found.difference.pearson).all()
    assert np.isfinite(found.activations.pearson).all()
    assert found.better is None
    assert "all networks have the same number of multiply-adds" in found.verdict
    same = latency_predictors(np.ones(COUNT), latency, activations)
    assert "the same latency" in same.reason
    assert np.isnan(same.activations.spearman).all()


def test_wrong_input_is_named() -> None:
    latency, macs, activations = networks(0.5, 0.2)
    with pytest.raises(InvalidInput, match="give one number a network"):
        latency_predictors(latency, macs[1:], activations)
    macs[2] = 0
    with pytest.raises(InvalidInput, match="macs holds 0, but must be finite and above 0"):
        latency_predictors(latency, macs, activations)
