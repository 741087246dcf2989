"""Errors that are no fractions: losses of any size, in any unit, and what is said of them."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scaling_search.errors import InvalidInput
from scaling_search.forecast import (
    PUBLISHED_PRIOR,
    WEAK_PRIOR,
    WarningType,
    backtest,
    contrast,
    fit_scaling_law,
    next_sizes,
    size_needed,
)
from scaling_search.metric import Metric

LOSS = Metric("loss", "minimize", "unbounded")
MAP = Metric("mAP", "maximize")
MACS = np.repeat(np.geomspace(1e6, 1e7, 5), 2)


def law_of(exponent: float, macs: np.ndarray) -> np.ndarray:
    """Falls from 3.2 to 2.1 over a decade."""
    amplitude = 1.1 / (1 - 10**-exponent)
    return np.asarray(3.2 - amplitude + amplitude * (macs / MACS[0]) ** -exponent)


def losses(exponent: float, rng: np.random.Generator) -> np.ndarray:
    """Seeds scatter by 1 % about the law."""
    return law_of(exponent, MACS) * np.exp(rng.normal(0, 0.01, MACS.size))


@settings(max_examples=4, deadline=None, derandomize=True)
@given(st.floats(-30, 30).map(lambda power: 10**power))
def test_a_multiple_of_the_losses_has_that_multiple_as_its_forecast(unit: float) -> None:
    seen, ahead = losses(0.5, np.random.default_rng(0)), [2e7, 4e7]
    one = fit_scaling_law(MACS, seen, metric=LOSS)
    other = fit_scaling_law(MACS, unit * seen, metric=LOSS)
    for of in ("mean", "run"):
        a, b = one.predict(ahead, of=of), other.predict(ahead, of=of)
        for name in ("mean", "low", "high"):
            assert np.allclose(getattr(b, name), unit * getattr(a, name), rtol=1e-6)
    assert other.floor.median == pytest.approx(unit * one.floor.median, rel=1e-6)
    assert other.exponent.median == pytest.approx(one.exponent.median, rel=1e-6)
    assert {w.type for w in other.warnings} == {w.type for w in one.warnings}
    needed = size_needed(one, 1.9), size_needed(other, unit * 1.9)
    assert needed[1].macs == pytest.approx(needed[0].macs, rel=1e-6)
    narrowed = [next_sizes(law, [2e7], 4e7)[0].sd_after for law in (one, other)]
    assert narrowed[1] == pytest.approx(narrowed[0], rel=1e-6)
    tests = [backtest(MACS, k * seen, metric=LOSS) for k in (1, unit)]
    assert tests[0].rmsle == pytest.approx(tests[1].rmsle, rel=1e-5)
    assert list(tests[0].hit) == list(tests[1].hit)


@pytest.mark.parametrize("exponent", [0.2, 0.35, 0.5, 0.8])
def test_the_interval_of_a_loss_holds_the_law_that_made_it(exponent: float) -> None:
    """At four times the largest size, 90 % asked for."""
    rng, held = np.random.default_rng(1), []
    true = law_of(exponent, np.array([4e7]))[0]
    for _ in range(20):
        law = fit_scaling_law(MACS, losses(exponent, rng), metric=LOSS)
        forecast = law.predict(4e7)
        held.append(forecast.low[0] <= true <= forecast.high[0])
        assert forecast.high[0] < 2.1 * 1.3
    assert np.mean(held) >= 0.85


def test_what_classifiers_taught_is_too_sure_of_losses() -> None:
    rng, held, true = np.random.default_rng(1), [], law_of(0.35, np.array([4e7]))[0]
    for _ in range(20):
        law = fit_scaling_law(MACS, losses(0.35, rng), metric=LOSS, prior=PUBLISHED_PRIOR)
        forecast = law.predict(4e7)
        held.append(forecast.low[0] <= true <= forecast.high[0])
    assert np.mean(held) < 0.8


def test_the_prior_is_that_of_the_metric() -> None:
    seen = losses(0.5, np.random.default_rng(0))
    assert fit_scaling_law(MACS, seen, metric=LOSS).prior is WEAK_PRIOR
    assert fit_scaling_law(MACS, seen / 10, metric=MAP).prior is PUBLISHED_PRIOR
    assert fit_scaling_law(MACS, seen / 10).prior is PUBLISHED_PRIOR


def test_a_loss_may_be_forecast_above_one_where_a_fraction_may_not() -> None:
    rising = np.array([0.9, 0.92, 0.95, 0.97])
    sizes = [1e6, 2e6, 4e6, 8e6]
    loss = fit_scaling_law(sizes, rising, metric=LOSS).predict(64e6, of="run")
    fraction = fit_scaling_law(sizes, rising).predict(64e6, of="run")
    assert loss.high[0] > 1 == fraction.high[0]


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(st.floats(1e-49, 1e49), min_size=1, max_size=6))
def test_any_losses_have_finite_answers(seen: list[float]) -> None:
    sizes = [10.0**at for at in range(len(seen))]
    law = fit_scaling_law(sizes, seen, metric=LOSS)
    told = law.predict([1e7], of="run")
    assert np.isfinite([told.mean, told.low, told.high]).all()
    assert (told.low > 0).all()
    json.dumps(law.to_dict(), allow_nan=False)


def test_the_words_are_those_of_the_metric() -> None:
    seen = losses(0.5, np.random.default_rng(0))
    loss = backtest(MACS, seen, metric=LOSS).statement
    assert "% was" not in loss
    assert f"{np.mean(seen[-2:]):.4g} was measured" in loss
    rising, sizes = np.array([0.62, 0.61, 0.64, 0.63]), [1e6, 2e6, 4e6, 8e6]
    for metric, words in ((MAP, ("1 - mAP grows", "61.0 %")), (LOSS, ("The loss grows", "0.6100"))):
        told = " ".join(w.sentence for w in fit_scaling_law(sizes, rising, metric=metric).warnings)
        assert all(word in told for word in words)
        assert "error" not in told
    types = {w.type for w in fit_scaling_law(sizes, rising, metric=LOSS).warnings}
    assert WarningType.ABOVE_MEASURED in types


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"error": [3.0, 0.0]}, r"error\[1\]"),
        ({"error": [3.0, -1.0]}, r"error\[1\]"),
        ({"error_se": [0.1, -0.1]}, "error_se"),
        ({"test_images": 1000}, "the loss counts no images"),
        ({"metric": "loss"}, "must be a Metric"),
    ],
)
def test_mistakes_are_named(given: dict[str, object], named: str) -> None:
    with pytest.raises(InvalidInput, match=named):
        fit_scaling_law(**{"macs": [1, 2], "error": [3.0, 2.5], "metric": LOSS, **given})  # type: ignore[arg-type]


def test_standard_errors_of_a_loss_may_exceed_a_half() -> None:
    wide = fit_scaling_law([1, 2, 4], [30.0, 25, 22], [3.0, 3, 3], metric=LOSS).predict(8)
    tight = fit_scaling_law([1, 2, 4], [30.0, 25, 22], [0.1, 0.1, 0.1], metric=LOSS).predict(8)
    assert wide.high - wide.low > tight.high - tight.low
    both = contrast(
        *(fit_scaling_law([1, 2, 4], np.array([30.0, 25, 22]) * k, metric=LOSS) for k in (1, 2)), 8
    )
    assert both.low[0] < -5
