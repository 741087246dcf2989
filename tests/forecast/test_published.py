"""Published families and curves, read where they lie beside the checkout."""

from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest

from scaling_search.errors import InvalidInput
from scaling_search.forecast import PUBLISHED_PRIOR, WEAK_PRIOR, backtest, fit_scaling_law
from scaling_search.forecast.forms import SATURATING, fit_form
from scaling_search.forecast.learn_prior import learn, read_families, wide_laws
from scaling_search.forecast.observations import observe

REFERENCE = Path(__file__).parents[2] / ".." / "shared" / "reference"
pytestmark = [
    pytest.mark.reference,
    pytest.mark.skipif(
        not REFERENCE.is_dir(), reason="the published figures are not beside the checkout"
    ),
]


@pytest.fixture(scope="module")
def families():
    return read_families(REFERENCE / "imagenet_families.csv")


def test_prior_of_the_package_is_the_one_that_the_command_learns(families):
    learned = learn(wide_laws(families.values()), source="test").learned
    assert np.allclose(astuple(learned), astuple(PUBLISHED_PRIOR.learned), atol=0.02)


def test_forecast_of_families_beats_least_squares_even_with_the_wide_prior(families):
    ours, plain = [], []
    for macs, error in families.values():
        if macs.size < 6:
            continue
        ours.append(backtest(macs, error, held_out=2, prior=WEAK_PRIOR).rmsle)
        fit = fit_form(SATURATING, observe(macs[:-2], error[:-2]))
        plain.append(np.sqrt(np.mean(np.log(fit.predict(macs[-2:]) / error[-2:]) ** 2)))
    assert len(ours) == 9
    assert np.mean(ours) < 0.016 < np.mean(plain)


def test_learning_curves_are_forecast_without_any_setting_of_their_own():
    table = np.genfromtxt(
        REFERENCE / "learning_curves_vision.csv", delimiter=",", skip_header=1, dtype=None
    )
    names = np.array([f"{row[1]} {row[2]}" for row in table])
    macs, error, fitted = (np.array([row[i] for row in table]) for i in (3, 4, 5))
    misses = []
    for name in np.unique(names):
        small = (names == name) & (fitted == 1)
        large = (names == name) & (fitted == 0)
        centre = fit_scaling_law(macs[small], error[small]).centre(macs[large])
        misses.append(np.sqrt(np.mean(np.log(centre / error[large]) ** 2)))
    assert len(misses) == 36
    assert np.mean(misses) < 0.025


@pytest.mark.parametrize("text", [None, "family,gmacs\na,1\n", "family,gmacs,top1_error\na,x,y\n"])
def test_what_is_no_table_of_families_is_refused(tmp_path, text):
    path = tmp_path / "families.csv"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InvalidInput, match=r"families.csv is no table.*gmacs"):
        read_families(path)
