"""Figures that cannot carry a forecast are named."""

import numpy as np
import pytest

from scaling_search.forecast import WEAK_PRIOR, WarningType, fit_scaling_law

MACS = np.geomspace(1e8, 1e10, 7)


def types(macs, error, prior=None):
    return {warning.type for warning in fit_scaling_law(macs, error, prior=prior).warnings}


def test_good_figures_raise_no_warning():
    assert types(MACS, 0.15 + 0.15 * (MACS / MACS[0]) ** -0.6) == set()


@pytest.mark.parametrize(
    ("macs", "error", "wanted"),
    [
        (MACS[:3], [0.3, 0.25, 0.22], WarningType.FEW_SIZES),
        (np.geomspace(1e8, 5e8, 6), np.linspace(0.3, 0.25, 6), WarningType.SHORT_RANGE),
        (MACS, np.linspace(0.2, 0.3, 7), WarningType.UPWARD_TREND),
        (MACS, 0.3 * (MACS / MACS[0]) ** -0.3, WarningType.FLOOR_AT_BOUND),
        (MACS, [0.5, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2], WarningType.FLOOR_AT_BOUND),
    ],
)
def test_weak_figures_are_named(macs, error, wanted):
    assert wanted in types(macs, error)


def test_floor_and_exponent_that_cannot_be_told_apart_are_named():
    error = [0.30, 0.27, 0.255, 0.235]
    assert WarningType.NOT_SEPARABLE in types(np.geomspace(1e8, 5e8, 4), error, WEAK_PRIOR)


def test_warnings_are_sentences():
    for warning in fit_scaling_law(MACS[:2], [0.3, 0.32]).warnings:
        assert warning.sentence.endswith(".")
