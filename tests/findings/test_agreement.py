"""Agreement of two rankings: published values, what noise allows, determinism."""

import numpy as np
import pytest
from scipy import stats

from scaling_search.errors import InvalidInput
from scaling_search.findings.agreement import rank_agreement

TRUTH = np.linspace(0.2, 0.3, 9)


def measured(truth: np.ndarray, sigma: float, seeds: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return truth[:, None] + rng.normal(0, 0.02, seeds) + rng.normal(0, sigma, (len(truth), seeds))


def test_tau_is_kendalls() -> None:
    first, second = measured(TRUTH, 0.03, 3, 0), measured(TRUTH, 0.03, 2, 1)
    expected = stats.kendalltau(first.mean(axis=1), second.mean(axis=1)).statistic
    found = rank_agreement(first, second)
    assert found.tau.value == pytest.approx(expected)
    assert found.tau.low < found.tau.value < found.tau.high
    assert found.candidates == 9


def test_same_and_opposite_order() -> None:
    first = measured(TRUTH, 0.001, 3, 0)
    assert rank_agreement(first, measured(TRUTH, 0.001, 3, 1)).tau.value == 1
    opposite = rank_agreement(first, measured(TRUTH[::-1], 0.001, 3, 1))
    assert opposite.tau.value == -1
    assert opposite.beyond_noise
    assert opposite.winner_changes == 1
    assert opposite.winner_changes_by_noise < 0.05


def test_noise_lowers_the_ceiling_and_changes_the_winner() -> None:
    low, high = (
        rank_agreement(measured(TRUTH, sigma, 3, 0), measured(TRUTH, sigma, 3, 1))
        for sigma in (0.003, 0.03)
    )
    assert low.ceiling.value > 0.9 > high.ceiling.value
    assert low.winner_changes_by_noise < high.winner_changes_by_noise
    assert high.ceiling.low < high.ceiling.value < high.ceiling.high


def test_one_truth_is_rarely_taken_for_two() -> None:
    found = [
        rank_agreement(measured(TRUTH, 0.03, 3, 2 * i), measured(TRUTH, 0.03, 3, 2 * i + 1))
        for i in range(60)
    ]
    assert np.mean([agreement.beyond_noise for agreement in found]) <= 0.15
    # The ceiling is what one truth gives.
    expected = np.mean([agreement.tau.value for agreement in found])
    ceilings = [agreement.ceiling.value for agreement in found]
    assert np.mean(ceilings) == pytest.approx(expected, abs=0.1)


def test_another_order_is_noticed() -> None:
    shuffled = TRUTH[[4, 8, 1, 6, 0, 7, 3, 5, 2]]
    found = [
        rank_agreement(measured(TRUTH, 0.01, 3, i), measured(shuffled, 0.01, 3, i + 50))
        for i in range(10)
    ]
    assert np.mean([agreement.beyond_noise for agreement in found]) > 0.8


def test_candidates_of_one_fidelity_do_not_count() -> None:
    first, second = measured(TRUTH, 0.01, 3, 0), measured(TRUTH, 0.01, 3, 1)
    second[6:] = np.nan
    assert rank_agreement(first, second).candidates == 6
    second[2:] = np.nan
    with pytest.raises(InvalidInput, match="needs 3"):
        rank_agreement(first, second)


@pytest.mark.parametrize("error", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("of", [0, 1])
def test_networks_that_all_err_alike_have_no_ranking(error: float, of: int) -> None:
    pair = [measured(TRUTH, 0.01, 3, 0), measured(TRUTH, 0.01, 3, 1)]
    pair[of] = np.full_like(pair[of], error)
    with pytest.raises(InvalidInput, match="all 9 networks err alike"):
        rank_agreement(*pair)


def test_one_seed_has_no_ceiling() -> None:
    found = rank_agreement(measured(TRUTH, 0.01, 1, 0), measured(TRUTH, 0.01, 3, 1))
    assert np.isfinite(found.tau).all()
    assert np.isnan(found.ceiling).all()
    assert np.isnan(found.winner_changes)
    assert not found.beyond_noise


def test_same_input_gives_the_same_numbers() -> None:
    first, second = measured(TRUTH, 0.02, 3, 0), measured(TRUTH, 0.02, 3, 1)
    assert rank_agreement(first, second) == rank_agreement(first, second)


def test_errors_must_have_the_same_candidates() -> None:
    with pytest.raises(InvalidInput, match="one row a candidate"):
        rank_agreement(measured(TRUTH, 0.02, 3, 0), measured(TRUTH[1:], 0.02, 3, 1))
