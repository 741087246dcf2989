"""How long the trained networks of a study take on this machine."""

from __future__ import annotations

from pathlib import Path

from scaling_search.baselines import measure_latency
from scaling_search.study.definition import StudyDefinition
from scaling_search.study.files.latency_csv import write_latencies
from scaling_search.study.kinds import kind_of
from scaling_search.study.read import Study


def write_latency(folder: Path, definition: StudyDefinition) -> None:
    """Measure the networks that the answer is about in turns; writes latency.csv.

    It takes a few seconds a network.
    """
    members = kind_of(definition).timed_members(Study(folder, definition))
    write_latencies(folder, measure_latency(members, device=definition.platform.device))
