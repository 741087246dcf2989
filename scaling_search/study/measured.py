"""What a study knows of latencies: of drawn networks, for a model, and of its own candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from scaling_search.baselines import Baseline
from scaling_search.baselines.measurements import Measurements, measure_members
from scaling_search.baselines.this_device import device_name
from scaling_search.baselines.timed import Timed
from scaling_search.errors import InvalidInput
from scaling_search.study.files.measured_json import (
    identity_of,
    read_members,
)

if TYPE_CHECKING:
    from scaling_search.study.definition import StudyDefinition

#: Rounds in which candidates that turn out too slow or too fast are replaced by others.
_ROUNDS = 8


@dataclass(frozen=True)
class Measured:
    """Measurements by batch size, on one device."""

    #: Of networks around the baseline: a model of them tells all others.
    drawn: tuple[Measurements, ...] = ()
    #: Of candidates, measured before they are trained.
    members: tuple[Measurements, ...] = ()

    @classmethod
    def of_files(cls, paths: Sequence[str]) -> Measured:
        """The drawn ones of some files. Raises InvalidInput."""
        drawn = tuple(Measurements.read(path) for path in paths)
        sizes = [one.batch_size for one in drawn]
        if len(set(sizes)) < len(sizes):
            raise InvalidInput(
                f"constraint.measurements has files of the batch sizes {sizes}: give one of each"
            )
        devices = sorted({one.device for one in drawn})
        if len(devices) > 1:
            raise InvalidInput(
                f"constraint.measurements is of {' and of '.join(devices)}: give those of one"
            )
        return cls(tuple(sorted(drawn, key=lambda one: one.batch_size)))

    @property
    def identities(self) -> list[str]:
        """What stands for the drawn ones in study.yaml."""
        return [identity_of(one) for one in self.drawn]

    def require(self, baseline: Baseline) -> None:
        """Raise InvalidInput unless all are of networks of this baseline."""
        for one in self.drawn:
            one.listed.require(baseline)
            one.model(baseline)

    @property
    def elsewhere(self) -> str:
        """Why networks cannot be measured here as those were; empty where they can."""
        here = metadata.version("torch")
        for made in (one.conditions for one in self.drawn):
            there = f"{made.device_name} ({made.device}) with torch {made.torch_version}"
            if made.torch_version != here:
                return f"the measurements are of {there}, and this is torch {here}"
            if made.device == "cuda" and not _has_gpu():
                return f"the measurements are of {there}, and here is no GPU"
            if made.device_name != device_name(made.device):
                return f"the measurements are of {there}, not of {device_name(made.device)}"
        return ""

    def with_members(self, batch_size: int, found: Measurements) -> Measured:
        """With some more that were measured."""
        before = {one.batch_size: one for one in self.members}
        if (old := before.get(batch_size)) is not None:
            networks = {n.id: n for n in (*old.listed.networks, *found.listed.networks)}
            listed = replace(found.listed, networks=tuple(networks.values()))
            found = replace(found, listed=listed)
        before[batch_size] = found
        return replace(self, members=tuple(before[size] for size in sorted(before)))


def measure_candidates(definition: StudyDefinition) -> StudyDefinition:
    """The study with all its candidates measured, where their budget is a latency of this device.

    One that lies outside the tolerance then gives way to another network of nearly the same
    shares, which is measured too. Of a sampled search the marked points are measured, and what it
    asks for later is told by the model. A study that has measured its candidates keeps to them.
    """
    timed = definition.quantity
    if not isinstance(timed, Timed) or timed.members is not None:
        return definition
    if definition.measured.elsewhere:
        return definition
    for _ in range(_ROUNDS):
        unknown = [m for m in definition.first_members if not timed.is_measured(m)]
        if not unknown:
            break
        found = measure_members(unknown, like=timed.drawn)
        measured = definition.measured.with_members(timed.drawn.batch_size, found)
        definition = replace(definition, measured=measured)
        timed = definition.quantity
        assert isinstance(timed, Timed)
    return definition


def _has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


def members_of(folder: Path, measured: Measured) -> Measured:
    """With the candidates that the study in this folder has measured before: beside the same drawn
    networks, which stand in the folder too."""
    members = read_members(folder, [one.batch_size for one in measured.drawn])
    known = {one.batch_size: one.listed.baseline.id for one in measured.drawn}
    same = [one for one in members if known[one.batch_size] == one.listed.baseline.id]
    return replace(measured, members=tuple(same))
