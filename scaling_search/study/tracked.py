"""What a tracker is told of a study's runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from scaling_search.metric import ERROR, Metric
from scaling_search.proxy.result import Epoch
from scaling_search.study.definition import PlannedRun, StudyDefinition
from scaling_search.study.records import Step, StoredRun
from scaling_search.tracking import UNTRACKED, HandingOn, TrackedRun
from scaling_search.tracking.tracker import Parameter
from scaling_search.trainers import Spec


@dataclass
class Tracked:
    """The runs of a step, of which a tracker hears; `planned` may grow while the step goes on."""

    tracking: HandingOn = UNTRACKED
    definition: StudyDefinition | None = None
    planned: Sequence[PlannedRun] = ()
    study: str = ""
    _known: dict[str, TrackedRun] = field(default_factory=dict)

    def heard(self, spec: Spec, epoch: Epoch) -> None:
        """A run has ended an epoch."""
        if self.tracking.wanted:
            values = _values(self._metric, epoch.train_loss, epoch.val_error)
            self.tracking.point(self._run(spec.key), epoch.epoch, values)

    def failed(self, spec: Spec) -> None:
        """A run was given up."""
        if self.tracking.wanted:
            self.tracking.fail(self._run(spec.key))

    def ended(self, runs: Iterable[StoredRun]) -> None:
        """These runs have results, be they new or not."""
        if not self.tracking.wanted:
            return
        for run in runs:
            curve = [(n, _values(self._metric, loss, error)) for n, loss, error in run.curve]
            results = _results(self._metric, run)
            self.tracking.end(self._run(run.key), str(run.status), curve, results)

    @property
    def _metric(self) -> Metric:
        return ERROR if self.definition is None else self.definition.metric

    def _run(self, key: str) -> TrackedRun:
        if key not in self._known:
            # A run of two steps is that of the first.
            for run in reversed(self.planned):
                self._known[run.spec.key] = self._described(run)
        return self._known[key]

    def _described(self, run: PlannedRun) -> TrackedRun:
        assert self.definition is not None
        spec, member = run.spec, run.member
        parts = (run.step, run.check, run.trial, f"seed{spec.seed}", f"{spec.epochs}epochs")
        name = "-".join(re.sub(r"[^\w.]+", "_", str(part)) for part in parts if part)
        parameters: dict[str, Parameter] = {"study": self.study, "step": str(run.step)}
        if run.check:
            parameters["check"] = run.check
        if run.step is Step.SEARCH:
            # Of other runs they follow from the winner's and phi, or there are none.
            names = ("alpha", "beta", "gamma")
            multipliers = (member.depth_mult, member.width_mult, member.resolution_mult)
            parameters |= dict(zip(names, multipliers))
        parameters |= {
            "trial": run.trial,
            "baseline": member.baseline.name,
            "depth_mult": member.depth_mult,
            "width_mult": member.width_mult,
            "resolution_mult": member.resolution_mult,
            "resolution": member.resolution,
            **vars(member.cost),
            "seed": spec.seed,
            "epochs": spec.epochs,
            "recipe": self.definition.settings.recipe.name,
        }
        if member.phi is not None:
            parameters["phi"] = member.phi
        return TrackedRun(key=spec.key, name=name, parameters=parameters)


def _values(metric: Metric, loss: float | None, error: float) -> dict[str, float]:
    """An epoch by the names of curves.csv, and the metric itself where that is another number."""
    values = {"val_error": error}
    if metric != ERROR:
        values[f"val_{metric.name}"] = metric.value(error)
    if loss is not None:
        values["train_loss"] = loss
    return values


def _results(metric: Metric, run: StoredRun) -> Mapping[str, float]:
    """What the curve does not say, by the names of runs.csv and timings.csv."""
    found: dict[str, float] = {**run.also, "seconds": run.seconds}
    said = run.curve[-1][2] if run.curve else None
    if run.val_error is not None and run.val_error != said:
        found |= _values(metric, None, run.val_error)
    if run.test_error is not None:
        found["test_error"] = run.test_error
        if metric != ERROR:
            found[f"test_{metric.name}"] = metric.value(run.test_error)
    return found
