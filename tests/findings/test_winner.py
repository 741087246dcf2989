"""Multiple comparison with the best: published critical values, coverage, odd inputs."""

import numpy as np
import pytest
from scipy import stats

from scaling_search.errors import InvalidInput
from scaling_search.findings import compare_with_best
from scaling_search.findings.winner import critical_value

ERRORS = np.array([[0.30, 0.34, 0.31], [0.33, 0.36, 0.35], [0.41, 0.46, 0.43], [0.31, 0.33, 0.32]])


@pytest.mark.parametrize(
    ("treatments", "freedom", "level", "published"),
    [
        # Dunnett 1955, Journal of the American Statistical Association 50, table 1, one-sided.
        (2, 5, 0.95, 2.44),
        (4, 5, 0.95, 2.85),
        (2, 10, 0.95, 2.15),
        (5, 10, 0.95, 2.56),
        (9, 10, 0.95, 2.81),
        (3, 20, 0.95, 2.19),
        (9, 20, 0.95, 2.60),
        (2, 10, 0.99, 3.11),
        (9, 10, 0.99, 3.83),
    ],
)
def test_critical_value_is_the_published_one(
    treatments: int, freedom: int, level: float, published: float
) -> None:
    assert critical_value(treatments + 1, freedom, level) == pytest.approx(published, abs=0.006)


@pytest.mark.parametrize("freedom", [1, 2, 3, 12, 200])
@pytest.mark.parametrize("level", [0.8, 0.9, 0.95])
def test_two_candidates_are_compared_by_student_t(freedom: int, level: float) -> None:
    expected = stats.t.ppf(level, freedom)
    assert critical_value(2, freedom, level) == pytest.approx(expected, rel=0.001)


def test_critical_value_grows_with_candidates_and_falls_with_freedom() -> None:
    assert np.all(np.diff([critical_value(n, 10, 0.9) for n in (2, 3, 5, 10, 40)]) > 0)
    assert np.all(np.diff([critical_value(8, n, 0.9) for n in (1, 2, 5, 20, 100)]) < 0)


def test_means_are_plain_means_and_the_best_comes_first() -> None:
    comparison = compare_with_best(ERRORS)
    assert np.allclose(comparison.mean, ERRORS.mean(axis=1))
    assert comparison.mean.argmin() == 0
    assert comparison.degrees_of_freedom == 3 * 2
    centred = ERRORS - ERRORS.mean(axis=0) - ERRORS.mean(axis=1, keepdims=True) + ERRORS.mean()
    assert comparison.residual_sd == pytest.approx(np.sqrt((centred**2).sum() / 6))
    winners = comparison.possible_winners
    assert winners[0] == 0
    assert 3 in winners
    assert 2 not in winners


def test_margin_is_that_of_a_difference_of_two_means() -> None:
    comparison = compare_with_best(ERRORS, level=0.95)
    margin = critical_value(4, 6, 0.95) * comparison.residual_sd * np.sqrt(2 / 3)
    gap_of_first = ERRORS[0].mean() - ERRORS[3].mean()
    assert comparison.high[2] == pytest.approx(ERRORS[2].mean() - ERRORS[0].mean() + margin)
    assert comparison.low[0] == pytest.approx(gap_of_first - margin)


def test_seeds_are_blocks() -> None:
    plain = compare_with_best(ERRORS)
    shifted = compare_with_best(ERRORS + np.array([0.2, -0.1, 0.05]))
    assert np.allclose(shifted.low, plain.low)
    assert np.allclose(shifted.high, plain.high)
    assert shifted.residual_sd == pytest.approx(plain.residual_sd)
    assert shifted.possible_winners == plain.possible_winners


def test_order_of_candidates_and_seeds_is_irrelevant() -> None:
    errors = ERRORS.copy()
    errors[1, 2] = np.nan
    plain = compare_with_best(errors)
    rows, columns = np.array([2, 0, 3, 1]), np.array([1, 2, 0])
    mixed = compare_with_best(errors[rows][:, columns])
    assert np.allclose(mixed.mean, plain.mean[rows])
    assert np.allclose(mixed.low, plain.low[rows])
    assert np.allclose(mixed.high, plain.high[rows])
    assert [rows[i] for i in mixed.possible_winners] == list(plain.possible_winners)


def test_missing_run_does_not_favour_its_candidate() -> None:
    # Seed 1 is ten points worse for all. Candidate 0 was not trained with it and is, seed for seed,
    # a point worse than candidate 1, though its plain mean is the lowest.
    errors = np.array([[0.31, np.nan, 0.32], [0.30, 0.40, 0.31], [0.32, 0.42, 0.33]])
    comparison = compare_with_best(errors)
    assert np.nanmean(errors, axis=1).argmin() == 0
    assert comparison.mean.argmin() == 1
    assert comparison.mean[0] - comparison.mean[1] == pytest.approx(0.01)


def test_fewer_runs_mean_a_larger_error() -> None:
    errors = ERRORS.copy()
    errors[3, 1] = np.nan
    comparison = compare_with_best(errors)
    assert comparison.se[3] > comparison.se[0]
    assert comparison.degrees_of_freedom == 5


def test_candidate_without_any_run_has_no_place() -> None:
    errors = np.vstack([ERRORS, np.full(3, np.nan)])
    comparison, without = compare_with_best(errors), compare_with_best(ERRORS)
    assert np.isnan(comparison.mean[4])
    assert np.isnan(comparison.low[4])
    assert comparison.possible_winners == without.possible_winners
    assert np.allclose(comparison.low[:4], without.low)


def test_one_seed_rules_nothing_out() -> None:
    comparison = compare_with_best(np.array([[0.2], [0.9], [0.5]]))
    assert comparison.degrees_of_freedom == 0
    assert comparison.possible_winners == (0, 2, 1)
    assert np.isnan(comparison.se).all()


def test_no_run_at_all() -> None:
    comparison = compare_with_best(np.full((3, 2), np.nan))
    assert comparison.possible_winners == ()
    assert np.isnan(comparison.mean).all()


def test_single_candidate_wins() -> None:
    assert compare_with_best(np.array([[0.2, 0.3]])).possible_winners == (0,)


def test_higher_level_keeps_more() -> None:
    errors = np.array([[0.30, 0.32], [0.335, 0.34], [0.36, 0.385], [0.50, 0.50]])
    kept = [set(compare_with_best(errors, level).possible_winners) for level in (0.5, 0.9, 0.999)]
    assert kept[0] <= kept[1] <= kept[2]
    assert len(kept[0]) < len(kept[2])


@pytest.mark.parametrize("seeds", [2, 4])
@pytest.mark.parametrize("spread", [0.0, 0.5, 3.0])
def test_the_true_best_is_kept_as_often_as_promised(seeds: int, spread: float) -> None:
    rng = np.random.default_rng([seeds, int(10 * spread)])
    truth = np.r_[0.0, spread * np.arange(1, 6)] if spread else np.zeros(6)
    kept = 0
    repeats = 400
    for _ in range(repeats):
        errors = truth[:, None] + rng.normal(0, 2, seeds) + rng.normal(0, 1, (6, seeds))
        kept += 0 in compare_with_best(errors, level=0.9).possible_winners
    # Two standard errors of a simulated 90 %.
    assert kept / repeats >= 0.9 - 0.03


def test_equal_candidates_are_told_apart_at_the_stated_rate_only() -> None:
    # With equal truths the promise is exact for each candidate, so keeping far more is too timid.
    rng = np.random.default_rng(5)
    kept = np.mean(
        [0 in compare_with_best(rng.normal(0, 1, (5, 3)), 0.8).possible_winners for _ in range(600)]
    )
    assert kept == pytest.approx(0.8, abs=0.05)


def test_bounds_hold_for_all_candidates_at_once() -> None:
    rng = np.random.default_rng(11)
    truth = np.array([0.0, 4.0, 5.0, 8.0, 12.0])
    others = np.array([np.delete(truth, i).min() for i in range(5)])
    worse = truth - others
    held, repeats = 0, 500
    for _ in range(repeats):
        errors = truth[:, None] + rng.normal(0, 1, (5, 3))
        comparison = compare_with_best(errors, level=0.9)
        held += bool(np.all((comparison.low <= worse) & (worse <= comparison.high)))
    assert held / repeats >= 0.9 - 0.03


def test_identical_candidates_win_together() -> None:
    comparison = compare_with_best(np.array([[0.25, 0.5], [0.25, 0.5], [0.5, 0.75]]))
    assert comparison.possible_winners[:2] == (0, 1)


@pytest.mark.parametrize("candidates", [3, 10, 36])
def test_critical_value_of_independent_differences_is_sidaks(candidates: int) -> None:
    expected = stats.norm.ppf(0.9 ** (1 / (candidates - 1)))
    assert critical_value(candidates, 100_000, 0.9, 0.0) == pytest.approx(expected, abs=0.002)


def test_critical_value_falls_with_the_correlation() -> None:
    values = [critical_value(12, 20, 0.9, rho) for rho in (0.0, 0.25, 0.5, 0.75)]
    assert np.all(np.diff(values) < 0)


def test_more_looks_exclude_less_at_each() -> None:
    errors = np.array([[0.30, 0.32], [0.335, 0.34], [0.36, 0.385], [0.50, 0.50]])
    widths = [compare_with_best(errors, looks=looks).high for looks in (1, 4, 16)]
    assert (widths[0] <= widths[1]).all()
    assert (widths[1] <= widths[2]).all()
    once, twice = compare_with_best(errors, 0.95), compare_with_best(errors, 0.9, looks=2)
    assert np.allclose(once.low, twice.low)


@pytest.mark.parametrize("rule", ["keep the possible", "the lowest means"])
def test_racing_keeps_the_true_best_as_often_as_promised(rule: str) -> None:
    truth, looks, repeats, kept = np.r_[0.0, 0.3, 0.6, 1, 1.5, 2, 3, 4], 5, 200, 0
    for repeat in range(repeats):
        rng = np.random.default_rng([repeat, len(rule)])
        table = truth[:, None] + rng.normal(0, 1, 10) + rng.normal(0, 1, (8, 10))
        errors, excluded = np.full((8, 10), np.nan), np.zeros(8, bool)
        errors[:, :2] = table[:, :2]
        for look in range(looks):
            comparison = compare_with_best(errors, 0.9, looks=looks)
            excluded |= ~comparison.possible
            if look + 1 == looks:
                break
            # Racing on what was seen: losers of chance get no chance to recover.
            count = 8 if rule == "keep the possible" else 3
            for index in comparison.possible_winners[:count]:
                seed = int(np.isfinite(errors[index]).sum())
                errors[index, seed] = table[index, seed]
        kept += not excluded[0]
    assert kept / repeats >= 0.9 - 0.03


@pytest.mark.parametrize("counts", [[8, 1, 1, 1, 1, 1], [1, 8, 8, 8, 8, 8], [8, 8, 2, 2, 1, 1]])
def test_unequal_numbers_of_seeds_keep_the_promise(counts: list[int]) -> None:
    used = np.arange(8) < np.array(counts)[:, None]
    repeats, kept = 300, 0
    for repeat in range(repeats):
        # All equal: the hardest case, where the promise is the rate itself.
        noise = np.random.default_rng([repeat, 9]).normal(0, 1, (6, 8))
        kept += bool(compare_with_best(np.where(used, noise, np.nan), 0.8).possible[0])
    assert kept / repeats >= 0.8 - 0.045


def test_detectable_difference_is_found_four_times_in_five() -> None:
    errors = np.random.default_rng(0).normal(0, 1, (5, 4))
    needed = []
    found, repeats = 0, 400
    for repeat in range(repeats):
        noise = np.random.default_rng([repeat, 2]).normal(0, 1, (5, 4))
        needed.append(np.nanmedian(compare_with_best(noise).detectable))
    apart = float(np.mean(needed))
    for repeat in range(repeats):
        errors = np.random.default_rng([repeat, 3]).normal(0, 1, (5, 4))
        errors[0] -= 100  # the best, beyond doubt
        errors[1] -= 100 - apart
        found += not compare_with_best(errors).possible[1]
    assert found / repeats == pytest.approx(0.8, abs=0.06)


def test_fewer_seeds_could_have_seen_less() -> None:
    rng = np.random.default_rng(1)
    errors = 0.3 + rng.normal(0, 0.01, (6, 8))
    few, many = compare_with_best(errors[:, :2]), compare_with_best(errors)
    assert few.smallest_detectable > 1.5 * many.smallest_detectable
    assert np.isnan(many.detectable[many.mean.argmin()])
    assert np.isnan(compare_with_best(errors[:, :1]).smallest_detectable)


@pytest.mark.parametrize(("level", "looks"), [(90, 1), (0.9, 0), (0.0, 1)])
def test_impossible_levels_and_looks_are_refused(level: float, looks: int) -> None:
    with pytest.raises(InvalidInput, match=r"level|looks"):
        compare_with_best(ERRORS, level, looks)
