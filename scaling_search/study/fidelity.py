"""Does the answer survive at another fidelity? Which candidates are trained again, and how."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from scaling_search.baselines import scale
from scaling_search.errors import InvalidInput
from scaling_search.search import Candidate
from scaling_search.search.decide import Decision
from scaling_search.study.definition import PlannedRun, StudyDefinition
from scaling_search.study.records import Step


def rechecked(definition: StudyDefinition, decision: Decision[Candidate]) -> tuple[Candidate, ...]:
    """The best candidates, the marked ones and the worst, the best first."""
    settings, ranked = definition.settings.fidelity, decision.ranked
    best = {c.id for c in ranked[: settings.survivors]}
    worst = {c.id for c in ranked[len(ranked) - settings.losers :]}
    return tuple(c for c in ranked if c.id in best | worst or c.marks)


def fidelity_runs(
    definition: StudyDefinition, decision: Decision[Candidate]
) -> tuple[PlannedRun, ...]:
    """Every check of every candidate that is trained again, with every seed."""
    settings = definition.settings.fidelity
    return tuple(
        run
        for seed in settings.seeds or definition.settings.sweep.seeds[:2]
        for candidate in rechecked(definition, decision)
        for run in _checks(definition, candidate, seed)
        # Of a sampled search not all candidates are known when `require_fidelity` looks.
        if run.member.resolution <= definition.facts.largest_resolution
        and not definition.bounds.broken_by(run.member)
    )


def require_fidelity(definition: StudyDefinition) -> None:
    """Refuse, before anything is trained, checks that could not be made of every candidate.

    Raises InvalidInput where a check needs more pixels than the images have, or a recipe that
    there is not.
    """
    native = definition.facts.largest_resolution
    for candidate in definition.candidates.kept if definition.settings.fidelity.wanted else ():
        for run in _checks(definition, candidate, 0):
            if run.member.resolution > native:
                raise InvalidInput(
                    f"fidelity has the check {run.check!r}, in which trial {candidate.id} "
                    f"({candidate.member.resolution} px in STEP 1) would need "
                    f"{run.member.resolution} px, above the {native} px of the images: lower "
                    "fidelity.phi or fidelity.resolution, or take a smaller baseline.resolution"
                )


def _checks(definition: StudyDefinition, candidate: Candidate, seed: int) -> Iterator[PlannedRun]:
    settings, recipe = definition.settings.fidelity, definition.settings.recipe
    sizes = {name: getattr(settings, name) for name in ("phi", "epochs", "resolution")}
    parts = [f"{name} {value:g}" for name, value in sizes.items() if value is not None]
    if parts:
        baseline = definition.baseline
        if settings.resolution is not None:
            native = definition.facts.largest_resolution
            if settings.resolution > native:
                raise InvalidInput(
                    f"fidelity.resolution is {settings.resolution}, but the images have {native} "
                    "px: give at most that"
                )
            given = definition.settings.baseline
            baseline = definition.load(replace(given, resolution=settings.resolution))
        phi = 1.0 if settings.phi is None else settings.phi
        member = scale(baseline, candidate.coefficients, phi)
        longer = replace(recipe, epochs=settings.epochs or recipe.epochs)
        run = definition.run(Step.FIDELITY, member, phi, seed, recipe=longer)
        yield replace(run, candidate=candidate.id, check=", ".join(parts))
    for factor in settings.learning_rates:
        rate = recipe.learning_rate * factor
        try:
            other = replace(recipe, learning_rate=rate)
        except InvalidInput as error:
            raise InvalidInput(
                f"fidelity.learning_rates has {factor:g}, so that {error}: take another factor"
            ) from error
        run = definition.run(Step.FIDELITY, candidate.member, 1.0, seed, recipe=other)
        yield replace(run, check=f"learning rate x {factor:g}")
