"""Which candidates to ask for, and which runs to train of them."""

from scaling_search.search.candidates import (
    MARKS,
    Asked,
    Candidate,
    Candidates,
    Dropped,
    Snapper,
)
from scaling_search.search.grid import GridSettings, grid_candidates
from scaling_search.search.race import RaceSettings
from scaling_search.search.sampler import OptunaSettings
from scaling_search.search.settings import Budget, SearchSettings
from scaling_search.search.shell import CostConstraint, Shell, Snapped, shell

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
    "Shell",
    "Snapped",
    "Snapper",
    "grid_candidates",
    "shell",
]
