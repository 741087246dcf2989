"""Figures in sentences."""

import pytest

from scaling_search.forecast.numerals import level_text, percent, size


@pytest.mark.parametrize(
    ("fraction", "text"),
    [(0.26925, "26.9 %"), (0.3205, "32.1 %"), (0.5, "50.0 %"), (0.001, "0.10 %"), (1, "100.0 %")],
)
def test_percent(fraction, text):
    assert percent(fraction) == text


def test_levels_and_sizes():
    assert [level_text(level) for level in (0.9, 0.975, 0.9999)] == ["90 %", "97.5 %", "99.99 %"]
    assert [size(macs) for macs in (1664806.0, 1.66, 1e30)] == ["1,664,806", "1.66", "1e+30"]
