"""Points that are asked for, and those that every search compares."""

from __future__ import annotations

from dataclasses import dataclass

from scaling_search.scaling import DIMENSIONS, PAPER, Coefficients
from scaling_search.search.points import alone

#: Points that every study compares: name -> what it is.
MARKS = {
    "paper": "the paper's coefficients",
    "uniform": "equal shares",
    "depth": "depth alone",
    "width": "width alone",
    "resolution": "resolution alone",
}


@dataclass(frozen=True)
class Asked:
    """A proposed point; one with a mark is always compared, at the nearest cost that it has."""

    coefficients: Coefficients
    #: In a search one of MARKS, or the name of a rival.
    mark: str = ""


def mark_text(mark: str) -> str:
    """What a marked point is, in words."""
    return MARKS.get(mark, mark.replace("_", " "))


def marked_points(cost_ratio: float) -> tuple[Asked, ...]:
    """The points of MARKS."""
    third = 1 / 3
    return (
        Asked(Coefficients.from_shares(*PAPER.shares(), cost_ratio=cost_ratio), "paper"),
        Asked(Coefficients.from_shares(third, third, third, cost_ratio=cost_ratio), "uniform"),
        *(Asked(alone(name, cost_ratio), name) for name in DIMENSIONS),
    )
