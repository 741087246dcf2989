"""A study folder that is damaged at random, what lies around it, and the kinds of damage.

Every kind is a function of the random generator, from which alone the damage follows, and of the
site; it says what it has done. Kinds are named `what: damage`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from attack_trees import Unfit

#: What a study is read from.
RECORDS = (
    "study.yaml", "environment.json", "runs.csv", "curves.csv", "timings.csv", "latency.csv",
    "asks.csv", "networks.csv",
)  # fmt: skip
#: What a report makes of them and read_study reads.
DERIVED = ("trials.csv", "family.csv", "points.csv", "winner.json", "verdict.json")
#: A user who must not be able to read everything.
NOBODY = 65_534


@dataclass
class Site:
    """A working directory with experiments/stranger, and a folder that must stay as it is."""

    box: Path
    #: Read as another user than root, who may read everything.
    as_nobody: bool = False

    @property
    def study(self) -> Path:
        return self.box / "experiments" / "stranger"

    @property
    def outside(self) -> Path:
        return self.box / "outside"

    def pick(self, rng: Random, *suffixes: str, derived: float = 0.15) -> Path:
        """A file of the study, one of RECORDS or more rarely one of DERIVED."""
        names = DERIVED if rng.random() < derived else RECORDS
        found = [self.study / name for name in names if not suffixes or name.endswith(suffixes)]
        found = [path for path in found if path.is_file()]
        if not found:
            raise Unfit
        return rng.choice(found)


Damage = Callable[[Random, Site], str]
KINDS: dict[str, Damage] = {}


def kind(name: str) -> Callable[[Damage], Damage]:
    """Enter a function into KINDS."""

    def enter(function: Damage) -> Damage:
        KINDS[name] = function
        return function

    return enter


def kinds_in_turn(rng: Random) -> list[str]:
    """All kinds in random order, those of study.yaml twice: it says most."""
    names = [*KINDS, *(name for name in KINDS if name.startswith("yaml"))]
    return rng.sample(names, len(names))


class Rows:
    """A CSV file as a head and rows of text."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))
        if len(rows) < 2:
            raise Unfit
        self.head, self.body = rows[0], rows[1:]

    def write(self) -> None:
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerows([self.head, *self.body])
        self.path.write_text(buffer.getvalue(), "utf-8")

    def row(self, rng: Random) -> int:
        return rng.randrange(len(self.body))

    def column(self, name: str) -> int:
        return self.head.index(name)

    def cell(self, rng: Random) -> tuple[int, int]:
        return self.row(rng), rng.randrange(len(self.head))
