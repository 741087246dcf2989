"""A network that STEP 0 compares."""

from __future__ import annotations

from dataclasses import dataclass

from scaling_search.baselines import FamilyMember


@dataclass(frozen=True)
class BaselineCandidate:
    """A network at the cost that was asked for; proposed, or an existing baseline brought there."""

    member: FamilyMember
    #: Name of the existing baseline with which the proposed ones are compared; empty for those.
    mark: str = ""

    @property
    def id(self) -> str:
        return self.member.id

    @property
    def macs(self) -> int:
        return self.member.cost.macs

    @property
    def amount(self) -> float:
        """What it costs in the quantity that networks are compared by."""
        return self.member.amount
