"""The public interface: what goes in, what comes out, what is refused."""

import json

import numpy as np
import pytest

from scaling_search.forecast import WarningType, backtest, fit_scaling_law

MACS = np.array([0.4e9, 0.7e9, 1e9, 1.8e9, 4.2e9, 9.9e9])
ERROR = np.array([0.229, 0.209, 0.199, 0.184, 0.171, 0.164])


def test_forecast_follows_the_family():
    prediction = fit_scaling_law(MACS, ERROR).predict([19e9, 37e9], of="run")
    assert np.all(prediction.low < [0.16, 0.157])
    assert np.all(prediction.high > [0.16, 0.157])
    assert np.all(np.diff(prediction.mean) < 0)
    assert np.allclose(prediction.times_beyond, [19 / 9.9, 37 / 9.9])
    assert "90 % Bayesian" in prediction.statement


@pytest.mark.parametrize("sizes", [1, 2, 3])
def test_few_sizes_get_a_wide_warned_answer(sizes):
    law = fit_scaling_law(MACS[:sizes], ERROR[:sizes])
    assert WarningType.FEW_SIZES in {warning.type for warning in law.warnings}
    few, many = law.predict(9.9e9), fit_scaling_law(MACS, ERROR).predict(9.9e9)
    assert few.high - few.low > many.high - many.low


def test_dictionaries_are_json():
    law = fit_scaling_law(MACS, ERROR)
    assert "exponent" in json.loads(json.dumps(law.to_dict()))
    assert json.loads(json.dumps(law.predict(19e9).to_dict()))["times_beyond"] == [19 / 9.9]
    assert len(json.loads(json.dumps(backtest(MACS, ERROR, 2).to_dict()))["hit"]) == 2


def test_single_forms_are_told_where_the_sizes_carry_them():
    assert set(fit_scaling_law(MACS[:3], ERROR[:3]).each_form(19e9)) == {"power law (M1)"}
    assert len(fit_scaling_law(MACS, ERROR).each_form(19e9)) == 3


def test_runs_of_one_size_are_averaged():
    twice = fit_scaling_law(np.tile(MACS, 2), np.concatenate([ERROR * 1.05, ERROR / 1.05]))
    once = fit_scaling_law(MACS, ERROR)
    assert np.allclose(twice.predict(19e9).mean, once.predict(19e9).mean, rtol=0.03)
    assert twice.predict(19e9, of="run").high > once.predict(19e9, of="run").high
