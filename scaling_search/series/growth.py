"""Do trained weights pay as a start? What a study of growth takes from a finished search.

A family is trained smallest first, each member from the one before, and candidates of STEP 1 from
the trained baseline, against the same networks from nothing for as much compute.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from scaling_search.baselines import Baseline, FamilyMember
from scaling_search.errors import InvalidInput, finite_number, positive_number, whole_number
from scaling_search.search import SweepSettings

#: What a network of these lists is told by.
_ROW = ("phi", "depth multiplier", "width multiplier", "pixels")


@dataclass(frozen=True)
class GrowthSettings(SweepSettings):
    """Does a family get better when each member starts from the one before, at equal compute?"""

    READS: ClassVar[frozenset[str]] = frozenset()

    kind: str = "growth"
    seeds: list[int] = field(default_factory=lambda: [0, 1, 2])
    #: Folder of a finished search, whose family and candidates are trained.
    study: str = ""
    #: How many of its candidates take part, spread evenly from its best to its worst; 0 for none.
    ranked: int = 6
    #: What it gave: its family's trained sizes, each as [phi, depth multiplier, width multiplier,
    #: pixels].
    family: list[list[float]] = field(default_factory=list)
    #: Its candidates, the best first, in the same form.
    candidates: list[list[float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.ranked not in (0, *range(3, 1001)):
            raise InvalidInput(
                f"sweep.ranked is {self.ranked!r}, but must be 0, or 3 to 1000: fewer have no "
                "ranking"
            )
        for name in ("family", "candidates"):
            for row in getattr(self, name):
                _require_row(f"sweep.{name}", row)

    def subjects(self) -> Sequence[str]:
        return [Path(self.study).name]

    @property
    def rests_on(self) -> Sequence[str]:
        return [self.study]

    def members(self, baseline: Baseline, rows: Sequence[Sequence[float]]) -> list[FamilyMember]:
        """The networks of a list, each once."""
        found: dict[str, FamilyMember] = {}
        for phi, depth, width, pixels in rows:
            network = baseline.network(depth, width)
            member = FamilyMember(baseline, network, int(pixels), depth, width, float(phi))
            found.setdefault(member.id, member)
        return list(found.values())


def spread_evenly(count: int, wanted: int) -> list[int]:
    """Places of so many of a ranking's `count` entries, the first and the last among them."""
    if not wanted:
        return []
    if wanted >= count:
        return list(range(count))
    return [round(index * (count - 1) / (wanted - 1)) for index in range(wanted)]


def row_of(member: FamilyMember, phi: float) -> list[float]:
    """The network as a list has it."""
    return [float(phi), member.depth_mult, member.width_mult, float(member.resolution)]


def _require_row(name: str, row: Sequence[float]) -> None:
    if len(row) != len(_ROW):
        raise InvalidInput(
            f"{name} has {list(row)!r}, but each network must be [{', '.join(_ROW)}]: take them "
            "from a study with sweep.study="
        )
    phi, depth, width, pixels = row
    finite_number(f"the phi of {name}", phi)
    positive_number(f"the depth multiplier of {name}", depth)
    positive_number(f"the width multiplier of {name}", width)
    whole_number(f"the pixels of {name}", pixels)
