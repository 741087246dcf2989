"""Seeds as blocks, or runs as mere repetitions: in all that compares networks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from scaling_search.errors import InvalidInput
from scaling_search.findings.agreement import rank_agreement
from scaling_search.findings.balance import balance
from scaling_search.findings.blocks import fit_blocks, runs_left
from scaling_search.findings.choices import fit_choices
from scaling_search.findings.design import Design
from scaling_search.findings.diminishing import diminishing_returns
from scaling_search.findings.lack_of_fit import lack_of_fit
from scaling_search.findings.surface import fit_surface
from scaling_search.findings.triangle import triangle

Floats = NDArray[np.float64]
SHARES = triangle(5)
X = np.linspace(0, 2.5, len(SHARES))


def _gains(errors: Floats, blocks: bool) -> Floats:
    found = diminishing_returns(2**X, errors, blocks=blocks)
    return np.r_[found.gain, found.difference, found.start]


def _gap(errors: Floats, blocks: bool) -> Floats:
    names = [["a", "b"][i % 2] for i in range(len(X))]
    return np.array(balance(names, 2**X, errors, blocks=blocks).gaps[0].points)


def _choices(errors: Floats, blocks: bool) -> Floats:
    found = fit_choices(SHARES[:, :2], 0 * X, errors, blocks=blocks)
    return np.r_[found.mean, found.sd, found.tau]


def _surface(errors: Floats, blocks: bool) -> Floats:
    found = fit_surface(Design(shares=SHARES), errors, blocks=blocks)
    return np.r_[found.mean, found.sd, found.p_best]


def _misfit(errors: Floats, blocks: bool) -> Floats:
    found = lack_of_fit(Design(shares=SHARES), errors, blocks)
    return np.r_[found.ratio, found.p_value, found.noise_freedom]


def _order(errors: Floats, blocks: bool) -> Floats:
    found = rank_agreement(errors, 1.1 * errors[:, ::-1], blocks=blocks)
    return np.r_[found.tau, found.ceiling, found.winner_changes]


JUDGES = [_gains, _gap, _choices, _surface, _misfit, _order]
each_judge = pytest.mark.parametrize("judge", JUDGES, ids=lambda judge: judge.__name__[1:])


def errors_of(seed: int, seed_sd: float, noise: float = 0.01) -> Floats:
    """(networks, 3): networks get better, and a seed changes all of them by `seed_sd` of that."""
    rng = np.random.default_rng(seed)
    logs = np.log(0.3) - 0.1 * X + 0.02 * rng.standard_normal(len(X))
    logs = logs[:, None] + seed_sd * rng.standard_normal(3) + noise * rng.standard_normal((21, 3))
    return np.asarray(np.exp(logs))


def turned(errors: Floats) -> Floats:
    """The runs of each network changed places among the seeds."""
    rows = np.arange(len(errors))[:, None]
    return np.asarray(errors[rows, (np.arange(3) + rows) % 3])


@each_judge
def test_as_repetitions_it_does_not_matter_which_seed_a_run_had(
    judge: Callable[[Floats, bool], Floats],
) -> None:
    errors = errors_of(0, seed_sd=0.1)
    same = pytest.approx(judge(errors, False), rel=1e-6, abs=1e-9)
    assert judge(turned(errors), False) == same
    assert judge(turned(errors), True) != pytest.approx(judge(errors, True), rel=1e-3)


@each_judge
def test_as_blocks_what_a_seed_does_to_all_is_taken_out(
    judge: Callable[[Floats, bool], Floats],
) -> None:
    errors = errors_of(1, seed_sd=0.1)
    assert judge(errors, True) != pytest.approx(judge(errors, False), rel=1e-3)


def test_repetitions_leave_more_runs_to_tell_noise_by() -> None:
    errors = errors_of(0, seed_sd=0.0)[:4]
    assert runs_left(errors, 3) == 12 - 3 - 2
    assert runs_left(errors, 3, blocks=False) == 12 - 3


def test_intervals_of_repetitions_hold_as_often_as_they_say() -> None:
    """A slope of 5 points; runs of 2 points that know of no seed."""
    held = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        values = 40 + 5 * X[::3, None] + 2 * rng.standard_normal((7, 2))
        (fit,) = fit_blocks(np.column_stack([np.ones(7), X[::3]])[None], values, blocks=False)
        low, high = np.quantile(fit.draw(2000, rng)[:, 1], [0.05, 0.95])
        held.append(low <= 5 <= high)
    assert 0.83 <= np.mean(held) <= 0.97


def test_repetitions_need_no_common_seed() -> None:
    errors = errors_of(0, seed_sd=0.0)
    errors[::2, 1:] = errors[1::2, 0] = np.nan
    with pytest.raises(InvalidInput, match="share no seed"):
        _gap(errors, True)
    assert np.isfinite(_gap(errors, False)).all()
