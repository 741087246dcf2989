"""What a report says of networks that pay for rounding."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import scaling_search as ss
from scaling_search.report import build_report
from scaling_search.series import Observation2Settings, SingleVsCompoundSettings

Make = Callable[..., Path]

pytestmark = pytest.mark.usefixtures("undrawn")


def test_networks_that_pay_for_rounding_are_named(made: Make) -> None:
    """From 12 px, with a total stride of 4, resolution alone pays at 2.5 times the cost."""
    folder = made(SingleVsCompoundSettings(seeds=[0, 1], costs=[2.5]))
    build_report(folder)
    report = (folder / "report.md").read_text()
    points = ss.read_study(folder).points.set_index("series")
    price = points["pixel_price"]
    assert price["depth"] == price["width"] == 1
    assert price["resolution"] > 1.05
    named = f"resolution at {points.loc['resolution', 'resolution']} px "
    assert f"{named}+{100 * (price['resolution'] - 1):.0f} %" in report
    # What a reader compares stands in the table too.
    assert f" ({price['resolution']:.2f}) |" in report
    assert "depth at 12 px" not in report


def test_nothing_is_said_where_all_pay_alike(made: Make) -> None:
    folder = made(Observation2Settings(seeds=[0, 1], bases=[[1, 1], [2, 1]], width=[1, 1.4]))
    build_report(folder)
    report = (folder / "report.md").read_text()
    assert "pay more for a pixel than the baseline" not in report
    assert "1.00 against 1.00" in report
