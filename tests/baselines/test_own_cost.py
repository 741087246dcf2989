"""Networks that are known by their cost alone."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from scaling_search.baselines import BaselineSettings, scale_by, solve_phi
from scaling_search.errors import InvalidInput
from scaling_search.scaling import Coefficients, Cost

WHOLE = """
def cost(depth, width, resolution):
    n, c = round(10 * depth), round(16 * width)
    return {"macs": n * c * c * resolution**2, "params": n * c * c, "activations": n * c}
"""
SMOOTH = "def cost(depth, width, resolution):\n    return 1e4 * depth * width**2 * resolution**2"


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def load(text: str):
        (tmp_path / "my_sizes.py").write_text(text)
        monkeypatch.delitem(sys.modules, "my_sizes", raising=False)
        given = BaselineSettings(name="cost", _target_="my_sizes.cost", resolution=32)
        return given.load(num_classes=10, in_channels=3)

    return load


def test_the_function_says_what_a_network_costs(load) -> None:
    member = scale_by(load(WHOLE), depth_mult=1.5, width_mult=1.25, resolution=40)
    assert member.cost == Cost(15 * 20 * 20 * 1600, 15 * 400, 15 * 20)
    assert member.cost_ratio == 15 * 400 * 1600 / (10 * 256 * 1024)
    assert scale_by(load(SMOOTH), depth_mult=2, width_mult=1, resolution=32).cost_ratio == 2


def test_networks_that_cost_the_same_in_all_are_one(load) -> None:
    def ids(text: str, *multipliers: tuple[float, float]) -> int:
        baseline = load(text)
        members = [
            scale_by(baseline, depth_mult=d, width_mult=w, resolution=32) for d, w in multipliers
        ]
        return len({member.id for member in members})

    assert ids(WHOLE, (1.0, 1.0), (1.01, 1.02)) == 1
    assert ids(WHOLE, (1.0, 1.0), (4.0, 0.5)) == 2
    # Of multiply-adds alone, equal ones may be of other networks.
    assert ids(SMOOTH, (1.0, 1.0), (4.0, 0.5)) == 2


def test_a_family_is_solved_for(load) -> None:
    """Far below the baseline the function comes to nothing, as roundings do."""
    found = solve_phi(load(WHOLE), Coefficients(1.2, 1.1, 1.15), macs=2 * 10 * 256 * 1024)
    assert 0.8 < found.cost_ratio / 2 <= 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def cost(d, w, r):\n    return {'flops': 1}", "must have the form (depth_mult"),
        ("def cost(d, w, r):\n    return 'many'", "must be a number"),
        ("def cost(d, w, r):\n    return -1.0", "must be from 0 to 2**63"),
        ("def cost(d, w, r):\n    return float('nan')", "must be a finite number"),
        ("def cost(d):\n    return 1", "failed with TypeError"),
        ("def cost(d, w, r):\n    return round(d / 9) * w", "but a network has some: round as"),
    ],
)
def test_what_is_no_cost_is_refused(load, text: str, said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        _ = scale_by(load(text), depth_mult=1, width_mult=1, resolution=32).cost
    assert said in str(refused.value)
    assert "my_sizes.cost" in str(refused.value)


def test_why_there_is_no_network_is_kept_with_the_prices(load) -> None:
    """A report, which calls no function, must know that there is none."""
    text = "def cost(d, w, r):\n    assert w > 0.5, 'too narrow'\n    return d * w**2 * r**2"
    baseline = load(text)
    found = solve_phi(baseline, Coefficients(1.2, 1.1, 1.15), macs=2 * 32**2)
    faults = [priced.fault for priced in found.baseline.counted.values() if priced.fault]
    assert faults
    assert all("too narrow" in fault for fault in faults)
