"""A small study as it is typed, and the files that it must give."""

from __future__ import annotations

import csv
from pathlib import Path

SMALL = [
    "recipe=smoke",
    "data.train_images=150",
    "data.test_images=80",
    "recipe.batch_size=16",
    "baseline.resolution=12",
]
#: What must not depend on when and how often a study was interrupted or killed.
RESULTS = ("study.yaml", "runs.csv", "curves.csv", "trials.csv", "family.csv", "winner.json")


def content(folder: Path, names: tuple[str, ...] = RESULTS) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in names}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
