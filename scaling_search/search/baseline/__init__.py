"""STEP 0: which baseline is worth scaling at a given cost."""

from scaling_search.search.baseline.candidate import BaselineCandidate
from scaling_search.search.baseline.decision import BaselineDecision, decide_baseline
from scaling_search.search.baseline.proposals import BaselineProposals
from scaling_search.search.baseline.settings import BaselineSearchSettings

__all__ = [
    "BaselineCandidate",
    "BaselineDecision",
    "BaselineProposals",
    "BaselineSearchSettings",
    "decide_baseline",
]
