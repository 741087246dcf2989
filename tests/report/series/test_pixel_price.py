"""What a report says of networks that pay for rounding."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import scaling_search as ss
from scaling_search.report import build_report
from scaling_search.series import Observation1Settings, Observation2Settings

Make = Callable[..., Path]

pytestmark = pytest.mark.usefixtures("undrawn")


def test_networks_that_pay_for_rounding_are_named(made: Make) -> None:
    """From 12 px, with a total stride of 4: 18 px are paid for nearly like 20."""
    folder = made(Observation1Settings(seeds=[0, 1], depth=[2], width=[], resolution=[1.5, 2]))
    build_report(folder)
    report = (folder / "report.md").read_text()
    points = ss.read_study(folder).points.set_index(["series", "resolution"])
    price = points["pixel_price"]
    assert price["depth", 12].tolist() == [1, 1]
    assert price["resolution", 18] > 1.05 > 1.03 > price["resolution", 24] > 0.97
    assert f"resolution at 18 px +{100 * (price['resolution', 18] - 1):.0f} %" in report
    assert "resolution at 24 px" not in report
    assert f"{price['resolution', 24]:.2f} to {price['resolution', 18]:.2f}" in report


def test_nothing_is_said_where_all_pay_alike(made: Make) -> None:
    folder = made(Observation2Settings(seeds=[0, 1], bases=[[1, 1], [2, 1]], width=[1, 1.4]))
    build_report(folder)
    report = (folder / "report.md").read_text()
    assert "pay more for a pixel than the baseline" not in report
    assert "1.00 against 1.00" in report
