"""What must hold for every family of figures."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scaling_search.forecast import WEAK_PRIOR, fit_scaling_law

FEW = settings(max_examples=15, deadline=None, derandomize=True)


@st.composite
def families(draw):
    """Sizes over some decades with a law, noise, and now and then nonsense."""
    sizes = draw(st.integers(1, 9))
    decades = draw(st.floats(0.1, 4.0))
    floor, start = draw(st.floats(0.0, 0.4)), draw(st.floats(0.01, 0.5))
    exponent, noise = draw(st.floats(0.05, 1.5)), draw(st.floats(0.0, 0.2))
    macs = np.geomspace(1e6, 1e6 * 10**decades, sizes)
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    error = (floor + start * (macs / macs[0]) ** -exponent) * np.exp(random.normal(0, noise, sizes))
    return macs, np.clip(error, 1e-4, 0.9999)


@FEW
@given(families(), st.sampled_from([0.5, 0.9, 0.99]), st.sampled_from(["mean", "run"]))
def test_forecasts_fall_and_stay_between_0_and_1(family, level, of):
    macs, error = family
    prediction = fit_scaling_law(macs, error).predict(
        np.geomspace(macs[0] / 10, macs[-1] * 1000, 15), level, of
    )
    assert np.all(np.diff(prediction.mean) <= 1e-12)
    assert np.all((prediction.low >= 0) & (prediction.high <= 1))
    assert np.all((prediction.low <= prediction.mean) & (prediction.mean <= prediction.high))
    # Log errors further beyond the figures are known less well.
    beyond = prediction.times_beyond > 1
    width = np.log(prediction.high / prediction.low)[beyond]
    free = prediction.high[beyond] < 1
    assert np.all(np.diff(width[free]) > -0.02)


@FEW
@given(families(), st.sampled_from([1e-9, 1e-3, 7.0, 1e6]))
def test_unit_of_macs_does_not_matter(family, unit):
    macs, error = family
    here = fit_scaling_law(macs, error).predict(macs[-1] * np.array([0.5, 2, 10]))
    there = fit_scaling_law(macs * unit, error).predict(macs[-1] * unit * np.array([0.5, 2, 10]))
    for a, b in ((here.mean, there.mean), (here.low, there.low), (here.high, there.high)):
        assert np.allclose(a, b, rtol=1e-6)


@FEW
@given(families(), st.randoms(use_true_random=False))
def test_order_does_not_matter_and_repetition_gives_the_same_bytes(family, random):
    macs, error = family
    order = np.array(random.sample(range(macs.size), macs.size))
    first = fit_scaling_law(macs, error).predict(macs[-1] * 3)
    again = fit_scaling_law(macs[order], error[order]).predict(macs[-1] * 3)
    for a, b in ((first.mean, again.mean), (first.low, again.low), (first.high, again.high)):
        assert a.tobytes() == b.tobytes()


@pytest.mark.parametrize("floor", [0.05, 0.15])
@pytest.mark.parametrize("exponent", [0.3, 0.6, 1.0])
def test_known_laws_come_back_as_noise_goes_to_0(floor, exponent):
    macs = np.geomspace(1e8, 1e10, 8)
    truth = floor + 0.2 * (macs / macs[0]) ** -exponent
    far = macs[-1] * np.array([2.0, 4.0])
    wanted = floor + 0.2 * (far / macs[0]) ** -exponent
    misses, widths = [], []
    for noise in (0.03, 0.003, 0.0):
        error = truth * np.exp(noise * np.array([1, -1, 0.5, -0.5, -1, 1, 0.5, -0.5]))
        prediction = fit_scaling_law(macs, error).predict(far)
        assert np.all((prediction.low <= wanted) & (wanted <= prediction.high))
        misses.append(np.max(np.abs(np.log(prediction.mean / wanted))))
        widths.append(np.max(np.log(prediction.high / prediction.low)))
    assert misses[2] < 0.005
    assert misses[2] <= misses[0] + 0.001
    assert widths[2] < widths[1] < widths[0]


def test_more_noise_that_is_known_widens_the_interval():
    macs = np.geomspace(1e8, 1e10, 6)
    error = 0.1 + 0.2 * (macs / macs[0]) ** -0.5
    sure = fit_scaling_law(macs, error).predict(3e10, of="run")
    seeds = fit_scaling_law(macs, error, error_se=0.05 * error).predict(3e10, of="run")
    images = fit_scaling_law(macs, error, test_images=500).predict(3e10, of="run")
    for unsure in (seeds, images):
        assert unsure.high / unsure.low > 1.2 * sure.high / sure.low


def test_intervals_cover_at_their_level():
    """Families drawn from laws unlike the published ones, judged with the wide prior."""
    random = np.random.default_rng(1)
    inside = []
    for _ in range(40):
        macs = np.geomspace(1e6, 3e7, 6)
        floor, exponent = random.uniform(0.02, 0.3), random.uniform(0.2, 0.8)
        every = np.append(macs, 1e8)
        truth = floor + 0.4 * (every / macs[0]) ** -exponent
        error = truth * np.exp(random.normal(0, 0.03, every.size))
        p = fit_scaling_law(macs, error[:-1], prior=WEAK_PRIOR).predict(1e8, of="run")
        inside.append(bool(p.low[0] <= error[-1] <= p.high[0]))
    assert 0.8 <= np.mean(inside) <= 1.0
