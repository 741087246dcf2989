"""A search as the loop sees it: its evaluations are runs, and their results are its answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaling_search.baselines import FamilyMember
from scaling_search.search.strategy import Answer, Ending, Evaluation, Request, Search, Steps
from scaling_search.study.definition import PlannedRun
from scaling_search.study.proposer import Proposer
from scaling_search.study.records import SearchResult
from scaling_search.trainers import Spec

if TYPE_CHECKING:
    import optuna


@dataclass(frozen=True)
class Asks:
    """What a search asked of a sampler, from which its candidates follow."""

    study: optuna.Study
    #: Writes them into a study's folder.
    write: Callable[[Path], None]


class SearchProposer(Proposer):
    """Wants what the search asks for, and answers it only what it waits for."""

    def __init__(
        self,
        search: Search[Any],
        run_of: Callable[[Evaluation], PlannedRun],
        members: Callable[[], Sequence[FamilyMember]],
        asks: Callable[[], Asks] | None = None,
    ) -> None:
        """run_of: the run that answers an evaluation. members: the networks asked for so far.

        asks: of a search whose candidates come from a sampler.
        """
        self.search = search
        self.members = members
        self.asks = asks
        self._run_of = run_of
        self._steps: Steps = search.steps()
        self._request: Request | None = None
        self._evaluations: dict[str, Evaluation] = {}
        self._known: dict[Evaluation, Answer] = {}
        #: All runs that were wanted so far, in the order of wanting.
        self.runs: list[PlannedRun] = []

    @property
    def ended(self) -> bool:
        """Whether the search has all that it wanted."""
        return self._request is None

    def start(self) -> Sequence[Spec]:
        self._request = next(self._steps, None)
        return self._go_on()

    def heard(self, spec: Spec, result: SearchResult) -> Sequence[Spec]:
        self._known[self._evaluations[spec.key]] = Answer(
            result.val_error, result.seconds, Ending(result.status)
        )
        return self._go_on()

    def failed(self, spec: Spec) -> Sequence[Spec]:
        self._known[self._evaluations[spec.key]] = Answer(None, status=Ending.FAILED)
        return self._go_on()

    def _go_on(self) -> Sequence[Spec]:
        wanted: list[Spec] = []
        while self._request is not None and all(e in self._known for e in self._request.wait):
            for evaluation in self._request.start:
                run = self._run_of(evaluation)
                self._evaluations[run.spec.key] = evaluation
                self.runs.append(run)
                wanted.append(run.spec)
            answers = {e: self._known[e] for e in self._request.wait}
            try:
                self._request = self._steps.send(answers)
            except StopIteration:
                self._request = None
        return wanted
