"""The runs of a study of transfer: of the source, from nothing, and fine-tuned."""

from __future__ import annotations

from dataclasses import dataclass, replace

from scaling_search.baselines import FamilyMember
from scaling_search.series import Point
from scaling_search.study.definition import PlannedRun, StudyDefinition
from scaling_search.study.records import Step
from scaling_search.study.transfer import Size


@dataclass(frozen=True)
class TransferRuns:
    """Every network with every seed, seed by seed; the three are in the same order."""

    #: On the source's data with its recipe.
    source: tuple[PlannedRun, ...]
    #: On the target from nothing.
    alone: tuple[PlannedRun, ...]
    #: On the target from the weights of the source's run of the same seed.
    tuned: tuple[PlannedRun, ...]

    @property
    def all(self) -> tuple[PlannedRun, ...]:
        """In the order in which they are trained."""
        return (*self.source, *self.alone, *self.tuned)


def transfer_runs(definition: StudyDefinition) -> TransferRuns:
    """The runs of the study."""
    source, tuned = [], []
    phi = {point.member.id: point.phi for point in reversed(definition.networks.points)}
    identity, recipe = definition.source.facts.identity, definition.source.recipe
    data = definition.trainer.data_of(identity)
    trainer = replace(definition.trainer, data=data, task=identity)
    for run in definition.series_runs:
        of, seed = phi[run.member.id], run.spec.seed
        member = source_member(definition, run.member)
        before = trainer.spec(member, of, seed, recipe)
        source.append(PlannedRun(Step.SOURCE, member, before))
        tuned.append(definition.run(Step.TUNED, run.member, of, seed, start=before))
    return TransferRuns(tuple(source), definition.series_runs, tuple(tuned))


def source_member(definition: StudyDefinition, member: FamilyMember) -> FamilyMember:
    """The same network for the source's classes."""
    baseline = definition.load(definition.settings.baseline, definition.source.facts)
    size = Size(member.depth_mult, member.width_mult, member.resolution, 0.0)
    return replace(size.member(baseline), phi=member.phi)


def source_points(definition: StudyDefinition) -> tuple[Point, ...]:
    """The points of the study with the networks that are trained on the source's data."""
    points = definition.networks.points
    return tuple(replace(p, member=source_member(definition, p.member)) for p in points)
