"""latency.csv: how long the trained networks of a study take on this machine."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

from scaling_search.baselines import FamilyMember, measure_latency
from scaling_search.errors import InvalidInput
from scaling_search.study.definition import StudyDefinition
from scaling_search.study.folder import write_csv
from scaling_search.study.read import Study

COLUMNS = (
    "network",
    "seconds_per_image",
    "seconds_per_image_low",
    "seconds_per_image_high",
    "images_per_second",
    "images_per_second_low",
    "images_per_second_high",
    "batch_size",
    "threads",
    "rounds",
    "warm_up",
    "device",
)


@dataclass(frozen=True)
class MeasuredLatency:
    """A row of latency.csv: medians over rounds, with the lower and the upper quartile."""

    network: str
    #: One image at a time: low, median, high.
    seconds_per_image: tuple[float, float, float]
    #: `batch_size` images at a time: low, median, high.
    images_per_second: tuple[float, float, float]
    batch_size: int
    threads: int
    rounds: int
    warm_up: int
    device: str


def timed_members(definition: StudyDefinition, study: Study) -> tuple[FamilyMember, ...]:
    """The networks that are compared: all of a study of series, the trained sizes of a family."""
    if definition.settings.series is not None:
        return definition.networks.members
    coefficients = study.winning_coefficients
    return definition.trained_sizes(coefficients)


def write_latency(folder: Path, definition: StudyDefinition) -> None:
    """Measure all networks in turns and write latency.csv; a few seconds a network."""
    members = timed_members(definition, Study(folder, definition))
    found = measure_latency(members, device=definition.platform.device)
    write_csv(
        folder / "latency.csv",
        COLUMNS,
        [
            (
                one.network,
                one.seconds_per_image.median,
                one.seconds_per_image.low,
                one.seconds_per_image.high,
                one.images_per_second.median,
                one.images_per_second.low,
                one.images_per_second.high,
                one.batch_size,
                one.threads,
                one.rounds,
                one.warm_up,
                one.device,
            )
            for one in found
        ],
    )


def read_latency(folder: Path) -> dict[str, MeasuredLatency]:
    """latency.csv by network; empty where nothing was measured. Raises InvalidInput (damaged)."""
    path = folder / "latency.csv"
    if not path.exists():
        return {}
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = [_parsed(row) for row in csv.DictReader(file)]
    except (KeyError, ValueError, TypeError, csv.Error) as error:
        raise InvalidInput(
            f"{path} is damaged ({type(error).__name__}: {error}): remove it, or measure again "
            "with latency=true"
        ) from error
    return {row.network: row for row in rows}


def _parsed(row: dict[str, str]) -> MeasuredLatency:
    def three(name: str) -> tuple[float, float, float]:
        low, median, high = (float(row[name + end]) for end in ("_low", "", "_high"))
        if not 0 < low <= median <= high < math.inf:
            raise ValueError(f"{name} of {row['network']} is {median}")
        return low, median, high

    return MeasuredLatency(
        row["network"],
        three("seconds_per_image"),
        three("images_per_second"),
        int(row["batch_size"]),
        int(row["threads"]),
        int(row["rounds"]),
        int(row["warm_up"]),
        row["device"],
    )
