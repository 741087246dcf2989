"""Gains: points of what rises, a loss in its own unit, the same findings for both."""

from __future__ import annotations

import math

import numpy as np
import pytest

from scaling_search.findings.interval import Interval
from scaling_search.metric import ERROR, Metric
from scaling_search.report.series.gains import Gains
from scaling_search.report.words import Words

LOSS = Gains(Words(Metric("loss", "minimize", "unbounded"), "test"), whole=4.0)
WER = Gains(Words(Metric("WER", "minimize", "percent"), "test"), whole=1.0)
POINTS = Gains(Words(ERROR, "test"), whole=1.0)
GAIN = Interval(1.25, -0.2, 2.4)


@pytest.mark.parametrize(
    ("gains", "told"),
    [
        (POINTS, ("+1.2 (-0.2 to +2.4)", "+1.2", "1.3 points", "-0.2 to 2.4")),
        (WER, ("+1.2 (-0.2 to +2.4)", "+1.2", "1.3 points", "-0.2 to 2.4")),
        (LOSS, ("+0.050 (-0.008 to +0.096)", "+0.0500", "0.0500", "-0.008 to 0.096")),
    ],
)
def test_gains_in_words(gains: Gains, told: tuple[str, ...]) -> None:
    assert told == (
        gains.signed(GAIN),
        gains.plus(GAIN.value),
        gains.amount(GAIN.value),
        gains.between(GAIN.low, GAIN.high),
    )
    assert gains.signed(Interval(1.25, math.nan, math.nan)) == gains.plus(1.25)


@pytest.mark.parametrize(("gains", "error"), [(POINTS, 0.3), (WER, 0.3), (LOSS, 3.1)])
def test_levels_lie_where_errors_are_drawn(gains: Gains, error: float) -> None:
    level = np.array([100 - 100 * error / gains.whole])
    assert gains.drawn(level) == pytest.approx(gains.words.drawn(error))


def test_the_unit_of_a_loss_is_its_own() -> None:
    assert LOSS.own(25.0) == 1.0
    assert LOSS.own_interval(GAIN) == pytest.approx((0.05, -0.008, 0.096))
    assert POINTS.own_interval(GAIN) == GAIN
