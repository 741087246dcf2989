"""Least squares of single forms."""

import numpy as np
import pytest

from scaling_search.errors import InvalidInput
from scaling_search.forecast.forms import FORMS, POWER_LAW, SATURATING, SHIFTED, fit_form
from scaling_search.forecast.observations import observe

MACS = np.geomspace(1e8, 1e10, 7)
FAR = np.array([3e10, 1e11])


@pytest.mark.parametrize(
    ("form", "law"),
    [
        (POWER_LAW, lambda f: 0.3 * (f / 1e8) ** -0.2),
        (SATURATING, lambda f: 0.1 + 0.2 * (f / 1e8) ** -0.5),
        (SHIFTED, lambda f: 0.3 * (1e8 / f + 0.02) ** 0.3),
    ],
)
def test_each_form_finds_its_own_curve(form, law):
    fit = fit_form(form, observe(MACS, law(MACS)))
    assert np.allclose(fit.predict(FAR), law(FAR), rtol=1e-3)
    assert fit.rms < 1e-4


@pytest.mark.parametrize("form", FORMS)
def test_too_few_sizes_are_refused(form):
    few = observe(MACS[: form.fewest_sizes - 1], np.full(form.fewest_sizes - 1, 0.3))
    with pytest.raises(InvalidInput, match="parameters"):
        fit_form(form, few)


def test_basins_are_sorted_and_told():
    error = [0.35, 0.25, 0.27, 0.2, 0.22, 0.17, 0.19]
    told = fit_form(SATURATING, observe(MACS, error)).to_dict()
    assert told["basins"] >= 1
    assert told["basins_apart_at_4x"] >= 0
