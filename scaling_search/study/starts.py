"""`recipe.start`: the runs from whose weights those of a study start."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from scaling_search.baselines import FamilyMember, OwnNetwork, base_member
from scaling_search.errors import InvalidInput
from scaling_search.proxy import Recipe, RunSpec
from scaling_search.proxy.recipe import BASELINE, BEFORE
from scaling_search.study.planned_run import PlannedRun
from scaling_search.study.records import Step

if TYPE_CHECKING:
    from scaling_search.study.definition import StudyDefinition


def source_of(
    definition: StudyDefinition, member: FamilyMember, seed: int, recipe: Recipe
) -> PlannedRun | None:
    """The baseline's run from which one of the member starts; None where it starts from nothing.

    It has the same seed and recipe. Raises InvalidInput where the member cannot take its weights.
    """
    if recipe.start != BASELINE:
        return None
    base = base_member(member.baseline)
    if member.id == base.id:
        return None
    require_growable(member, base)
    return definition.run(Step.SOURCE, base, 0.0, seed, recipe=recipe)


def sources_of(definition: StudyDefinition, runs: Iterable[PlannedRun]) -> tuple[PlannedRun, ...]:
    """The distinct runs of the baseline from which these start, by recipe.start."""
    found = (
        source_of(definition, run.member, run.spec.seed, run.spec.recipe)
        for run in runs
        if isinstance(run.spec, RunSpec)
    )
    return tuple({run.spec.key: run for run in found if run is not None}.values())


def family_runs(
    definition: StudyDefinition, sizes: Sequence[FamilyMember]
) -> tuple[PlannedRun, ...]:
    """STEP 2: every size with every seed, where recipe.start says so from the size before."""
    chained = definition.settings.recipe.start == BEFORE
    found: list[PlannedRun] = []
    before: dict[int, PlannedRun] = {}
    for member in sizes:
        for seed in definition.family_seeds:
            start = None
            if chained and seed in before:
                require_growable(member, before[seed].member)
                start = before[seed].spec
            run = definition.run(Step.FAMILY, member, member.phi or 0.0, seed, start=start)
            before[seed] = run
            found.append(run)
    return tuple(found)


def require_growable(member: FamilyMember, source: FamilyMember) -> None:
    """Raise InvalidInput where `member` is a network whose sizes only its code knows."""
    ours, theirs = member.network, source.network
    if not (isinstance(ours, OwnNetwork) and isinstance(theirs, OwnNetwork)):
        return
    if (ours.depth_mult, ours.width_mult) != (theirs.depth_mult, theirs.width_mult):
        raise InvalidInput(
            f"recipe.start is given, but the networks of {member.baseline.name} have sizes that "
            "only their code knows, so that none can grow into another: leave it out, or take a "
            "baseline with a stage table"
        )
