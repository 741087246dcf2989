"""Are the effects of choices found, and are their intervals right?"""

from __future__ import annotations

import numpy as np
import pytest

from scaling_search.errors import InvalidInput
from scaling_search.findings.choices import fit_choices

EFFECTS = np.array([-0.3, 0.0, 0.15])


def drawn(
    seed: int, count: int = 50, seeds: int = 1, noise: float = 0.06
) -> tuple[np.ndarray, ...]:
    """Choices, log cost, errors and true errors of networks with EFFECTS and deviations of .1."""
    rng = np.random.default_rng(seed)
    choices = rng.uniform(0, 1, (count, 3))
    log_cost = rng.uniform(-0.05, 0.05, count)
    level = np.log(0.3) + choices @ EFFECTS - 0.3 * log_cost + 0.1 * rng.standard_normal(count)
    errors = np.exp(level[:, None] + noise * rng.standard_normal((count, seeds)))
    return choices, log_cost, errors, np.exp(level)


def test_intervals_hold_as_often_as_they_say() -> None:
    inside = []
    for seed in range(60):
        choices, log_cost, errors, _ = drawn(seed)
        fit = fit_choices(choices, log_cost, errors)
        inside += [e.low <= true <= e.high for e, true in zip(fit.effects, EFFECTS)]
    assert 0.84 <= np.mean(inside) <= 0.96


def test_expected_errors_are_better_than_measured_ones() -> None:
    """As in a search: one run of each, and the noise known from some that have three."""
    off_expected, off_measured = [], []
    for seed in range(20):
        choices, log_cost, errors, truth = drawn(seed, count=30, seeds=3, noise=0.12)
        errors[8:, 1:] = np.nan
        fit = fit_choices(choices, log_cost, errors)
        off_expected.append(np.abs(np.log(fit.mean / truth)).mean())
        off_measured.append(np.abs(np.log(np.nanmean(errors, axis=1) / truth)).mean())
    assert np.mean(off_expected) < np.mean(off_measured)


def test_deviations_are_told_from_noise_where_runs_are_repeated() -> None:
    choices, log_cost, errors, _ = drawn(0, count=40, seeds=4)
    fit = fit_choices(choices, log_cost, errors)
    assert fit.tau == pytest.approx(0.1, abs=0.04)


def test_losses_in_another_unit_have_the_same_choices() -> None:
    choices, log_cost, errors, _ = drawn(0)
    fits = [fit_choices(choices, log_cost, k * errors, highest=np.inf) for k in (1, 50)]
    assert np.allclose(fits[0].effects, fits[1].effects)
    assert np.allclose(50 * fits[0].mean, fits[1].mean)
    assert fit_choices(choices, log_cost, 3 * errors).mean.max() <= 1 < fits[1].mean.min()


def test_missing_runs_are_left_out_and_none_at_all_is_refused() -> None:
    choices, log_cost, errors, _ = drawn(0, count=30, seeds=2)
    errors[5:, 1] = np.nan
    fit = fit_choices(choices, log_cost, errors)
    assert fit.log_error.shape[1] == 30
    with pytest.raises(InvalidInput, match="no network has a finished run"):
        fit_choices(choices, log_cost, np.full((30, 2), np.nan))


def test_the_same_input_gives_the_same_answer() -> None:
    given = drawn(3)[:3]
    assert (fit_choices(*given).log_error == fit_choices(*given).log_error).all()
