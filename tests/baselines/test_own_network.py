"""A user's own network: found by its import path, priced by counting, scaled like any other."""

import itertools
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from scaling_search.baselines import (
    BaselineSettings,
    OwnBaseline,
    OwnNetwork,
    Priced,
    StoredBaseline,
    load_baseline,
    scale,
    scale_by,
    solve_phi,
)
from scaling_search.errors import InvalidInput
from scaling_search.scaling import PAPER, Coefficients, Cost

Write = Callable[[str], str]

PLAIN = """
from torch import nn

def plain(depth_mult, width_mult, resolution, num_classes, in_channels):
    width, layers = round(8 * width_mult), []
    for index in range(round(2 * depth_mult)):
        layers += [nn.Conv2d(width if index else in_channels, width, 3, padding=1), nn.ReLU()]
    pooled = [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    return nn.Sequential(*layers, *pooled, nn.Linear(width, num_classes))
"""

_numbers = itertools.count()


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write a module that can be imported during the test, under a name never used before."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.syspath_prepend(tmp_path)

    def write(source: str) -> str:
        name = f"own_networks_{next(_numbers)}"
        (tmp_path / f"{name}.py").write_text(source)
        return name

    return write


def _plain_cost(blocks: int, width: int, resolution: int, classes: int, channels: int) -> Cost:
    inputs = [channels] + [width] * (blocks - 1)
    pixels = resolution**2
    return Cost(
        macs=sum(9 * width * n * pixels for n in inputs) + width * classes,
        params=sum(9 * width * n + width for n in inputs) + (width + 1) * classes,
        activations=blocks * width * pixels,
    )


def test_priced_by_counting(write: Write) -> None:
    baseline = load_baseline(f"{write(PLAIN)}.plain", 10, 1, resolution=12)
    assert scale(baseline, PAPER, 0).cost == _plain_cost(2, 8, 12, 10, 1)
    member = scale_by(baseline, depth_mult=2, width_mult=1.5, resolution=15)
    assert member.cost == _plain_cost(4, 12, 15, 10, 1)
    base = _plain_cost(2, 8, 12, 10, 1)
    assert member.cost_ratio == member.cost.macs / base.macs


def test_scaled_and_built(write: Write) -> None:
    baseline = load_baseline(f"{write(PLAIN)}.plain", 10, 3, resolution=12)
    member = scale(baseline, Coefficients(2, 1.5, 1.25), 1)
    assert member.resolution == 15
    network = member.build()
    assert network(torch.randn(2, 3, 15, 15)).shape == (2, 10)
    assert sum(p.numel() for p in network.parameters()) == member.cost.params
    assert all(p.device.type == "cpu" for p in network.parameters())


def test_names_tell_networks_apart(write: Write) -> None:
    target = f"{write(PLAIN)}.plain"
    baseline = load_baseline(target, 10, 3, resolution=12)
    other = load_baseline(target, 11, 3, resolution=12)
    members = [scale(baseline, PAPER, 0), scale(baseline, PAPER, 1), scale(other, PAPER, 0)]
    assert len({member.id for member in members}) == 3
    assert scale(baseline, PAPER, 1).id == members[1].id


def test_solve_phi_stays_within_the_budget(write: Write) -> None:
    baseline = load_baseline(f"{write(PLAIN)}.plain", 10, 1, resolution=12)
    resolution_only = Coefficients(1, 1, 2)
    member = solve_phi(baseline, resolution_only, macs=_plain_cost(2, 8, 20, 10, 1).macs)
    assert member.resolution == 20


def test_it_has_no_stage_table(write: Write) -> None:
    baseline = load_baseline(f"{write(PLAIN)}.plain", 10, 1, resolution=12)
    with pytest.raises(InvalidInput, match="is a function, so it has no stage table"):
        _ = scale(baseline, PAPER, 0).architecture


def test_settings_take_a_target(write: Write) -> None:
    target = f"{write(PLAIN)}.plain"
    settings = BaselineSettings(_target_=target, resolution=12)
    assert settings.load(10, 1) == load_baseline(target, 10, 1, resolution=12)


def test_found_in_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    name = f"own_networks_{next(_numbers)}"
    (tmp_path / f"{name}.py").write_text(PLAIN)
    monkeypatch.chdir(tmp_path)
    baseline = load_baseline(f"{name}.plain", 10, 1, resolution=12)
    assert scale(baseline, PAPER, 0).cost == _plain_cost(2, 8, 12, 10, 1)


def test_import_paths_that_lead_nowhere(write: Write) -> None:
    module = write(PLAIN + "\nnumber = 3\n")
    for target in ("no_such_module.plain", f"{module}.other", f"{module}.", ".plain"):
        with pytest.raises(InvalidInput, match="no such function can be imported") as refusal:
            load_baseline(target, resolution=12)
        assert repr(target) in str(refusal.value)
    with pytest.raises(InvalidInput, match="that is not a function"):
        load_baseline(f"{module}.number", resolution=12)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def own(depth_mult, width_mult): ...", "failed with TypeError"),
        ("def own(**arguments): raise RuntimeError('too deep')", "RuntimeError: too deep"),
        ("def own(**arguments): return 3", "returned a int, but must return an nn.Module"),
        (
            "from torch import nn\ndef own(**arguments): return nn.Linear(3, 4)",
            "cannot be priced: a forward pass",
        ),
        (
            "import sys\nfrom torch import nn\nclass Net(nn.Module):\n"
            "    def forward(self, x): sys.exit(3)\ndef own(**arguments): return Net()",
            r"cannot be priced: a forward pass .* failed with SystemExit: 3 \(own_networks_",
        ),
        (
            "from torch import nn\ndef own(**arguments):\n"
            "    return nn.Sequential(nn.LazyConv2d(4, 99), nn.Flatten(), nn.LazyLinear(10))",
            r"has lazy layers, and a pass of images of \(1, 12, 12\).* failed with RuntimeError",
        ),
        (
            "from torch import nn\ndef own(**arguments): return nn.Flatten()",
            "has no multiply-adds, by which networks are compared",
        ),
    ],
)
def test_functions_that_do_not_fit(write: Write, source: str, message: str) -> None:
    target = f"{write(source)}.own"
    baseline = load_baseline(target, 10, 1, resolution=12)
    with pytest.raises(InvalidInput, match=message) as refusal:
        _ = scale(baseline, PAPER, 1).cost_ratio
    assert target in str(refusal.value)


def test_a_network_is_counted_once(write: Write) -> None:
    module = write("calls = []\n" + PLAIN.replace("    width,", "    calls.append(1)\n    width,"))
    baseline = load_baseline(f"{module}.plain", 10, 1, resolution=12)
    assert isinstance(baseline, OwnBaseline)
    members = [scale(baseline, PAPER, phi) for phi in (0, 1, 1, 0)]
    for member in members:
        _ = member.cost, member.id, member.cost_ratio, member.pixel_price
    assert len(sys.modules[module].calls) == len(baseline.counted) == 3


def test_stored_prices_stand_in_for_the_function() -> None:
    prices = {12: Priced(Cost(100, 10, 5), "aaaaaaaa"), 15: Priced(Cost(150, 10, 7), "bbbbbbbb")}
    asked = []

    def price(network: OwnNetwork, resolution: int) -> Priced:
        asked.append((network, resolution))
        return prices[resolution]

    baseline = load_baseline("no_such_module.net", 10, 1, resolution=12, prices=price)
    assert isinstance(baseline, StoredBaseline)
    member = scale_by(baseline, depth_mult=2, width_mult=1.5, resolution=15)
    assert (member.cost, member.id) == (Cost(150, 10, 7), "bbbbbbbb")
    assert member.cost_ratio == 1.5
    assert asked[0] == (OwnNetwork("no_such_module.net", 2.0, 1.5, 10, 1), 15)
    with pytest.raises(InvalidInput, match="no such function can be imported"):
        member.build()


def test_it_needs_a_resolution_and_no_divisors(write: Write) -> None:
    target = f"{write(PLAIN)}.plain"
    with pytest.raises(InvalidInput, match="has no base resolution: give"):
        load_baseline(target)
    for divisor in ("channel_divisor", "resolution_divisor"):
        with pytest.raises(InvalidInput, match="leave the divisors out"):
            load_baseline(target, resolution=12, **{divisor: 4})


SHALLOW = """
calls = []

def shallow(depth_mult, width_mult, resolution, num_classes, in_channels):
    calls.append(depth_mult)
    if depth_mult > 1.5:
        raise ValueError("as deep as that there is none")
    return plain(depth_mult, width_mult, resolution, num_classes, in_channels)
"""


def test_what_cannot_be_built_is_asked_for_once(write: Write) -> None:
    module = write(PLAIN + SHALLOW)
    baseline = load_baseline(f"{module}.shallow", 10, 1, resolution=12)
    assert isinstance(baseline, OwnBaseline)
    member = scale_by(baseline, depth_mult=2, width_mult=1, resolution=12)
    for _ in range(2):
        with pytest.raises(InvalidInput, match="as deep as that there is none"):
            _ = member.cost
    assert len(sys.modules[module].calls) == 2  # on the meta device, and on the CPU
    (priced,) = baseline.counted.values()
    assert "as deep as that there is none" in priced.fault


def test_a_small_member_of_a_function_without_the_smallest(write: Write) -> None:
    """A kernel that is not padded leaves nothing of a few pixels."""
    unpadded = PLAIN.replace("3, padding=1", "5")
    baseline = load_baseline(f"{write(unpadded)}.plain", 10, 1, resolution=20)
    coefficients = Coefficients(1, 1, 1.4)
    base = scale(baseline, coefficients, 0).cost.macs
    member = solve_phi(baseline, coefficients, base / 2)
    assert base / 3 < member.cost.macs <= base / 2
    larger = scale_by(baseline, depth_mult=1, width_mult=1, resolution=member.resolution + 1)
    assert larger.cost.macs > base / 2
