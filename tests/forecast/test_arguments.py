"""Refusals name the argument, its value, what it must be and what to do."""

import numpy as np
import pytest

from scaling_search.errors import InvalidInput
from scaling_search.forecast import (
    Prior,
    backtest,
    contrast,
    fit_scaling_law,
    held_out_sizes,
    next_sizes,
    size_needed,
)
from scaling_search.forecast.prior import WEAK_BELIEFS

MACS = np.geomspace(1e8, 1e10, 6)
ERROR = [0.3, 0.27, 0.24, 0.22, 0.21, 0.2]
LAW = fit_scaling_law(MACS, ERROR)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([1.0, 2.0], [0.3]), "same length"),
        (([1.0, -2.0], [0.3, 0.2]), r"macs\[1\].*-2"),
        (([1.0, np.nan], [0.3, 0.2]), "finite"),
        (([1.0, 1e60], [0.3, 0.2]), r"macs\[1\]` is 1e\+60.*1e50"),
        (([1.0, 10**400], [0.3, 0.2]), "macs"),
        (([1.0, True], [0.3, 0.2]), r"macs\[1\]` is True"),
        (([1.0, None], [0.3, 0.2]), r"macs\[1\]` is None"),
        ((np.array([True, False]), [0.3, 0.2]), "list of numbers"),
        (([[1.0, 2.0]], [0.3, 0.2]), r"shape \(1, 2\)"),
        (([1.0, 2.0], [30.0, 20.0]), "Divide percentages by 100"),
        (([1.0, 2.0], [0.3, 0.0]), "half a mistake"),
        (([], []), "at least one"),
        ((["a"], [0.3]), "list of numbers"),
        ((["1", "2"], [0.3, 0.2]), r"macs\[0\]` is '1'"),
        (([1.0, 2.0], [0.3, 0.2], [0.1]), "error_se"),
        (([1.0, 2.0], [0.3, 0.2], ["a"] * 2), r"error_se\[0\]` is 'a'.*list of numbers.*Remove"),
        (([1.0, 2.0], [0.3, 0.2], [1.2, 0.9]), r"error_se\[0\]` is 1.2.*Divide"),
        (([1.0, 2.0], [0.3, 0.2], None, 0), "test_images"),
        (([1.0, 2.0], [0.3, 0.2], None, "a"), "test_images` is 'a'.*number"),
        (([1.0, 2.0], [0.3, 0.2], None, 10.5), "test_images` is 10.5.*whole number"),
        (([1.0, 2.0], [0.3, 0.2], None, None, "weak"), "prior` is 'weak'.*WEAK_PRIOR"),
    ],
)
def test_bad_figures_are_refused_by_name(arguments, words):
    with pytest.raises(InvalidInput, match=words):
        fit_scaling_law(*arguments)


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: LAW.predict(1e9, level=90), "level` is 90.*between 0 and 1.*give 0.9"),
        (lambda: LAW.predict(1e9, level="a"), "level` is 'a'"),
        (lambda: LAW.predict(1e9, of="best"), "of` is 'best'"),
        (lambda: LAW.predict(1e9, of=np.array([1, 2])), "of"),
        (lambda: LAW.quantiles([1e10], [5, 95]), r"probabilities\[0\]` is 5.*give 0.9"),
        (lambda: LAW.quantiles([1e10], [0.0, 0.5]), r"probabilities\[0\]` is 0"),
        (lambda: LAW.probability_below([1e10], -1), "error` is -1.*fraction between 0 and 1"),
        (lambda: LAW.probability_below([1e10], [0.1, 0.2]), "error.*one number"),
        (lambda: LAW.above_measured("far"), "macs` is 'far'"),
        (lambda: size_needed(LAW, 1.5), "accuracy"),
        (lambda: size_needed(LAW, 0.1, times_beyond=0), "times_beyond` is 0"),
        (lambda: size_needed("law", 0.1), "law` is 'law'.*fit_scaling_law"),
        (lambda: contrast(LAW, None, 1e9), "second` is None"),
        (lambda: contrast(LAW, LAW, 1e9, level=1), "level"),
        (lambda: next_sizes(LAW, [1e9], [1e10, 1e11]), "target.*one number"),
        (lambda: next_sizes(LAW, [1e9], 1e10, [-1]), r"cost\[0\]` is -1"),
        (lambda: backtest(MACS, ERROR, "a"), "held_out` is 'a'"),
        (lambda: backtest(MACS, ERROR, 1.5), "held_out` is 1.5.*whole"),
        (lambda: held_out_sizes("a"), "sizes` is 'a'"),
        (
            lambda: Prior(learned=WEAK_BELIEFS, weak=WEAK_BELIEFS, weak_weight=2, source=""),
            "weak_weight` is 2",
        ),
    ],
)
def test_bad_questions_are_refused_by_name(ask, words):
    with pytest.raises(InvalidInput, match=words):
        ask()


def test_numbers_of_any_kind_are_taken():
    law = fit_scaling_law(range(1, 4), np.array([0.3, 0.25, 0.2], np.float32), [0.01] * 3, 1e3)
    assert law.observations.test_images == 1000
    assert law.predict(np.float32(3)).mean.shape == (1,)
