"""Figures that cannot carry a forecast are named."""

from pathlib import Path

import numpy as np
import pytest

from scaling_search.forecast import WEAK_PRIOR, WarningType, fit_scaling_law

MACS = np.geomspace(1e8, 1e10, 7)
GOOD = 0.15 + 0.15 * (MACS / MACS[0]) ** -0.6
#: Four sizes of an unbalanced baseline, two runs each, of a study whose report said nothing.
UNBALANCED = {
    92_032: (0.673, 0.676),
    351_376: (0.4545, 0.5345),
    723_586: (0.447, 0.397),
    1_664_806: (0.218, 0.3205),
}


def types(macs, error, prior=None, **more):
    law = fit_scaling_law(macs, error, prior=prior, **more)
    return {warning.type for warning in law.warnings}


def sentence(law, wanted):
    return next(warning.sentence for warning in law.warnings if warning.type is wanted)


def test_good_figures_raise_no_warning():
    assert types(MACS, GOOD, error_se=0.01 * GOOD, test_images=10_000) == set()


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


def unbalanced():
    macs = np.repeat(list(UNBALANCED), 2)
    return fit_scaling_law(macs, np.concatenate(list(UNBALANCED.values())), test_images=2000)


def test_a_forecast_above_what_is_measured_is_named_with_the_spread_of_that_size():
    law = unbalanced()
    told = sentence(law, WarningType.ABOVE_MEASURED)
    assert "26.9 % already measured at 1,664,806 (the mean of 2 runs, 21.8 and 32.1 %" in told
    far = law.above_measured(4_241_536)
    assert far.type is WarningType.ABOVE_MEASURED
    assert "28.7 % is forecast for 4,241,536 multiply-adds, more than the 26.9 %" in far.sentence
    chance = law.probability_below(4_241_536, 0.26925, of="run")[0]
    assert f"with a probability of {100 * chance:.0f} %." in far.sentence


def test_of_several_sizes_the_warning_speaks_of_the_furthest_for_which_it_holds():
    law = unbalanced()
    ahead = np.geomspace(2e6, 1e9, 300)
    forecast = law.predict(ahead).mean
    furthest = ahead[forecast > 0.2695].max()  # below, it is written as the measured 26.9
    assert law.above_measured(ahead) == law.above_measured(furthest)
    assert law.above_measured(ahead[forecast < 0.26925]) is None
    # Sizes among the measured ones are no forecasts.
    assert law.above_measured([1e5, 1_664_806]) is None


def test_an_error_that_falls_faster_than_any_law_is_named():
    law = fit_scaling_law([1e8, 2e8, 4e8, 8e8, 1.6e9, 3.2e9], [0.5, 0.4, 0.3, 0.2, 0.1, 0.001])
    assert "0.10 % already measured at 3,200,000,000 (one value;" in sentence(
        law, WarningType.ABOVE_MEASURED
    )


def test_more_than_two_runs_are_told_by_their_range():
    macs = np.repeat(MACS, 3)
    error = np.repeat([*GOOD[:-1], 0.1], 3) * np.tile([0.95, 1.0, 1.05], 7)
    law = fit_scaling_law(macs, error)
    assert "(the mean of 3 runs, 9.5 to 10.5 %;" in law.above_measured(2e10).sentence


def test_the_lowest_error_need_not_be_that_of_the_largest_size():
    law = fit_scaling_law(MACS, [0.3, 0.25, 0.1, 0.22, 0.21, 0.2, 0.2])
    assert f"10.0 % already measured at {MACS[2]:,.0f}" in law.above_measured(2e10).sentence


def test_figures_that_are_written_alike_are_equal():
    error = [0.5, 0.2002, 0.2, 0.2003, 0.2001, 0.2, 0.2002]
    law = fit_scaling_law(MACS, error)
    assert law.predict(2e10).mean[0] > 0.2
    assert law.above_measured(2e10) is None


def test_fewer_than_half_a_mistake_cannot_have_been_counted():
    """Percentages below 1, or a wrong number of images."""
    wanted = WarningType.LESS_THAN_A_MISTAKE
    assert wanted in types(MACS, 0.01 * GOOD, test_images=100)
    assert wanted not in types(MACS, 0.01 * GOOD)
    # A run without any mistake is given as half a mistake.
    assert wanted not in types(MACS, [*GOOD[:-1], 0.5 / 3000], test_images=3000)
    law = fit_scaling_law(MACS, [*GOOD[:-1], 0.2 / 3000], test_images=3000)
    assert "is 0.2 mistakes in 3,000 images" in sentence(law, wanted)


def test_a_standard_error_above_its_error_is_named():
    """Errors divided by 100 and standard errors not."""
    wanted = WarningType.SE_ABOVE_ERROR
    assert wanted in types(MACS, 0.01 * GOOD, error_se=0.1 * GOOD)
    assert wanted not in types(MACS, GOOD, error_se=0.5 * GOOD)


def test_an_error_that_grows_may_be_an_accuracy():
    law = fit_scaling_law(MACS, 1 - GOOD)
    assert "give 1 minus each" in sentence(law, WarningType.UPWARD_TREND)


def test_every_warning_is_explained():
    text = (Path(__file__).parents[2] / "docs" / "forecast.md").read_text(encoding="utf-8")
    assert [name for name in WarningType if f"| `{name.value}` |" not in text] == []
