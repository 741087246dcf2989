"""Which value at a rung ranks candidates as whole runs do? (docs/search.md)

    python benchmarks/rung_rule.py experiments/NAME --rung 2 --resolution 16 --seeds 3

Trains the candidates of a study with each alternative and prints, for each, Kendall's tau between
the value at the rung and the mean val error of whole runs with the other seeds, averaged over
seeds; and between the means of all seeds. Alternatives:

    averaged, cosine    weights averaged over the last 5 % of the run's length; the recipe as it is
    raw, cosine         the weights as they are
    averaged, flat      constant rate up to the last 0.3 of the run
    annealed, flat      a run as long as the rung with the flat schedule, so that its rate goes down
                        before the value is taken: what a short anneal at the rung would give

Runs are taken from, and kept in, the database of the studies' directory.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy import stats

from scaling_search.execution import LocalExecutor, slot_count
from scaling_search.proxy import Job, Recipe, carry_out
from scaling_search.study import PlannedRun, StudyDefinition, read_definition
from scaling_search.study.database import Database
from scaling_search.study.loop import complete
from scaling_search.study.progress import Progress
from scaling_search.study.proposer import AllAtOnce
from scaling_search.study.records import Step


def alternatives(recipe: Recipe, rung: int) -> dict[str, tuple[Recipe, Recipe]]:
    """Name -> (recipe of the value at the rung, recipe of the whole runs that it should rank)."""
    flat = replace(recipe, schedule="flat")
    warmup = min(0.9, recipe.warmup * recipe.epochs / rung)
    return {
        f"averaged, {recipe.schedule}": (recipe, recipe),
        f"raw, {recipe.schedule}": (replace(recipe, ema_horizon=0.0), recipe),
        "averaged, flat": (flat, flat),
        "annealed, flat": (replace(flat, epochs=rung, warmup=warmup), flat),
    }


def taus(at_rung: np.ndarray, whole: np.ndarray) -> tuple[float, float]:
    """Of one seed against the mean of the others, averaged; of the means. (candidates, seeds)."""
    one = [
        stats.kendalltau(at_rung[:, s], np.delete(whole, s, axis=1).mean(axis=1)).statistic
        for s in range(whole.shape[1])
    ]
    return float(np.mean(one)), float(
        stats.kendalltau(at_rung.mean(axis=1), whole.mean(axis=1)).statistic
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", type=Path)
    parser.add_argument("--rung", type=int, required=True)
    parser.add_argument("--resolution", type=int)
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    definition = read_definition(given.study)
    settings = definition.settings
    if given.resolution:
        baseline = replace(settings.baseline, resolution=given.resolution)
        settings = replace(settings, baseline=baseline)
        definition = StudyDefinition(settings, definition.facts, definition.platform)
    recipes = alternatives(settings.recipe, given.rung)

    def runs(recipe: Recipe) -> list[list[PlannedRun]]:
        return [
            [
                definition.run(Step.SEARCH, c.member, 1.0, seed, recipe=recipe)
                for seed in range(given.seeds)
            ]
            for c in definition.candidates.kept
        ]

    wanted = {recipe: runs(recipe) for pair in recipes.values() for recipe in pair}
    specs = [run.spec for rows in wanted.values() for row in rows for run in row]
    database = Database(given.study.parent / "store.db")
    with LocalExecutor(carry_out, slot_count(None, definition.platform.device)) as executor:
        complete(
            AllAtOnce(specs),
            database,
            executor,
            lambda spec: Job(spec=spec, data=settings.data),
            attempts=2,
            timeout=86_400,
            progress=Progress(),
        )
    stored = database.stored_runs(spec.key for spec in specs)

    def errors(recipe: Recipe, epoch: int) -> np.ndarray:
        return np.array(
            [[stored[run.spec.key].curve[epoch - 1][2] for run in row] for row in wanted[recipe]]
        )

    networks = len(definition.candidates.kept)
    print(
        f"{networks} networks, {given.seeds} seeds, epoch {given.rung} of {settings.recipe.epochs}"
    )
    print("\n| value at the rung | val error | tau, one seed | tau, means |")
    print("| --- | --- | --- | --- |")
    for name, (at_rung, whole) in recipes.items():
        value = errors(at_rung, given.rung)
        one, means = taus(value, errors(whole, whole.epochs))
        print(f"| {name} | {100 * value.mean():.1f} % | {one:.2f} | {means:.2f} |")


if __name__ == "__main__":
    main()
