"""Which candidates to ask for: the shell of equal cost, the grid."""

from scaling_search.search.candidates import MARKS, Asked, Candidate, Candidates, Dropped
from scaling_search.search.grid import GridSettings, grid_candidates
from scaling_search.search.shell import CostConstraint, Shell, Snapped, shell

__all__ = [
    "MARKS",
    "Asked",
    "Candidate",
    "Candidates",
    "CostConstraint",
    "Dropped",
    "GridSettings",
    "Shell",
    "Snapped",
    "grid_candidates",
    "shell",
]
