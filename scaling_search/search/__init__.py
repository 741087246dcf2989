"""Which candidates to ask for, and which runs to train of them."""

from scaling_search.search.candidates import (
    Candidate,
    Candidates,
    SearchSpace,
    Snapper,
)
from scaling_search.search.constraint import NOMINAL, CostConstraint
from scaling_search.search.grid import GridSettings
from scaling_search.search.marks import MARKS, Asked, mark_text
from scaling_search.search.race import RaceSettings
from scaling_search.search.sampler import OptunaSettings
from scaling_search.search.settings import Budget, SearchSettings, SearchSweep, SweepSettings

__all__ = [
    "MARKS",
    "NOMINAL",
    "Asked",
    "Budget",
    "Candidate",
    "Candidates",
    "CostConstraint",
    "GridSettings",
    "OptunaSettings",
    "RaceSettings",
    "SearchSettings",
    "SearchSpace",
    "SearchSweep",
    "Snapper",
    "SweepSettings",
    "mark_text",
]
