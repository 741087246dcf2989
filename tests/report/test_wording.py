"""Numbers are worded in one way, and nothing words them past it."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from scaling_search import report
from scaling_search.report.wording import between, give_or_take, percent, points, signed


def test_fractions_in_hundredths() -> None:
    assert percent(0.0784) == "7.8 %"
    assert percent(0.9, 0) == "90 %"
    assert points(0.0784) == "7.8"
    assert between(-0.0104, 0.016) == "-1.0 to 1.6"
    assert give_or_take(0.0784, 0.004) == "7.8 % ± 0.4"
    assert give_or_take(0.0784, math.nan) == "7.8 %"
    assert signed(1.14, -0.23, 2.44) == "+1.1 (-0.2 to +2.4)"
    assert signed(1.14, math.nan, 2.4) == "+1.1"


@pytest.mark.parametrize("value", [-0.0, -0.0001])
def test_zero_has_no_sign(value: float) -> None:
    assert percent(value) == "0.0 %"
    assert between(value, value) == "0.0 to 0.0"
    assert signed(value, value, value) == "+0.0 (+0.0 to +0.0)"


def test_no_text_of_a_report_has_another_style_of_percent() -> None:
    """Neither by Python's own percent format nor with the sign at the number."""
    room = Path(report.__file__).parent
    found = [
        f"{path.relative_to(room)}: {line.strip()}"
        for path in room.rglob("*.py")
        for line in path.read_text().splitlines()
        if re.search(r"%\}|[0-9}]%", line)
    ]
    assert not found, "\n".join(found)
