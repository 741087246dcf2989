"""Which networks a study of shares trains, and what a network's shares are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import scaling_search as ss
from scaling_search.errors import InvalidInput
from scaling_search.search import CostConstraint
from scaling_search.series import Networks, SharesSettings, list_networks
from scaling_search.series.shares import OTHERS, cost_name, shares_of

BASELINE = ss.load_baseline("searched_micro", num_classes=36, in_channels=1)


def networks(sweep: SharesSettings, native: int = 64) -> Networks:
    return list_networks(sweep, [BASELINE], CostConstraint(), native)


def costs_of(found: Networks, series: str) -> list[float]:
    return [point.member.cost_ratio for point in found.points if point.series == series]


def test_networks_of_each_cost_spread_over_the_triangle() -> None:
    found = networks(SharesSettings(costs=[2.0, 6.0, 16.0]))
    for cost in (2, 6, 16):
        ratios = costs_of(found, f"×{cost}")
        assert len(ratios) >= 9
        assert np.allclose(ratios, cost, rtol=0.05)
    shares = np.array([shares_of(p.member) for p in found.points if p.asked_cost == 16], float)
    assert np.allclose(shares.sum(axis=1), 1)
    assert (np.ptp(shares, axis=0) > 0.35).all()
    assert shares.min() > 0.05


def test_what_the_images_have_no_pixels_for_is_left_out() -> None:
    found = networks(SharesSettings(costs=[2.0, 16.0]), native=40)
    assert any("above the data's native 40 px" in out.reason for out in found.left_out)
    assert all(point.member.resolution <= 40 for point in found.points)


def test_shares_are_those_of_the_realised_network() -> None:
    def of(depth: float, width: float, resolution: int) -> Sequence[float] | None:
        member = ss.scale_by(BASELINE, depth_mult=depth, width_mult=width, resolution=resolution)
        return shares_of(member)

    assert BASELINE.resolution == 24
    assert of(2, math.sqrt(2), 24) == pytest.approx((0.5, 0.5, 0), abs=0.02)
    # What shrinks has shares of what is saved.
    assert of(0.5, 1 / math.sqrt(2), 24) == pytest.approx((0.5, 0.5, 0), abs=0.1)
    # Rounding leaves the blocks as they are: resolution gets all.
    assert of(1.05, 1, 30) == (0, 0, 1)
    assert of(1, 1, 24) is None
    assert of(4, 0.7, 24) is None


def test_networks_of_other_studies_join_once() -> None:
    first = networks(SharesSettings(costs=[2.0, 6.0])).points[0].member
    own = [first.depth_mult, first.width_mult, first.resolution]
    more = [own, [1.0, 1.0, 40], [1.0, 1.0, 24], [3.0, 1.0, 24], [0.5, 0.8, 18]]
    sweep = SharesSettings(costs=[2.0, 6.0]).joined(lambda folder: more)
    assert sweep.networks == []  # no study was named
    sweep = SharesSettings(costs=[2.0, 6.0], studies=["a/b", "c"]).joined(lambda folder: more)
    assert sweep.studies == ["b", "c"]
    assert len(sweep.networks) == len(more)
    found = networks(sweep)
    assert [p.member.id for p in found.points].count(first.id) == 1
    others = {p.member.resolution for p in found.points if p.series == OTHERS}
    # What shrank says nothing of growth.
    assert others == {40, 24}


def test_what_has_no_place_in_the_law_is_named() -> None:
    """The baseline itself is no network of any law, and is not."""
    given = [[1.0, 1.0, 24], [0.5, 0.8, 18], [4.0, 0.7, 24], [3.0, 1.0, 24]]
    left = networks(SharesSettings(costs=[2.0, 6.0], networks=given)).left_out
    assert [out.what for out in left] == [
        "depth ×0.5, width ×0.8, 18 px",
        "depth ×4, width ×0.7, 24 px",
    ]
    assert "not above the baseline's cost" in left[0].reason
    assert "one dimension grows while another shrinks" in left[1].reason


def test_smaller_networks_keep_within_their_cost() -> None:
    sweep = SharesSettings(costs=[2.0, 4.0], smaller=[0.2, 0.5], lattice=5)
    found = networks(sweep)
    for cost in sweep.smaller:
        at = [p.member for p in found.points if p.series == cost_name(cost)]
        assert len(at) > 3
        assert all(0.5 * cost < member.cost_ratio <= cost for member in at)
    # Those of other studies count where smaller ones were asked for.
    more = replace(sweep, networks=[[0.5, 0.8, 18]])
    assert len(networks(more).points) == len(found.points) + 1
    assert len(networks(replace(more, smaller=[])).points) == len(
        networks(replace(sweep, smaller=[])).points
    )


@pytest.mark.parametrize(
    "smaller", [[0.5], [0.5, 1.0], [0.5, 0.2], [0.01, 0.5], [-0.5, 0.5], [2.0, 3.0]]
)
def test_costs_that_are_not_below_the_baseline_are_refused(smaller: list[float]) -> None:
    with pytest.raises(InvalidInput, match=r"sweep\.smaller is"):
        SharesSettings(smaller=smaller)


def test_other_studies_may_be_enough() -> None:
    own = networks(SharesSettings(costs=[2.0, 6.0]))
    numbers: Any = [
        [p.member.depth_mult, p.member.width_mult, p.member.resolution] for p in own.points
    ]
    found = networks(SharesSettings(costs=[2.0, 6.0], lattice=0, networks=numbers))
    assert {p.member.id for p in found.points} == {p.member.id for p in own.points}
    assert len(costs_of(found, "×6")) == len(costs_of(own, "×6"))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"costs": [2.0]}, "must hold 2 costs or more"),
        ({"costs": [1.0, 2.0]}, "each above 1 and at most 20"),
        ({"costs": [2.0, 40.0]}, "must hold numbers between 1 and 20"),
        ({"costs": [4.0, 2.0]}, "growing numbers"),
        ({"lattice": 2}, "sweep.lattice is 2, but must lie between 3 and 20"),
        ({"networks": [3]}, "sweep.networks has 3, but each must hold"),
        ({"networks": [[1.0, 2.0]]}, "depth multiplier, a width multiplier and whole pixels"),
        ({"networks": [[1.5, 1.2, 0.4]]}, "whole pixels"),
        ({"networks": [[1.5, 1.2, 16.5]]}, "whole pixels"),
        ({"networks": [[1.5, True, 16]]}, "sweep.networks has"),
        ({"networks": [[1.0, math.nan, 20]]}, "such as \\[1.5,1.2,32\\]"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        SharesSettings(**settings)


def test_one_cost_that_is_left_is_no_study() -> None:
    with pytest.raises(
        InvalidInput,
        match=r"left at 0 of 2 costs, .* costs that the networks of sweep\.studies= have",
    ):
        networks(SharesSettings(costs=[2.0, 6.0], lattice=0, networks=[[1.0, 1.0, 30.0]]))


@pytest.mark.parametrize(
    "settings",
    [{"lattice": 3}, {"costs": [1.05, 1.1], "lattice": 6}, {"costs": [4.0, 4.2], "lattice": 6}],
)
def test_networks_that_could_tell_no_law_are_refused_before_they_are_trained(
    settings: dict[str, Any],
) -> None:
    with pytest.raises(InvalidInput, match=r"but a law needs 6, and 1\.2 times between the ends"):
        networks(SharesSettings(**settings))
