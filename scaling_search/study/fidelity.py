"""Does the answer survive at another fidelity? Which candidates are trained again, and how."""

from __future__ import annotations

from dataclasses import replace

from scaling_search.baselines import scale
from scaling_search.search import Candidate
from scaling_search.search.decide import Decision
from scaling_search.study.definition import PlannedRun, StudyDefinition

#: The step of a run is this and the name of its fidelity.
STEP = "fidelity: "


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
    seeds = settings.seeds or definition.settings.sweep.seeds[:2]
    return tuple(
        run
        for seed in seeds
        for candidate in rechecked(definition, decision)
        for run in _checks(definition, candidate, seed)
        if run.member.resolution <= definition.facts.native_resolution
    )


def _checks(definition: StudyDefinition, candidate: Candidate, seed: int) -> list[PlannedRun]:
    settings, recipe = definition.settings.fidelity, definition.settings.recipe
    checks = []
    parts = [
        f"{name} {value:g}"
        for name, value in (
            ("phi", settings.phi),
            ("epochs", settings.epochs),
            ("resolution", settings.resolution),
        )
        if value is not None
    ]
    if parts:
        baseline = definition.baseline
        if settings.resolution is not None:
            larger = replace(definition.settings.baseline, resolution=settings.resolution)
            facts = definition.facts
            baseline = larger.load(facts.num_classes, facts.in_channels)
        phi = 1.0 if settings.phi is None else settings.phi
        member = scale(baseline, candidate.coefficients, phi)
        longer = replace(recipe, epochs=settings.epochs or recipe.epochs)
        run = definition.run(STEP + ", ".join(parts), member, phi, seed, recipe=longer)
        checks.append(replace(run, candidate=candidate.id))
    for factor in settings.learning_rates:
        other = replace(recipe, learning_rate=recipe.learning_rate * factor)
        step = f"{STEP}learning rate x {factor:g}"
        checks.append(definition.run(step, candidate.member, 1.0, seed, recipe=other))
    return checks
