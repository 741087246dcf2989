"""A model of latency: layers' times are recovered, grids equal members, noise is told."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import pytest

from scaling_search.baselines import FamilyMember, load_baseline, scale_by
from scaling_search.baselines.drawn_networks import draw_networks
from scaling_search.errors import InvalidInput
from scaling_search.findings.latency_model import LatencyModel, fit_latency
from scaling_search.findings.layer_times import TERMS, grid_of, seconds, term_sums
from scaling_search.findings.smooth import fit_smooth
from scaling_search.scaling import Cost
from scaling_search.scaling.cost import Grid

NAMES = ("searched_micro", "resnet50_micro", "mobilenet_v1_micro")


def networks(name: str, count: int = 120) -> list[FamilyMember]:
    return draw_networks(load_baseline(name, 10, 1), count, 4.0)


def true_seconds(members: list[FamilyMember]) -> np.ndarray:
    """Of a device that takes 20 us for a call, 0.1 ns for a multiply-add, 1 ns for an element."""
    rate = {"calls": 2e-5, "macs": 1e-10, "elements written": 1e-9, "weights": 3e-9}
    coefficients = np.array([rate.get(count, 0) for _, count in TERMS])
    return seconds(grid_of([(m.architecture, m.resolution) for m in members]), coefficients)


@pytest.mark.parametrize("name", NAMES)
def test_times_of_layers_are_recovered(name: str) -> None:
    members = networks(name)
    y = true_seconds(members)
    model = fit_latency(members[:80], y[:80])
    predicted = model.of_members(members[80:])
    assert np.abs(predicted / y[80:] - 1).max() < 0.005
    assert model.relative_sd < 0.005
    assert model.error(0.9) < 0.01


def test_terms_are_the_costs_by_kind_of_layer() -> None:
    members = networks("efficientnet_micro", 10)
    sums = term_sums(grid_of([(m.architecture, m.resolution) for m in members]))
    by_count = {
        count: sum(sums[:, i] for i, (_, of) in enumerate(TERMS) if of == count)
        for count in ("macs", "elements written")
    }
    for i, member in enumerate(members):
        # Those of squeezed channels are counted as weights, and as pixels of what they scale.
        gates = sums[i, TERMS.index(("squeeze-excitation", "weights"))]
        linear = sums[i, TERMS.index(("linear", "weights"))]
        assert 0 < by_count["macs"][i] <= member.cost.macs
        assert member.cost.macs <= by_count["macs"][i] + gates + linear
        assert by_count["elements written"][i] > 0


@pytest.mark.parametrize("name", NAMES)
def test_a_grid_gives_what_members_give(name: str) -> None:
    members = networks(name, 60)
    model = fit_latency(members, true_seconds(members) * np.linspace(0.9, 1.1, 60))
    baseline = load_baseline(name, 10, 1)
    depth, width, pixels = np.meshgrid([1, 1.5, 2.5], [1, 1.3, 2], [1, 1.25, 1.5])
    mults = (depth.ravel(), width.ravel(), pixels.ravel())
    grid = Grid.of(baseline.architecture, baseline.resolution, baseline.rounding, *mults)
    alone = [
        scale_by(
            baseline,
            depth_mult=d,
            width_mult=w,
            resolution=baseline.round_resolution(r),
        )
        for d, w, r in zip(*mults)
    ]
    assert model.of_grid(grid) == pytest.approx([model.of_member(one) for one in alone], rel=1e-9)


def test_what_depends_on_the_shape_smoothly_is_learnt() -> None:
    """Caches make large maps dearer than their layers say."""
    members = networks("searched_micro", 150)
    pixels = np.array([m.resolution for m in members]) / 24
    depth = np.array([m.depth_mult for m in members])
    y = true_seconds(members) * pixels**0.5 * depth**-0.2
    model = fit_latency(members[:100], y[:100])
    errors = np.abs(model.of_members(members[100:]) / y[100:] - 1)
    assert np.median(errors) < 0.01


@pytest.mark.parametrize("noise", [0.02, 0.1])
def test_the_error_that_it_states_is_that_of_other_networks(noise: float) -> None:
    members = networks("searched_micro", 200)
    y = true_seconds(members) * np.exp(noise * np.random.default_rng(0).standard_normal(200))
    model = fit_latency(members[:120], y[:120])
    off = np.log(model.of_members(members[120:]) / y[120:])
    assert model.relative_sd == pytest.approx(noise, rel=0.3)
    assert model.relative_sd == pytest.approx(np.sqrt(np.mean(off**2)), rel=0.3)


@dataclass(frozen=True)
class Function:
    """A network of a user's function."""

    network: object
    resolution: int
    depth_mult: float
    width_mult: float
    cost: Cost


def functions(count: int) -> list[Function]:
    rng = np.random.default_rng(3)
    mults = np.exp(rng.uniform(0, 0.7, (count, 3)))
    return [
        Function(
            "own",
            round(32 * r),
            d,
            w,
            Cost(round(1e6 * d * w**2 * r**2), round(1e4 * d * w**2), round(1e5 * d * w * r**2)),
        )
        for d, w, r in mults
    ]


def test_networks_without_layers_are_priced_by_their_costs() -> None:
    members = functions(150)
    y = [
        1e-4 + 2e-4 * m.depth_mult + 1e-10 * m.cost.macs + 1e-9 * m.cost.activations
        for m in members
    ]
    model = fit_latency(members[:100], y[:100])
    errors = np.abs(model.of_members(members[100:]) / y[100:] - 1)
    assert np.median(errors) < 0.005
    # Some lie in corners where nothing was measured.
    assert errors.max() < 0.05
    assert model.relative_sd < 0.02
    baseline = load_baseline("searched_micro", 10, 1)
    grid = Grid.of(baseline.architecture, 24, baseline.rounding, [1.0], [1.0], [1.0])
    with pytest.raises(InvalidInput, match="of a function, whose layers are not known"):
        model.of_grid(grid)


def test_a_smooth_function_is_found_among_noise() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (200, 2))
    truth = 1 + x[:, 0] + np.sin(2 * x[:, 1])
    smooth = fit_smooth(x[:150], (truth + 0.05 * rng.standard_normal(200))[:150], 1.0)
    assert np.abs(smooth(x[150:]) - truth[150:]).mean() < 0.03
    # One input that never changes tells nothing and hurts nothing.
    flat = np.column_stack([x, np.ones(200)])
    found = fit_smooth(flat[:150], truth[:150], 1.0)(flat[150:])
    assert np.abs(found - truth[150:]).max() < 0.05


def test_many_networks_are_priced_at_once() -> None:
    members = networks("searched_micro", 150)
    model: LatencyModel = fit_latency(members, true_seconds(members))
    baseline = load_baseline("searched_micro", 10, 1)
    mults = np.exp(np.random.default_rng(0).uniform(0, 0.7, (3, 100_000)))
    grid = Grid.of(baseline.architecture, 24, baseline.rounding, *mults)
    began = time.process_time()
    found = model.of_grid(grid)
    # A loop over networks would take a minute.
    assert time.process_time() - began < 10
    assert found.shape == (100_000,)
    assert (found > 0).all()
