"""Studies of series: networks that grow from a baseline in stated ways are compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from scaling_search.baselines import FamilyMember
from scaling_search.search import SweepSettings
from scaling_search.series import SeriesSettings
from scaling_search.study.definition import PlannedRun
from scaling_search.study.kinds.kind import Kind
from scaling_search.study.plan_text import print_left_out
from scaling_search.study.records import Step
from scaling_search.study.starts import sources_of, start_lines

if TYPE_CHECKING:
    from scaling_search.study.files.runs_csv import RunRow
    from scaling_search.study.plan import Plan
    from scaling_search.study.read import Study
    from scaling_search.study.running import Training


class Series(Kind):
    """observation1, observation2, single_vs_compound and their like."""

    SETTINGS: ClassVar[type[SweepSettings]] = SeriesSettings
    NAME = "study of series"
    FILES = ("points.csv", "verdict.json")

    def first_runs(self) -> tuple[PlannedRun, ...]:
        runs = self.definition.series_runs
        return (*sources_of(self.definition, runs), *runs)

    @property
    def smaller(self) -> str:
        return "leave the largest steps of the sweep out, or take a smaller baseline"

    def train(self, training: Training) -> None:
        training.train(Step.SERIES, self.definition.series_runs)

    def print_plan(self, plan: Plan, write: Callable[[str], None]) -> None:
        networks = self.definition.networks
        write(f"Series: {len(networks.points)} points, {len(networks.members)} distinct networks")
        write("  network   depth  width  px   price  cost    multiply-adds     params  series")
        for point in networks.points:
            member, cost = point.member, point.member.cost
            outside = "" if point.within else "  (outside the tolerance: compared, and said so)"
            write(
                f"  {member.id}  {member.depth_mult:<6.3f} {member.width_mult:<6.3f} "
                f"{member.resolution:<4} {networks.pixel_price[member.id]:<6.3f} "
                f"{member.cost_ratio:<6.3f} {cost.macs:>14,} "
                f"{cost.params:>10,}  {point.baseline}, {point.series}{outside}"
            )
        left_out = ((network.what, network.reason) for network in networks.left_out)
        print_left_out("left out", left_out, write)
        series = self.definition.settings.series
        for remark in series.plan_remarks(networks) if series else ():
            write(f"  {remark}")
        for line in start_lines(self.definition, plan.runs):
            write(line)
        write(f"Runs: {len(plan.runs)}; {len(plan.known)} of them are already trained")

    def timed_members(self, study: Study) -> Sequence[FamilyMember]:
        return self.definition.networks.members

    def decisive_runs(
        self, folder: Path, rows: Mapping[str, RunRow], all_runs: bool
    ) -> list[PlannedRun]:
        seeds = self.definition.settings.sweep.seeds[: None if all_runs else 1]
        known = [run for run in self.definition.series_runs if run.spec.key in rows]
        return [run for run in known if run.spec.seed in seeds]
