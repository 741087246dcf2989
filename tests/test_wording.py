"""Numbers are worded in one way, and nothing words them past it."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

import scaling_search
from scaling_search.wording import (
    between,
    give_or_take,
    level_text,
    macs_text,
    percent,
    points,
    signed,
    three_digits,
)


def test_fractions_in_hundredths() -> None:
    assert percent(0.0784) == "7.8 %"
    assert percent(0.9, 0) == "90 %"
    assert points(0.0784) == "7.8"
    assert between(-0.0104, 0.016) == "-1.0 to 1.6"
    assert give_or_take(0.0784, 0.004) == "7.8 % ± 0.4"
    assert give_or_take(0.0784, math.nan) == "7.8 %"
    assert signed(1.14, -0.23, 2.44) == "+1.1 (-0.2 to +2.4)"
    assert signed(1.14, math.nan, 2.4) == "+1.1"


@pytest.mark.parametrize(
    ("fraction", "text"),
    [(0.26925, "26.9 %"), (0.3205, "32.1 %"), (0.5, "50.0 %"), (0.001, "0.10 %"), (1, "100.0 %")],
)
def test_halves_go_up_and_small_ones_have_two_digits(fraction: float, text: str) -> None:
    assert percent(fraction) == text


def test_levels_and_sizes() -> None:
    assert [level_text(level) for level in (0.9, 0.975, 0.9999)] == ["90 %", "97.5 %", "99.99 %"]
    assert [macs_text(m) for m in (1664806.0, 1.66, 1e30)] == ["1,664,806", "1.66", "1e+30"]


@pytest.mark.parametrize("value", [-0.0, -0.0000001])
def test_zero_has_no_sign(value: float) -> None:
    assert percent(value) == "0.0 %"
    assert between(value, value) == "0.0 to 0.0"
    assert signed(value, value, value) == "+0.0 (+0.0 to +0.0)"


def test_no_text_has_another_style_of_percent() -> None:
    """Neither by Python's own percent format nor with the sign at the number."""
    room = Path(scaling_search.__file__).parent
    found = [
        f"{path.relative_to(room)}: {line.strip()}"
        for path in room.rglob("*.py")
        for line in path.read_text().splitlines()
        if re.search(r"%\}|[0-9}]%", line)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.01234, "0.0123"), (3.414, "3.41"), (999.4, "999"), (999.6, "1,000"), (12345.6, "12,346")],
)
def test_three_digits_have_no_power(value: float, text: str) -> None:
    assert three_digits(value) == text
