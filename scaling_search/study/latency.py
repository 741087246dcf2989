"""How long the trained networks of a study take on this machine."""

from __future__ import annotations

from pathlib import Path

from scaling_search.baselines import FamilyMember, measure_latency
from scaling_search.study.definition import StudyDefinition
from scaling_search.study.files.latency_csv import write_latencies
from scaling_search.study.read import Study


def timed_members(definition: StudyDefinition, study: Study) -> tuple[FamilyMember, ...]:
    """The networks that are compared: all of a study of series, the trained sizes of a family."""
    if definition.settings.series is not None:
        return definition.networks.members
    coefficients = study.winning_coefficients
    return definition.trained_sizes(coefficients)


def write_latency(folder: Path, definition: StudyDefinition) -> None:
    """Measure all networks in turns and write latency.csv; a few seconds a network."""
    members = timed_members(definition, Study(folder, definition))
    write_latencies(folder, measure_latency(members, device=definition.platform.device))
