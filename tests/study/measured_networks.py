"""Measurements that nobody made: networks whose seconds follow a formula."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from scaling_search.baselines import FamilyMember, load_baseline
from scaling_search.baselines.drawn_networks import draw_networks
from scaling_search.baselines.measured_networks import ListedNetwork, NetworkList
from scaling_search.baselines.measurements import Conditions, Measurements
from scaling_search.baselines.measurements_file import write_measurements
from scaling_search.baselines.this_device import device_name
from scaling_search.scaling import Architecture

CONDITIONS = Conditions(
    device="cpu",
    device_name=device_name("cpu"),
    torch_version=torch.__version__,
    batch_size=1,
    threads=1,
    visits=5,
    clock="thread",
    date="2026-01-01T00:00:00Z",
    took=1.5,
    first_megahertz=0.0,
    last_megahertz=0.0,
    governor="",
    reference=1e-4,
    reference_least=1e-4,
    reference_most=1e-4,
    drift=1.0,
    repeated=0,
    unsteady=0,
)
_VISITS = np.array([1.004, 0.996, 1.0, 1.006, 0.994])


def seconds_of(network: ListedNetwork | FamilyMember) -> float:
    """A call of every block, and a nanosecond a multiply-add."""
    assert isinstance(network.network, Architecture)
    return 2e-5 * sum(network.network.repeats) + 1e-9 * network.cost.macs


def timed(networks: Sequence[ListedNetwork], factor: float = 1.0) -> tuple[ListedNetwork, ...]:
    return tuple(
        replace(one, seconds=tuple((factor * seconds_of(one) * _VISITS).tolist()))
        for one in networks
    )


def write_measured(path: Path, resolution: int = 12, count: int = 40) -> Measurements:
    """Of the default baseline for glyphs, in a file."""
    baseline = load_baseline("searched_micro", 36, 1, resolution=resolution)
    listed = NetworkList.of(baseline, draw_networks(baseline, count, 8.0))
    made = Measurements(replace(listed, networks=timed(listed.networks)), CONDITIONS)
    write_measurements(path, made)
    return made


def measure_as_told(members: Sequence[FamilyMember], like: Measurements) -> Measurements:
    """Stands for measuring: every third network takes a tenth longer than the formula says."""
    distinct = {like.listed.baseline.id: like.listed.baseline}
    found = list(timed([replace(one, seconds=()) for one in distinct.values()]))
    for member in members:
        slow = 1.1 if int(member.id, 16) % 3 == 0 else 1.0
        found += timed([ListedNetwork.of(member)], slow)
    return replace(like, listed=replace(like.listed, networks=tuple(found)))
