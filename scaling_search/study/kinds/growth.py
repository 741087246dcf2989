"""Studies of growth: networks that start from trained weights, against from nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from scaling_search.baselines import FamilyMember
from scaling_search.search import SweepSettings
from scaling_search.series.growth import GrowthSettings
from scaling_search.study.definition import PlannedRun
from scaling_search.study.growth import Growth, growth_of
from scaling_search.study.kinds.kind import Kind
from scaling_search.study.records import Step

if TYPE_CHECKING:
    from scaling_search.study.files.runs_csv import RunRow
    from scaling_search.study.plan import Plan
    from scaling_search.study.read import Study
    from scaling_search.study.running import Training


class GrowthStudy(Kind):
    """+sweep=growth."""

    SETTINGS: ClassVar[type[SweepSettings]] = GrowthSettings
    NAME = "study of growth"
    FILES = ("growth.csv", "verdict.json")

    @cached_property
    def growth(self) -> Growth:
        """Its networks and their runs."""
        return growth_of(self.definition)

    def first_runs(self) -> tuple[PlannedRun, ...]:
        return (*self.growth.sources, *self.growth.runs)

    @property
    def smaller(self) -> str:
        return "take a study whose family ends at a smaller size"

    def train(self, training: Training) -> None:
        growth = self.growth
        training.train(Step.SOURCE, growth.sources, then=growth.runs)
        training.train(Step.SERIES, growth.runs)

    def print_plan(self, plan: Plan, write: Callable[[str], None]) -> None:
        growth, settings = self.growth, self.definition.settings
        epochs, seeds = settings.recipe.epochs, settings.sweep.seeds
        write(
            f"Growth: {len(growth.networks)} networks with {len(seeds)} seeds, grown in {epochs} "
            "epochs from what stands beside them, and from nothing for as much compute"
        )
        write("  network   group       from      depth  width  px   multiply-adds  epochs  compute")
        for network in growth.networks:
            member, source = network.member, network.source
            write(
                f"  {member.id}  {network.group:<10}  {source.id if source else 'nothing':<8}  "
                f"{member.depth_mult:<6.3f} {member.width_mult:<6.3f} {member.resolution:<4} "
                f"{member.cost.macs:>13,}  {network.epochs:>6}  {network.compute_ratio:<.3f}"
            )
        write("  epochs: from nothing; compute: theirs over that of growing, sources counted")
        for network in growth.networks:
            for reason in network.not_kept:
                write(f"  {network.member.id} starts with another function: {reason}")
        write(f"Runs: {len(plan.runs)}; {len(plan.known)} of them are already trained")

    def timed_members(self, study: Study) -> Sequence[FamilyMember]:
        return [network.member for network in self.growth.networks]

    def decisive_runs(
        self, folder: Path, rows: Mapping[str, RunRow], all_runs: bool
    ) -> list[PlannedRun]:
        seeds = self.definition.settings.sweep.seeds[: None if all_runs else 1]
        return [r for r in self.first_runs() if r.spec.key in rows and r.spec.seed in seeds]
