"""Which candidates to ask for, and which runs to train of them."""

from scaling_search.search.candidates import (
    MARKS,
    Asked,
    Candidate,
    Candidates,
    Dropped,
    SearchSpace,
    Snapper,
)
from scaling_search.search.constraint import CostConstraint
from scaling_search.search.grid import GridSettings
from scaling_search.search.race import RaceSettings
from scaling_search.search.sampler import OptunaSettings
from scaling_search.search.settings import Budget, SearchSettings, SearchSweep, SweepSettings
from scaling_search.search.shell import Shell, shell

__all__ = [
    "MARKS",
    "Asked",
    "Budget",
    "Candidate",
    "Candidates",
    "CostConstraint",
    "Dropped",
    "GridSettings",
    "OptunaSettings",
    "RaceSettings",
    "SearchSettings",
    "SearchSpace",
    "SearchSweep",
    "Shell",
    "Snapper",
    "SweepSettings",
    "shell",
]
