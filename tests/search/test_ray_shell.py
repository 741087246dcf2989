"""A user's own function: networks of the right cost are found, and few are counted for that."""

from __future__ import annotations

import math

import numpy as np
import pytest
from torch import nn

from scaling_search.baselines import Baseline, FamilyMember, OwnBaseline, load_baseline, scale
from scaling_search.errors import InvalidInput
from scaling_search.scaling import Coefficients
from scaling_search.search import CostConstraint
from scaling_search.search.points import log_point, scaled
from scaling_search.search.ray_shell import RayShell
from scaling_search.search.shell import Shell, shell


def own_network(
    depth_mult: float, width_mult: float, resolution: int, num_classes: int, in_channels: int
) -> nn.Module:
    width = round(16 * width_mult)
    layers: list[nn.Module] = [nn.Conv2d(in_channels, width, 3, padding=1)]
    for _ in range(round(6 * depth_mult)):
        layers += [nn.Conv2d(width, width, 3, padding=1), nn.ReLU()]
    return nn.Sequential(
        *layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, num_classes)
    )


@pytest.fixture(scope="module")
def own() -> Baseline:
    return load_baseline(f"{__name__}.own_network", 10, 1, resolution=16)


@pytest.fixture(scope="module")
def own_shell(own: Baseline) -> Shell:
    found = shell(own, CostConstraint(tolerance=0.1))
    assert isinstance(found, RayShell)
    return found


@pytest.mark.parametrize("asked", [(0.2, 0.4, 0.4), (0.6, 0.2, 0.2), (0.1, 0.8, 0.1)])
def test_own_network_is_followed_along_its_shares(
    own: Baseline, own_shell: Shell, asked: tuple[float, float, float]
) -> None:
    coefficients = Coefficients.from_shares(*asked)
    snapped = own_shell.at_cost(coefficients)
    multipliers = (snapped.depth_mult, snapped.width_mult, snapped.resolution_mult)
    member = scale(own, Coefficients(*multipliers))
    assert member.cost_ratio == pytest.approx(snapped.cost_ratio)
    assert abs(member.cost_ratio / 2 - 1) <= 0.1
    # Depth and width keep their shares to each other; the resolution is a whole pixel.
    growth = math.log(snapped.depth_mult) / (2 * math.log(snapped.width_mult))
    assert growth == pytest.approx(asked[0] / asked[1])
    assert 16 * snapped.resolution_mult == pytest.approx(round(16 * snapped.resolution_mult))


@pytest.mark.parametrize("dimension", ["depth", "width", "resolution"])
def test_own_network_along_one_dimension(own_shell: Shell, dimension: str) -> None:
    snapped = own_shell.along(dimension)
    for name in ("depth", "width", "resolution"):
        mult = getattr(snapped, f"{name}_mult")
        assert mult > 1.1 if name == dimension else mult == 1
    assert snapped.cost_ratio == pytest.approx(2, rel=0.2)


def test_own_network_out_of_reach_says_the_nearest_cost(own: Baseline) -> None:
    strict = shell(own, CostConstraint(tolerance=1e-5))
    with pytest.raises(InvalidInput, match="the nearest costs"):
        strict.at_cost(Coefficients.from_shares(0.3, 0.4, 0.3))


def test_own_network_needs_a_direction(own_shell: Shell) -> None:
    with pytest.raises(InvalidInput, match="no direction"):
        own_shell.at_cost(Coefficients(1.0, 1.0, 1.0))


@pytest.mark.parametrize(("tolerance", "each"), [(0.1, 4), (0.2, 2.5)])
def test_each_point_counts_a_few_networks(tolerance: float, each: float) -> None:
    own = load_baseline(f"{__name__}.own_network", 10, 1, resolution=16)
    assert isinstance(own, OwnBaseline)
    found, parts = shell(own, CostConstraint(tolerance=tolerance)), range(7)
    points = [(i / 6, j / 6, (6 - i - j) / 6) for i in parts for j in parts if i + j <= 6]
    for shares in points:
        member = found.at_cost(Coefficients.from_shares(*shares))
        assert abs(member.cost_ratio / 2 - 1) <= tolerance
    assert len(own.counted) <= each * len(points)


def test_beside_the_ray_the_nearest_network_is_taken() -> None:
    """Of all that lie so near and have the right cost, though not all are counted."""
    own = load_baseline(f"{__name__}.own_network", 10, 1, resolution=24)
    asked, constraint = Coefficients.from_shares(0.1, 0.5, 0.4), CostConstraint(tolerance=0.03)
    found = RayShell(own, constraint)
    on_ray = found.nearest_cost(asked)
    assert not constraint.allows(on_ray)
    member = found.at_cost(asked)
    assert constraint.allows(member)

    def distance(one: FamilyMember) -> float:
        mult = np.array([one.depth_mult, one.width_mult, one.resolution_mult])
        return float(np.linalg.norm(log_point(mult) - log_point(np.array(asked.multipliers(1)))))

    steps = [1 + 0.02 * k for k in range(-7, 8)]
    mult = (on_ray.depth_mult, on_ray.width_mult, on_ray.resolution_mult)
    around = [
        scaled(own, *(m * step if i == moved else m for i, m in enumerate(mult)))
        for moved in range(3)
        for step in steps
    ]
    allowed = [one for one in around if constraint.allows(one)]
    assert distance(member) == pytest.approx(min(map(distance, allowed)))
