"""The difference of two families."""

import numpy as np

from scaling_search.forecast import contrast, fit_scaling_law

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
