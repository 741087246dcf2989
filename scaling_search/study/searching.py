"""A search as the loop sees it: its evaluations are runs, and their results are its answers."""

from __future__ import annotations

from collections.abc import Sequence

from scaling_search.proxy import RunSpec
from scaling_search.search import Candidates
from scaling_search.search.sampler import SampledProposals
from scaling_search.search.strategy import Answer, Ending, Evaluation, Request, Search, Steps
from scaling_search.study.definition import PlannedRun, StudyDefinition
from scaling_search.study.loop import Proposer
from scaling_search.study.records import SearchResult


class SearchProposer(Proposer):
    """Wants what the search asks for, and answers it only what it waits for."""

    def __init__(self, definition: StudyDefinition) -> None:
        self._definition = definition
        self.search: Search = definition.search()
        self._steps: Steps = self.search.steps()
        self._request: Request | None = None
        self._evaluations: dict[str, Evaluation] = {}
        self._known: dict[Evaluation, Answer] = {}
        #: All runs that were wanted so far, in the order of wanting.
        self.runs: list[PlannedRun] = []

    @property
    def ended(self) -> bool:
        """Whether the search has all that it wanted."""
        return self._request is None

    @property
    def sampled(self) -> SampledProposals | None:
        """Where the candidates come from, if a sampler asks for them."""
        proposals = self.search.proposals
        return proposals if isinstance(proposals, SampledProposals) else None

    @property
    def candidates(self) -> Candidates:
        """What the search has compared."""
        return (self.sampled or self._definition).candidates

    def start(self) -> Sequence[RunSpec]:
        self._request = next(self._steps, None)
        return self._go_on()

    def heard(self, spec: RunSpec, result: SearchResult) -> Sequence[RunSpec]:
        self._known[self._evaluations[spec.key]] = Answer(
            result.val_error, result.seconds, Ending(result.status)
        )
        return self._go_on()

    def failed(self, spec: RunSpec) -> Sequence[RunSpec]:
        self._known[self._evaluations[spec.key]] = Answer(None, status=Ending.FAILED)
        return self._go_on()

    def _go_on(self) -> Sequence[RunSpec]:
        wanted: list[RunSpec] = []
        while self._request is not None and all(e in self._known for e in self._request.wait):
            for evaluation in self._request.start:
                run = self._definition.search_run(self.search, evaluation)
                self._evaluations[run.spec.key] = evaluation
                self.runs.append(run)
                wanted.append(run.spec)
            answers = {e: self._known[e] for e in self._request.wait}
            try:
                self._request = self._steps.send(answers)
            except StopIteration:
                self._request = None
        return wanted
