"""The file of measurements: what it gives back, and what is refused at the door."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from scaling_search.baselines import Baseline, load_baseline, measurements, scale_by
from scaling_search.baselines.drawn_networks import draw_networks
from scaling_search.baselines.measured_networks import ListedNetwork, NetworkList
from scaling_search.baselines.measurements import (
    Conditions,
    Measurements,
    measure_members,
    measure_networks,
)
from scaling_search.baselines.measurements_file import read_list, write_list, write_measurements
from scaling_search.baselines.this_device import device_name
from scaling_search.errors import InvalidInput

HERE = Conditions(
    device="cpu",
    device_name=device_name("cpu"),
    torch_version=torch.__version__,
    batch_size=4,
    threads=1,
    visits=5,
    clock="thread",
    date="2026-01-01T00:00:00Z",
    took=1.5,
    first_megahertz=2600.0,
    last_megahertz=0.0,
    governor="",
    reference=0.001,
    reference_least=0.0009,
    reference_most=0.0012,
    drift=1.01,
    repeated=1,
    unsteady=0,
)


def searched() -> Baseline:
    return load_baseline("searched_micro", 10, 1)


def measured(baseline: Baseline, count: int = 40, **changed: Any) -> Measurements:
    """Networks that take a nanosecond for a multiply-add, in visits that scatter by a hundredth."""
    listed = NetworkList.of(baseline, draw_networks(baseline, count, 3.0))
    around = np.array([1.01, 0.99, 1.0, 1.02, 0.98])
    networks = tuple(
        replace(network, seconds=tuple((network.cost.macs * 1e-9 * around).tolist()))
        for network in listed.networks
    )
    return Measurements(replace(listed, networks=networks), replace(HERE, **changed))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_SAMPLE", "_WARM_UP", "_REFERENCE"):
        monkeypatch.setattr(measurements, name, 1e-4)


def test_measurements_read_back_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "new" / "here.json"
    made = measured(searched())
    write_measurements(path, made)
    assert Measurements.read(path) == made
    assert Measurements.read(str(path)).batch_size == 4
    # One line a network, for people and for diff.
    assert sum('"layers"' in line for line in path.read_text().splitlines()) == 40


def test_a_list_is_read_from_a_list_and_from_measurements(tmp_path: Path) -> None:
    made = measured(searched(), 5)
    bare = replace(made.listed, networks=tuple(replace(n, seconds=()) for n in made.networks))
    write_list(tmp_path / "list.json", bare)
    write_measurements(tmp_path / "made.json", made)
    assert read_list(tmp_path / "list.json") == bare
    ids = [network.id for network in read_list(tmp_path / "made.json").networks]
    assert ids == [network.id for network in bare.networks]
    with pytest.raises(
        InvalidInput, match=r"not measured yet: measure them on the device, .*--net"
    ):
        Measurements.read(tmp_path / "list.json")


def test_the_interval_of_a_median_comes_from_the_order_of_the_visits() -> None:
    network = replace(measured(searched(), 2).networks[0], seconds=(5.0, 1.0, 2.0, 4.0, 3.0))
    # Of five the least and the most hold the median but for 2 / 2^5.
    assert network.interval == (1, 3, 5)
    seconds = tuple(float(i) for i in range(1, 12))
    assert replace(network, seconds=seconds).interval == (3, 6, 9)
    assert replace(network, seconds=(2.0,)).interval == (2, 2, 2)


def test_the_interval_holds_the_true_median_as_often_as_it_says() -> None:
    rng, network = np.random.default_rng(0), measured(searched(), 2).networks[0]
    for visits, least in ((5, 0.9), (11, 0.9), (20, 0.9)):
        held = 0
        for row in np.exp(rng.standard_normal((2000, visits))):
            low, _, high = replace(network, seconds=tuple(row.tolist())).interval
            held += low <= 1 <= high
        assert least - 0.02 <= held / 2000 <= 0.97


def test_known_networks_are_found_by_their_name() -> None:
    made = measured(searched())
    low, middle, high = made.known(made.networks[7].id) or (0, 0, 0)
    assert middle == pytest.approx(made.networks[7].cost.macs * 1e-9)
    assert (low, high) == pytest.approx((0.98 * middle, 1.02 * middle))
    assert made.known("ffffffff") is None


def test_the_model_prices_the_baselines_networks() -> None:
    model = measured(searched()).model(searched())
    member = scale_by(searched(), depth_mult=1.3, width_mult=1.2, resolution=26)
    assert model.of_member(member) == pytest.approx(member.cost.macs * 1e-9, rel=0.01)


@pytest.mark.parametrize(
    ("baseline", "message"),
    [
        (load_baseline("searched_micro", 12, 1), "10 classes, but the data have 12: measure"),
        (load_baseline("searched_micro", 10, 3), "1 channels, but the data have 3: measure"),
        (load_baseline("searched_micro", 10, 1, 28), "around 24 px, .* 28 px: give baseline.res"),
        (
            load_baseline("resnet50_micro", 10, 1, 24),
            "another baseline, searched_micro, not of resnet50_micro .*: measure its networks",
        ),
    ],
)
def test_measurements_of_other_networks_are_refused(baseline: Baseline, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        measured(searched()).model(baseline)


def test_too_few_networks_make_no_model() -> None:
    with pytest.raises(InvalidInput, match=r"12 networks were .* needs 30: measure more"):
        measured(searched(), 12).model(searched())


def test_another_device_or_torch_is_refused() -> None:
    made = measured(searched())
    made.require_device("cpu", HERE.device_name, HERE.torch_version)
    for asked in (
        ("cuda", "Tesla T4", HERE.torch_version),
        ("cpu", "Another, x86_64", HERE.torch_version),
        ("cpu", HERE.device_name, "1.0"),
    ):
        with pytest.raises(InvalidInput, match=r"measurements are of .* not of .*: measure there"):
            made.require_device(*asked)


@pytest.mark.parametrize(
    "other", [{"device_name": "Tesla T4", "device": "cuda"}, {"torch_version": "1.0"}]
)
def test_members_are_not_compared_across_devices(other: dict[str, str]) -> None:
    with pytest.raises(InvalidInput, match="measure there"):
        measure_members([], measured(searched(), **other))


@pytest.mark.usefixtures("quick")
def test_members_are_measured_on_the_level_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    before = measured(searched(), 3)
    member = scale_by(searched(), depth_mult=1.5, width_mult=1.2, resolution=26)
    threads = torch.get_num_threads()
    now = measure_members([member, member], before)
    assert torch.get_num_threads() == threads
    assert [network.id for network in now.networks] == [before.networks[0].id, member.id]
    low, middle, high = now.known(member.id) or (0, 0, 0)
    assert 0 < low <= middle <= high
    assert (now.batch_size, now.conditions.visits) == (4, measurements.VISITS_OF_MEMBERS)
    # The baseline lies near where it lay, whatever this machine does today.
    assert now.known(before.networks[0].id)[1] == pytest.approx(0.001, rel=0.5)


@pytest.mark.usefixtures("quick")
def test_a_real_measurement_says_under_which_conditions() -> None:
    listed = NetworkList.of(searched(), draw_networks(searched(), 3, 2.0))
    found = measure_networks(listed, batch_size=2, visits=2)
    made = found.conditions
    assert all(len(n.seconds) == 2 and min(n.seconds) > 0 for n in found.networks)
    assert (made.batch_size, made.threads, made.visits, made.clock) == (2, 1, 2, "thread")
    assert made.reference_least <= made.reference <= made.reference_most
    assert made.torch_version == torch.__version__


Edit = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda c: c.pop("kind"), "its kind is None"),
        (lambda c: c.update(kind="scaling_search measurements 9"), "its kind is"),
        (lambda c: c.pop("baseline"), "it lacks 'baseline'"),
        (lambda c: c.update(more=1), "there is no 'more'"),
        (lambda c: c.update(networks=[]), "it holds no networks"),
        (lambda c: c.update(networks=7), "it holds no networks"),
        (lambda c: c.pop("networks"), "it lacks 'networks'"),
        (lambda c: c.update(num_classes="10"), "num_classes is '10'"),
        (lambda c: c.pop("conditions"), "it has no conditions"),
        (lambda c: c["conditions"].pop("drift"), "its conditions lack 'drift'"),
        (lambda c: c["conditions"].update(fan="on"), "its conditions have 'fan'"),
        (lambda c: c["conditions"].update(batch_size=0), "batch_size is 0"),
        (lambda c: c["conditions"].update(reference=float("nan")), "reference of its conditions"),
        (lambda c: c["networks"][1].pop("layers"), "network 2: it lacks 'layers'"),
        (lambda c: c["networks"][1].update(id="deadbeef"), "network 2: its id is 'deadbeef'"),
        (lambda c: c["networks"][1].update(resolution=10**9), "network 2: resolution is"),
        (lambda c: c["networks"][1]["seconds"].pop(), "must hold 5 numbers"),
        (lambda c: c["networks"][1]["seconds"].__setitem__(0, -1.0), "a number of seconds is -1.0"),
        (lambda c: c["networks"][1].update(seconds=None), "seconds is None"),
        (lambda c: c["networks"][1].update(c["networks"][2]), "network 3 repeats"),
        (lambda c: c["networks"].pop(0), "its first network is not the baseline"),
        (lambda c: c["networks"].insert(1, []), "network 2: it is"),
        (lambda c: c["networks"][1]["layers"]["stages"].pop(), "its layers say"),
    ],
)
def test_a_damaged_file_is_refused_in_one_line(tmp_path: Path, edit: Edit, message: str) -> None:
    path = tmp_path / "made.json"
    write_measurements(path, measured(searched(), 5))
    content = json.loads(path.read_text())
    edit(content)
    path.write_text(json.dumps(content))
    with pytest.raises(InvalidInput, match=message) as refused:
        Measurements.read(path)
    assert "make it anew" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_missing_and_a_cut_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="is missing: make it anew"):
        Measurements.read(tmp_path / "none.json")
    path = tmp_path / "cut.json"
    write_measurements(path, measured(searched(), 5))
    path.write_bytes(path.read_bytes()[:700])
    with pytest.raises(InvalidInput, match="is damaged"):
        Measurements.read(path)


def test_networks_of_a_function_are_read_without_running_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("own_networks_to_measure")

    def build(depth_mult: float, width_mult: float, in_channels: int, num_classes: int, **_):
        width = round(8 * width_mult)
        layers = [nn.Conv2d(in_channels, width, 3)]
        layers += [nn.Conv2d(width, width, 1) for _ in range(round(2 * depth_mult))]
        return nn.Sequential(
            *layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, num_classes)
        )

    vars(module)["build"] = build
    monkeypatch.setitem(sys.modules, module.__name__, module)
    baseline = load_baseline(f"{module.__name__}.build", 10, 1, resolution=12)
    member = ListedNetwork.of(scale_by(baseline, depth_mult=2, width_mult=1.5, resolution=14))
    made = measured(baseline, 30)
    assert made.listed.own_code == f"{module.__name__}.build"
    path = tmp_path / "own.json"
    write_measurements(path, made)
    monkeypatch.delitem(sys.modules, module.__name__)
    found = Measurements.read(path)
    assert found == made
    assert found.model_of_all.of_member(member) == pytest.approx(member.cost.macs * 1e-9, rel=0.1)
