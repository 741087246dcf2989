"""Who says which runs a step of a study wants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from scaling_search.study.records import SearchResult
from scaling_search.trainers import Spec


class Proposer(Protocol):
    """Says which runs are wanted, at the start and whenever one has ended."""

    def start(self) -> Sequence[Spec]:
        """The runs wanted before anything is known."""
        ...

    def heard(self, spec: Spec, result: SearchResult) -> Sequence[Spec]:
        """Further runs wanted now that this one is known."""
        return ()

    def failed(self, spec: Spec) -> Sequence[Spec]:
        """Further runs wanted now that this one has been given up."""
        return ()


@dataclass(frozen=True)
class AllAtOnce(Proposer):
    """The proposer of a fixed list, such as a grid or a family."""

    specs: Sequence[Spec]

    def start(self) -> Sequence[Spec]:
        return self.specs
