"""A run as part of a study."""

from __future__ import annotations

from dataclasses import dataclass

from scaling_search.baselines import FamilyMember
from scaling_search.study.records import Step
from scaling_search.trainers import Spec


@dataclass(frozen=True)
class PlannedRun:
    """A run and why it is wanted."""

    step: Step
    member: FamilyMember
    spec: Spec
    #: Of a check of fidelity its name.
    check: str = ""
    #: The candidate for which a check of fidelity stands; elsewhere the member itself.
    candidate: str = ""

    @property
    def trial(self) -> str:
        """The trial to which the run belongs."""
        return self.candidate or self.member.id
