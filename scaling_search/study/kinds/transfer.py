"""Studies of transfer: a trained family is fine-tuned on other data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from scaling_search.search import SweepSettings
from scaling_search.series.single_vs_compound import COMPOUND
from scaling_search.study.definition import PlannedRun
from scaling_search.study.kinds.series import Series
from scaling_search.study.records import Step
from scaling_search.study.transfer import TransferSettings
from scaling_search.study.transfer_runs import TransferRuns, transfer_runs

if TYPE_CHECKING:
    from scaling_search.study.files.runs_csv import RunRow
    from scaling_search.study.plan import Plan
    from scaling_search.study.running import Training


class Transfer(Series):
    """+sweep=transfer."""

    SETTINGS: ClassVar[type[SweepSettings]] = TransferSettings
    NAME = "study of transfer"

    @cached_property
    def runs(self) -> TransferRuns:
        """All of them."""
        return transfer_runs(self.definition)

    def first_runs(self) -> tuple[PlannedRun, ...]:
        return self.runs.all

    @property
    def smaller(self) -> str:
        return "take a study whose family ends at a smaller size"

    def train(self, training: Training) -> None:
        training.train(Step.SOURCE, self.runs.source, then=self.runs.tuned)
        training.train(Step.SERIES, self.runs.alone)
        training.train(Step.TUNED, self.runs.tuned)

    def print_plan(self, plan: Plan, write: Callable[[str], None]) -> None:
        sweep, facts = self.definition.settings.sweep, self.definition.source.facts
        assert isinstance(sweep, TransferSettings)
        write(
            f"Source: the family of {sweep.study}, trained on {facts.name}, {facts.num_classes} "
            f"classes, {facts.train_images:,} train images of {facts.native_resolution} px"
        )
        parts = {
            "on the source": self.runs.source,
            "on the target from nothing": self.runs.alone,
            "fine-tuned": self.runs.tuned,
        }
        counts = ", ".join(f"{len(runs)} {name}" for name, runs in parts.items())
        write(f"Each network is trained three times with each seed: {counts}")
        super().print_plan(plan, write)

    def decisive_runs(
        self, folder: Path, rows: Mapping[str, RunRow], all_runs: bool
    ) -> list[PlannedRun]:
        """Of the first seed, the smallest and the largest size fine-tuned and from nothing."""
        known = [run for run in self.runs.all if run.spec.key in rows]
        if all_runs:
            return known
        seed = self.definition.settings.sweep.seeds[0]
        sizes = [p.member.id for p in self.definition.networks.points if p.series == COMPOUND]
        ends = {sizes[0], sizes[-1]}
        return [
            run
            for run in known
            if run.step is not Step.SOURCE and run.spec.seed == seed and run.member.id in ends
        ]
