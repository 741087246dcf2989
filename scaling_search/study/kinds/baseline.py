"""Studies of STEP 0: which network is worth scaling at a cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from scaling_search.baselines import MACS, Baseline, FamilyMember
from scaling_search.search import SweepSettings
from scaling_search.search.baseline import (
    BaselineCandidate,
    BaselineDecision,
    BaselineProposals,
    BaselineSearchSettings,
    decide_baseline,
)
from scaling_search.search.baseline.proposals import Task
from scaling_search.search.strategy import Evaluation, Search
from scaling_search.study.decision import answers_of, require_own, rung_of
from scaling_search.study.definition import PlannedRun
from scaling_search.study.files.proposals_csv import read_proposals, write_proposals
from scaling_search.study.files.runs_csv import RunRow, read_runs
from scaling_search.study.kinds.kind import Kind
from scaling_search.study.records import Step
from scaling_search.study.searching import Asks, SearchProposer

if TYPE_CHECKING:
    from scaling_search.study.plan import Plan
    from scaling_search.study.read import Study
    from scaling_search.study.running import Training


class BaselineSearch(Kind):
    """+sweep=baseline."""

    SETTINGS: ClassVar[type[SweepSettings]] = BaselineSearchSettings
    NAME = "search of a baseline"
    FILES = ("trials.csv", "baseline.json")

    @property
    def sweep(self) -> BaselineSearchSettings:
        """What is searched, and how."""
        sweep = self.definition.settings.sweep
        assert isinstance(sweep, BaselineSearchSettings)
        return sweep

    @property
    def existing(self) -> list[BaselineCandidate]:
        """The present baseline and those that are compared with it, at the cost asked for."""
        facts = self.definition.facts
        return self.sweep.existing(
            self.definition.baseline,
            self._others,
            facts.largest_resolution,
            self.definition.bounds,
        )

    @property
    def _others(self) -> list[Baseline]:
        given = self.definition.settings.baseline
        names = [name for name in self.sweep.compare if name != given.target]
        return [self.definition.load(replace(given.other(name), resolution=None)) for name in names]

    def search(self) -> Search[BaselineCandidate]:
        """STEP 0 from its beginning. Raises InvalidInput."""
        facts, settings = self.definition.facts, self.definition.settings
        task = Task(
            num_classes=facts.num_classes,
            in_channels=facts.in_channels,
            native_resolution=facts.largest_resolution,
            epochs=settings.recipe.epochs,
            train_images=facts.epoch_images,
            metric=self.definition.metric,
            quantity=self.definition.quantity,
            bounds=self.definition.bounds,
        )
        self.sweep.require_quantity(settings.constraint.on)
        return self.sweep.search(task, self.definition.baseline, self._others, settings.budget)

    def _run(self, candidate: BaselineCandidate, evaluation: Evaluation) -> PlannedRun:
        epochs = self.definition.settings.recipe.epochs
        rung = evaluation.epochs if evaluation.epochs < epochs else None
        return self.definition.run(Step.BASELINE, candidate.member, 0.0, evaluation.seed, rung)

    def first_runs(self) -> tuple[PlannedRun, ...]:
        search = self.search()
        found: list[PlannedRun] = []
        steps = search.steps()
        request = next(steps)
        while not request.wait:
            found += [self._run(search.points[e.trial], e) for e in request.start]
            request = steps.send({})
        return tuple(found)

    def most_runs(self) -> int:
        sweep, budget = self.sweep, self.definition.settings.budget
        compared = 1 + len(self._others)
        finals = (min(sweep.finalists, sweep.asks) + 1) * (len(sweep.seeds) - 1)
        return min(sweep.asks + compared + finals, int(budget.runs or 10**9))

    @property
    def smaller(self) -> str:
        setting = "macs" if self.definition.quantity == MACS else "budget"
        return f"give a smaller sweep.{setting}, the cost of every network"

    def train(self, training: Training) -> None:
        search = self.search()
        proposals = search.proposals
        assert isinstance(proposals, BaselineProposals)
        searching = SearchProposer(
            search,
            run_of=lambda evaluation: self._run(search.points[evaluation.trial], evaluation),
            members=lambda: [candidate.member for candidate in proposals.candidates],
            asks=lambda: Asks(
                proposals.study, lambda folder: write_proposals(folder, proposals.asked)
            ),
        )
        training.search(Step.BASELINE, searching, len(self.first_runs()))

    def candidates(self, folder: Path) -> list[BaselineCandidate]:
        """The networks of the study in a folder. Raises InvalidInput."""
        facts = self.definition.facts
        return read_proposals(
            folder,
            self.existing,
            facts.num_classes,
            facts.in_channels,
            self.definition.quantity,
        )

    def decide(self, folder: Path, rows: Iterable[RunRow]) -> BaselineDecision:
        """STEP 0's decision from the rows of runs.csv; it gets no test errors.

        Raises InvalidInput where they are not runs of this study.
        """
        settings, candidates = self.definition.settings, self.candidates(folder)
        known = {candidate.id: candidate for candidate in candidates}
        searched = [row for row in rows if row.step is Step.BASELINE]
        for row in searched:
            if (candidate := known.get(row.trial)) is not None:
                evaluation = Evaluation(
                    row.trial, row.seed, rung_of(self.definition, row) or settings.recipe.epochs
                )
                require_own(row, self._run(candidate, evaluation))
        return decide_baseline(
            candidates,
            answers_of(self.definition, searched),
            seeds=settings.sweep.seeds,
            epochs=settings.recipe.epochs,
            objective=self.sweep.goal(self.definition.baseline, self.definition.metric),
            seeded=settings.trainer.seeded,
        )

    def print_plan(self, plan: Plan, write: Callable[[str], None]) -> None:
        sweep, goal = self.sweep, self.sweep.goal(self.definition.baseline)
        quantity = self.definition.quantity
        cost = f"{quantity.told(goal.amount)} within {100 * sweep.tolerance:g} %"
        if sweep.is_frontier:
            cost = f"{quantity.text(goal.amount / sweep.span)} to {cost}"
        write(f"STEP 0: {sweep.asks} networks at {cost}, the best {sweep.finalists} with all seeds")
        write("  compared with     px  multiply-adds     params")
        for candidate in self.existing:
            cost_of = candidate.member.cost
            write(
                f"  {candidate.mark:<16} {candidate.member.resolution:>3} {cost_of.macs:>14,} "
                f"{cost_of.params:>10,}"
            )
        shown = {candidate.mark for candidate in self.existing}
        for other in self._others:
            if other.name not in shown:
                write(f"  left out {other.name}: at that cost it exceeds constraint.at_most")
        known = len(plan.known)
        write(
            f"Runs: {len(plan.runs)} to start with, at most {plan.most_runs} in all; {known} of "
            "the first ones are already trained"
        )

    def timed_members(self, study: Study) -> Sequence[FamilyMember]:
        decision = self.decide(study.folder, read_runs(study.folder))
        return [candidate.member for candidate in (*decision.frontier, *self.existing)]

    def decisive_runs(
        self, folder: Path, rows: Mapping[str, RunRow], all_runs: bool
    ) -> list[PlannedRun]:
        """Of the winner and the next best."""
        decision = self.decide(folder, rows.values())
        wanted = {c.id: c for c in (decision.candidates if all_runs else decision.ranked[:2])}
        epochs = self.definition.settings.recipe.epochs
        return [
            self._run(
                wanted[row.trial],
                Evaluation(row.trial, row.seed, rung_of(self.definition, row) or epochs),
            )
            for row in rows.values()
            if row.step is Step.BASELINE and row.trial in wanted
        ]
