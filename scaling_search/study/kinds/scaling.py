"""Studies of scaling: STEP 1 searches the coefficients, STEP 2 trains the winner's family."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from scaling_search.baselines import MACS, FamilyMember
from scaling_search.search import NOMINAL, Asked, SearchSweep, SweepSettings
from scaling_search.search.sampler import SampledProposals
from scaling_search.study.asks import read_candidates, write_asks
from scaling_search.study.decision import decide_by_rows, rung_of
from scaling_search.study.definition import PlannedRun
from scaling_search.study.fidelity import fidelity_runs, require_fidelity
from scaling_search.study.kinds.kind import Kind
from scaling_search.study.plan_text import LINES, print_left_out
from scaling_search.study.records import Step
from scaling_search.study.searching import Asks, SearchProposer
from scaling_search.study.starts import sources_of, start_lines

if TYPE_CHECKING:
    from scaling_search.study.files.runs_csv import RunRow
    from scaling_search.study.plan import Plan
    from scaling_search.study.read import Study
    from scaling_search.study.running import Training


class ScalingSearch(Kind):
    """grid, race and optuna."""

    SETTINGS: ClassVar[type[SweepSettings]] = SearchSweep
    NAME = "search"
    FILES = ("trials.csv", "family.csv", "winner.json")

    def first_runs(self) -> tuple[PlannedRun, ...]:
        runs = self.definition.search_runs
        return (*sources_of(self.definition, runs), *runs)

    def most_runs(self) -> int:
        return self.definition.search().budget.runs or 0

    @property
    def smaller(self) -> str:
        return "give a smaller constraint.cost_ratio, or a smaller baseline"

    def later_flops(self) -> float:
        """STEP 2's training, whoever wins: the sizes are spaced evenly below the largest."""
        definition = self.definition
        family, settings = definition.settings.family, definition.settings
        largest = settings.constraint.cost_ratio**family.train_up_to
        steps = max(1, family.sizes - 1)
        ratios: float = sum(
            largest / family.span ** (index / steps) for index in range(family.sizes)
        )
        macs = definition.base.cost.macs
        examples = settings.recipe.epochs * definition.facts.epoch_images
        return 6 * macs * ratios * examples * len(definition.family_seeds)

    def require(self) -> None:
        require_fidelity(self.definition)

    def train(self, training: Training) -> None:
        """STEP 1, the decision, STEP 2 and the check of fidelity."""
        definition = self.definition
        search = definition.search()
        sampled = search.proposals if isinstance(search.proposals, SampledProposals) else None
        searching = SearchProposer(
            search,
            run_of=lambda evaluation: definition.search_run(search, evaluation),
            members=lambda: [c.member for c in (sampled or definition).candidates.kept],
            asks=partial(_asks, sampled) if sampled else None,
        )
        if sources := sources_of(definition, definition.search_runs):
            training.train(Step.SOURCE, sources, then=definition.search_runs)
        training.search(Step.SEARCH, searching, len(definition.search_runs))
        decision = definition.decide((sampled or definition).candidates, search.answers)
        if decision.winner is not None:
            training.reported = definition.family(decision.winner.coefficients)
            training.train(Step.FAMILY, definition.family_runs(decision.winner.coefficients))
            if definition.settings.fidelity.wanted:
                training.train(Step.FIDELITY, fidelity_runs(definition, decision))

    def print_plan(self, plan: Plan, write: Callable[[str], None]) -> None:
        definition = self.definition
        settings, candidates = definition.settings, definition.candidates
        constraint = settings.constraint
        base, quantity = definition.base, definition.quantity
        told = f"{base.cost.macs:,} multiply-adds"
        if quantity != MACS:
            told += f", {quantity.told(base.amount)}"
        write(f"Baseline: {base.baseline.name} at {base.resolution} px, {told}")
        ratio, tolerance = constraint.cost_ratio, constraint.tolerance
        within = f"within {100 * tolerance:g} % of {ratio:g} times the baseline's {quantity.what}"
        if constraint.on == NOMINAL:
            within = f"|alpha*beta^2*gamma^2 - {ratio:g}| <= {tolerance:g}"
        if elsewhere := definition.measured.elsewhere:
            write(f"Latencies are told by a model, and no candidate is measured here: {elsewhere}")
        asks = settings.search.asks_text(candidates)
        write(f"STEP 1: {asks} {len(candidates.kept)} distinct networks, {within}")
        write("  trial     alpha  beta   gamma  cost   px  multiply-adds     params  asked by")
        # The marked points are always shown.
        marked = {c.id for c in candidates.kept if c.marks}
        others = [c.id for c in candidates.kept if not c.marks][: LINES - len(marked)]
        shown = [c for c in candidates.kept if c.id in marked.union(others)]
        for candidate in shown:
            c, cost = candidate.coefficients, candidate.member.cost
            who = ", ".join(candidate.marks) or "grid"
            outside = "" if candidate.within else "  (outside the tolerance: compared, cannot win)"
            write(
                f"  {candidate.id}  {c.alpha:<6.3f} {c.beta:<6.3f} {c.gamma:<6.3f} "
                f"{candidate.member.cost_ratio:<5.3f} {candidate.member.resolution:>4} "
                f"{cost.macs:>14,} {cost.params:>10,}  {who}{outside}"
            )
        if len(shown) < len(candidates.kept):
            write(f"  and {len(candidates.kept) - len(shown)} more")
        print_left_out("dropped", ((_named(d.asked), d.reason) for d in candidates.dropped), write)
        family = settings.family
        write(
            f"STEP 2: up to {family.sizes} sizes up to phi = {family.train_up_to:g}, by "
            f"{family.follows}, {len(definition.family_seeds)} seeds each"
        )
        starts = [run for run in plan.runs if run.step is Step.SOURCE]
        for line in start_lines(definition, plan.runs):
            write(line)
        first = len(plan.runs) - len(starts)
        runs = f"Runs: {first} in STEP 1"
        if "budget" in settings.sweep.READS:
            runs = f"Runs: {first} to start STEP 1 with, at most {plan.most_runs} in all"
        write(f"{runs}; {len(plan.known)} of the first ones are already trained")

    def timed_members(self, study: Study) -> Sequence[FamilyMember]:
        return self.definition.trained_sizes(study.winning_coefficients)

    def decisive_runs(
        self, folder: Path, rows: Mapping[str, RunRow], all_runs: bool
    ) -> list[PlannedRun]:
        """Of the winner and its nearest rival."""
        definition = self.definition
        candidates = read_candidates(folder, definition)
        ranked = decide_by_rows(definition, candidates, rows.values()).ranked
        wanted = {c.id: c for c in (candidates.kept if all_runs else ranked[:2])}
        return [
            definition.run(
                Step.SEARCH, wanted[run.trial].member, 1.0, run.seed, rung_of(definition, run)
            )
            for run in rows.values()
            if run.step is Step.SEARCH and run.trial in wanted
        ]


def _asks(proposals: SampledProposals) -> Asks:
    return Asks(proposals.study, partial(write_asks, proposals=proposals))


def _named(asked: Asked) -> str:
    c, mark = asked.coefficients, f" ({asked.mark})" if asked.mark else ""
    return f"({c.alpha:.3g}, {c.beta:.3g}, {c.gamma:.3g}){mark}"
