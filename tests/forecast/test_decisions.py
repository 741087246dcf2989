"""Contrast, back-test, size needed, next size."""

import numpy as np
import pytest

from scaling_search.errors import InvalidInput
from scaling_search.forecast import (
    backtest,
    contrast,
    fit_scaling_law,
    next_sizes,
    size_needed,
)

MACS = np.geomspace(1e8, 1e10, 7)


def error(macs, floor=0.15, start=0.15):
    return floor + start * (np.asarray(macs) / MACS[0]) ** -0.6


LAW = fit_scaling_law(MACS, error(MACS))


def test_contrast_sees_a_better_family():
    other = fit_scaling_law(MACS, error(MACS, start=0.2))
    difference = contrast(LAW, other, MACS)
    assert np.all(difference.mean < 0)
    assert difference.probability_first_better[0] > 0.95
    mirrored = contrast(other, LAW, MACS)
    assert np.allclose(mirrored.low, -difference.high, atol=1e-4)
    assert np.allclose(mirrored.mean, -difference.mean)


def test_contrast_of_a_family_with_itself_is_undecided():
    difference = contrast(LAW, LAW, [1e9, 1e11])
    assert np.allclose(difference.probability_first_better, 0.5, atol=0.02)
    assert np.all(difference.low < 0)
    assert np.all(difference.high > 0)


def test_backtest_does_not_see_what_it_forecasts():
    honest = backtest(MACS, error(MACS), held_out=2)
    changed = np.append(error(MACS)[:-2], [0.9, 0.9])
    assert np.array_equal(
        backtest(MACS, changed, held_out=2).prediction.mean, honest.prediction.mean
    )
    assert honest.hit.all()
    assert not backtest(MACS, changed, held_out=2).hit.any()
    assert honest.rmsle < 0.02
    for held_out in (0, 7):
        with pytest.raises(InvalidInput, match="held_out"):
            backtest(MACS, error(MACS), held_out=held_out)


def test_size_needed():
    needed = size_needed(LAW, float(error(2e10)))
    assert needed.macs == pytest.approx(2e10, rel=0.15)
    assert needed.macs_if_lucky < needed.macs
    assert not needed.out_of_reach
    far = size_needed(LAW, 0.05)
    assert far.out_of_reach
    assert far.probability_floor_above > 0.9
    with pytest.raises(InvalidInput, match="accuracy"):
        size_needed(LAW, 1.5)


def test_next_sizes_prefer_what_lies_near_the_target():
    lessons = next_sizes(LAW, [2e9, 4e10, 1e11], target=1e11, cost=[1.0, 1.0, 1.0])
    assert [lesson.macs for lesson in lessons] == [1e11, 4e10, 2e9]
    assert all(lesson.sd_after <= lesson.sd_before for lesson in lessons)
    with pytest.raises(InvalidInput, match="cost"):
        next_sizes(LAW, [1e10, 2e10], target=1e11, cost=[1.0])
