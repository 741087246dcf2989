from __future__ import annotations

import re
from dataclasses import replace

import pytest

import scaling_search as ss
from scaling_search.errors import InvalidInput
from scaling_search.search import CostConstraint, GridSettings, SearchSpace
from scaling_search.series import (
    Networks,
    Observation1Settings,
    Observation2Settings,
    SeriesSettings,
    SingleVsCompoundSettings,
    list_networks,
)
from scaling_search.series.published import published

MICROS = ["efficientnet_micro", "mobilenet_v1_micro", "mobilenet_v2_micro", "resnet50_micro"]


def networks(
    sweep: SeriesSettings, *names: str, native: int = 224, tolerance: float = 0.05
) -> Networks:
    baselines = [
        ss.load_baseline(name, num_classes=36, in_channels=1)
        for name in names or ("efficientnet_micro",)
    ]
    return list_networks(sweep, baselines, CostConstraint(tolerance=tolerance), native)


def test_observation_1_trains_the_multipliers_of_figure_3() -> None:
    found = networks(Observation1Settings())
    asked: dict[str, list[float]] = {}
    for point in found.points:
        member = point.member
        value = {
            "depth": member.depth_mult,
            "width": member.width_mult,
            "resolution": round(member.resolution / 20, 1),
        }[point.series]
        asked.setdefault(point.series, []).append(value)
    assert asked == {
        "depth": [1, 2, 3, 4, 6, 8],
        "width": [1, 1.4, 1.8, 2.6, 3.8, 5],
        # Of 26, 30, 34, 38, 44 and 50 px those nearby at which a pixel costs what it does at 20.
        "resolution": [1, 1.4, 1.6, 1.8, 2, 2.2, 2.6],
    }
    # The baseline is part of all three and trained once.
    assert len(found.members) == 17


def test_a_series_changes_one_dimension_alone() -> None:
    for point in networks(Observation1Settings()).points:
        member = point.member
        changed = {
            "depth": member.depth_mult,
            "width": member.width_mult,
            "resolution": member.resolution / 20,
        }
        del changed[point.series]
        assert set(changed.values()) == {1.0}


def test_what_is_too_dear_or_too_fine_is_left_out_and_said() -> None:
    found = networks(Observation1Settings(largest_cost=4), native=30)
    assert max(p.member.cost_ratio for p in found.points) <= 4
    assert max(p.member.resolution for p in found.points) <= 30
    reasons = {left_out.reason for left_out in found.left_out}
    assert reasons == {
        "above sweep.largest_cost=4 times the baseline",
        "above the 30 px of the images",
    }
    assert len(found.points) + len(found.left_out) == 19


def test_observation_2_scales_width_from_every_base() -> None:
    found = networks(Observation2Settings(width=[1, 1.4]))
    names = ["d=1, r=1", "d=2, r=1", "d=1, r=1.3", "d=2, r=1.3"]
    assert list(dict.fromkeys(p.series for p in found.points)) == names
    deep_and_fine = [p.member for p in found.points if p.series == "d=2, r=1.3"]
    assert [(m.depth_mult, m.width_mult, m.resolution) for m in deep_and_fine] == [
        (2, 1, 28),
        (2, 1.4, 28),
    ]


@pytest.mark.parametrize("name", MICROS)
@pytest.mark.parametrize("cost", [1.5, 2.0, 4.0, 8.0])
def test_scalings_are_compared_at_equal_cost(name: str, cost: float) -> None:
    found = networks(SingleVsCompoundSettings(costs=[cost]), name, tolerance=0.1)
    assert [p.series for p in found.points] == [
        "baseline",
        "depth",
        "width",
        "resolution",
        "compound",
    ]
    for point in found.points[1:]:
        assert point.within == (abs(point.member.cost_ratio / cost - 1) <= 0.1)
    assert found.points[-1].within
    for point in found.points[1:4]:
        member = point.member
        scaled = {
            "depth": member.depth_mult > 1,
            "width": member.width_mult > 1,
            "resolution": member.resolution > member.baseline.resolution,
        }
        assert [name for name, is_scaled in scaled.items() if is_scaled] == [point.series]


def test_a_comparison_shares_its_networks_with_the_marked_points_of_a_grid() -> None:
    """Where those pay nothing for rounding, as the paper's point from 24 px does, at 28."""
    loaded = ss.load_baseline("efficientnet_micro", num_classes=36, in_channels=1)
    baseline = replace(loaded, resolution=24)  # type: ignore[type-var]
    compared = list_networks(
        SingleVsCompoundSettings(costs=[2.0]), [baseline], CostConstraint(), 224
    )
    space = SearchSpace(baseline, CostConstraint(), 224, epochs=3, train_images=100)
    grid = GridSettings(alpha=[1.0], beta=[1.0]).known_candidates(space)
    marked = {mark: c.id for c in grid.kept for mark in c.marks}
    found = {p.series: p.member.id for p in compared.points}
    assert {n: found[n] for n in ("depth", "width")} == {n: marked[n] for n in ("depth", "width")}
    assert found["compound"] == marked["paper"]


@pytest.mark.parametrize("name", MICROS)
@pytest.mark.parametrize("resolution", [16, 20, 24])
@pytest.mark.parametrize("cost", [2.0, 4.0])
def test_compound_scaling_pays_nothing_for_rounding(
    name: str, resolution: int, cost: float
) -> None:
    loaded = ss.load_baseline(name, num_classes=36, in_channels=1)
    baseline = replace(loaded, resolution=resolution)  # type: ignore[type-var]
    sweep = SingleVsCompoundSettings(costs=[cost])
    found = list_networks(sweep, [baseline], CostConstraint(), 224)
    price = {p.series: p.member.pixel_price for p in found.points}
    for series in ("depth", "width", "compound"):
        assert abs(price[series] - 1) < 0.03, series
    compound = next(p.member for p in found.points if p.series == "compound")
    assert min(compound.depth_mult, compound.width_mult, compound.resolution_mult) > 1
    # Resolution alone may have to, and then the plan says at which cost it would not.
    pays = price["resolution"] > 1.03
    (remark,) = sweep.plan_remarks(found) or [""]
    assert pays == ("pays" in remark)
    if pays:
        advised = float(re.findall(r"sweep\.costs=\[([\d.]+)\]", remark)[0])
        other = list_networks(
            SingleVsCompoundSettings(costs=[advised]), [baseline], CostConstraint(), 224
        )
        finer = next(p for p in other.points if p.series == "resolution")
        assert finer.within
        assert finer.member.pixel_price < 1.03


def test_compound_scaling_scales_resolution_where_that_costs_rounding() -> None:
    """At 1.6 times the cost of 16 px 20 leave nothing for depth: 18 are paid for, 16 not kept."""
    loaded = ss.load_baseline("efficientnet_micro", num_classes=36, in_channels=1)
    baseline = replace(loaded, resolution=16)  # type: ignore[type-var]
    sweep = SingleVsCompoundSettings(costs=[1.6])
    points = list_networks(sweep, [baseline], CostConstraint(), 224).points
    assert next(p.member.resolution for p in points if p.series == "compound") == 18


def test_a_winner_is_compared_as_its_study_chose_it() -> None:
    """From 16 px the nearest network to the paper's shares has 18 px, where a pixel is dear."""
    loaded = ss.load_baseline("efficientnet_micro", num_classes=36, in_channels=1)
    baseline = replace(loaded, resolution=16)  # type: ignore[type-var]
    pixels = []
    for winner_of in ("", "a_study"):
        sweep = SingleVsCompoundSettings(costs=[2.0], winner_of=winner_of)
        points = list_networks(sweep, [baseline], CostConstraint(), 224).points
        pixels.append(next(p.member.resolution for p in points if p.series == "compound"))
    assert pixels == [20, 18]


def test_regularisation_grows_with_the_doublings_that_were_asked_for() -> None:
    found = networks(SingleVsCompoundSettings(costs=[2.0, 4.0]))
    assert {(p.asked_cost, p.phi) for p in found.points} == {(1, 0), (2, 1), (4, 2)}


def test_the_published_figures_are_found_by_the_large_sibling() -> None:
    row = published("mobilenet_v1_micro", "compound")
    assert row is not None
    assert (row.baseline, row.top1) == ("mobilenet_v1", 75.6)
    assert published("efficientnet_micro", "compound") == published("efficientnet_b0", "compound")
    assert published("mobilenet_v1", "depth") is None
    assert published("my.network", "compound") is None


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Observation1Settings(depth=[2, 1]), "growing numbers"),
        (lambda: Observation1Settings(width=[float("nan")]), "between 0.1 and 100"),
        (lambda: Observation1Settings(depth=[], width=[], resolution=[]), "give one of them"),
        (lambda: Observation1Settings(largest_cost=1), "above 1"),
        (lambda: Observation1Settings(seeds=[]), "sweep.seeds"),
        (lambda: Observation2Settings(bases=[[1, 1]]), "at least two pairs"),
        (lambda: Observation2Settings(bases=[[1, 1], [1, 1]]), "different pairs"),
        (lambda: Observation2Settings(bases=[[1, 1], [2]]), "pairs of a depth"),
        (lambda: Observation2Settings(bases=["ab", "cd"]), "pairs of a depth"),
        (lambda: Observation2Settings(bases=[[1, 1], [1.00000001, 1]]), "different pairs"),
        (lambda: networks(Observation2Settings(bases=[[1, 1], [1.001, 1]])), "same networks"),
        (lambda: Observation2Settings(width=[1]), "needs two"),
        (lambda: SingleVsCompoundSettings(costs=[]), "each must be above 1"),
        (lambda: SingleVsCompoundSettings(costs=[1, 2]), "each must be above 1"),
        (lambda: SingleVsCompoundSettings(coefficients=[1, 1, 1]), "must scale something"),
        (lambda: SingleVsCompoundSettings(coefficients=[1.2]), "alpha, beta and gamma"),
        (lambda: SingleVsCompoundSettings(baselines=["a", "a"]), "names one twice"),
        (lambda: networks(Observation1Settings(), native=20).points and networks(
            Observation1Settings(largest_cost=1.1)), "must be two or more"),
    ],
)  # fmt: skip
def test_mistakes_are_refused_with_a_remedy(make: object, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        make()  # type: ignore[operator]
