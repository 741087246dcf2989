"""Does `+sweep=baseline` find a good baseline, and a better one than random search?

    python benchmarks/baseline_search.py experiments/step_0 --searches 10 --pool 200 [SETTING ...]

With `baseline=efficientnet_micro sweep.macs=249260` no search knows of the default baseline.

Runs the search with so many seeds of its sampler, and one random search of `--pool` networks of
which as many as a search has asks are drawn again and again: random search at equal cost, replayed.
Every network that a search chose is then trained with fresh seeds, and so is `--against`.
Settings, such as sweep.macs=500000 or recipe=smoke, hold for all of them. Everything is kept in the
folder; what is there is not trained again. Prints the table in Markdown.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.stats import kendalltau

from scaling_search.baselines import FamilyMember
from scaling_search.execution import LocalExecutor, slot_count
from scaling_search.proxy import Job, carry_out
from scaling_search.search.baseline import BaselineCandidate, BaselineDecision, decide_baseline
from scaling_search.search.baseline.existing import bring_to_cost
from scaling_search.search.baseline.settings import SAMPLERS
from scaling_search.search.strategy import Answer, Evaluation
from scaling_search.study import StudyDefinition, read_definition
from scaling_search.study.database import Database
from scaling_search.study.files.runs_csv import TIMINGS_CSV, read_runs
from scaling_search.study.kinds import BaselineSearch
from scaling_search.study.loop import complete
from scaling_search.study.progress import Progress
from scaling_search.study.proposer import AllAtOnce
from scaling_search.study.read import read_study
from scaling_search.study.records import Step

#: Seeds that no search uses.
FRESH = range(100, 108)
REPLAYS = 400
#: So many of the best networks are looked for on the way.
BEST = 20
#: A search has found a good baseline where its error is at most so many times the default's.
GOOD = 1.1


@dataclass(frozen=True)
class Searched:
    """A search that has ended."""

    definition: StudyDefinition
    decision: BaselineDecision
    #: Of training, in all.
    seconds: float

    @property
    def winner(self) -> BaselineCandidate:
        """What it found."""
        assert self.decision.winner is not None
        return self.decision.winner


def search(experiments: Path, name: str, settings: Sequence[str]) -> Searched:
    """Run a search as a user does, or go on with it."""
    command = [sys.executable, "-m", "scaling_search", "+sweep=baseline", *settings]
    command += [f"experiments_dir={experiments}", f"name={name}"]
    subprocess.run(command, check=True, stdout=sys.stderr)
    folder = experiments / name
    definition = read_definition(folder)
    decision = BaselineSearch(definition).decide(folder, read_runs(folder))
    return Searched(definition, decision, sum(t.seconds for t in TIMINGS_CSV.read(folder)))


def replayed(pool: Searched, asks: int, rng: np.random.Generator) -> BaselineCandidate | None:
    """The choice of a random search of so many asks among the pool's networks.

    None where a finalist was not among the pool's own, so that its other seeds are not known.
    """
    settings, decision = pool.definition.settings, pool.decision
    sweep = BaselineSearch(pool.definition).sweep
    proposed = np.array([not c.mark and not d for c, d in
                         zip(decision.candidates, decision.runs.diverged)])  # fmt: skip
    drawn = rng.choice(np.flatnonzero(proposed), asks, replace=False)
    first = decision.errors[drawn, 0]
    best = set(drawn[np.argsort(first, kind="stable")[: _finalists(sweep.finalists, asks)]])
    if not all(np.isfinite(decision.errors[i]).all() for i in best):
        return None
    answers = {
        Evaluation(decision.candidates[i].id, seed, settings.recipe.epochs): Answer(
            float(decision.errors[i, column])
        )
        for i in [*drawn, *np.flatnonzero([bool(c.mark) for c in decision.candidates])]
        for column, seed in enumerate(settings.sweep.seeds)
        if (column == 0 or i in best or decision.candidates[i].mark)
        and np.isfinite(decision.errors[i, column])
    }
    again = decide_baseline(
        decision.candidates,
        answers,
        seeds=settings.sweep.seeds,
        epochs=settings.recipe.epochs,
        objective=decision.objective,
    )
    return again.winner


def _finalists(pool_finalists: int, asks: int) -> int:
    """Of a search of so many asks; the pool has more, so that all that may be one are known."""
    return min(6, pool_finalists, asks)


def fresh_errors(
    definition: StudyDefinition, members: Iterable[FamilyMember], experiments: Path
) -> dict[str, np.ndarray]:
    """Val errors with the fresh seeds: id of the network -> (seeds,)."""
    distinct = {member.id: member for member in members}
    runs = {
        (name, seed): definition.run(Step.BASELINE, member, 0.0, seed).spec
        for name, member in distinct.items()
        for seed in FRESH
    }
    database = Database(experiments / "store.db")
    with LocalExecutor(carry_out, slot_count(None, definition.platform.device)) as executor:
        complete(
            AllAtOnce(list(runs.values())),
            database,
            executor,
            lambda spec: Job(spec=spec, data=definition.settings.data),
            attempts=2,
            timeout=86_400,
            progress=Progress(),
        )
    stored = database.stored_runs(spec.key for spec in runs.values())
    database.close()
    return {
        name: np.array([stored[runs[name, seed].key].val_error for seed in FRESH], float)
        for name in distinct
    }


def print_rungs(folders: Iterable[Path]) -> None:
    """How well a val error on the way ranks networks as that of the whole run does."""
    curves: dict[str, list[float]] = {}
    for folder in folders:
        study = read_study(folder)
        first = study.runs[study.runs["seed"] == study.definition.settings.sweep.seeds[0]]
        for run, epochs in study.curves.groupby("run"):
            trial = first.loc[first["run"] == run, "trial"]
            if len(trial):
                curves[trial.iloc[0]] = epochs["val_error"].to_list()
    whole = max(map(len, curves.values()))
    errors = np.array([curve for curve in curves.values() if len(curve) == whole])
    best = np.argsort(errors[:, -1], kind="stable")[:BEST]
    print(f"\n{len(errors)} networks, first seed\n")
    print(f"| after epoch | Kendall's tau with the end | the best {BEST} lie among the best |")
    print("| --- | --- | --- |")
    for epoch in range(whole - 1):
        tau = kendalltau(errors[:, epoch], errors[:, -1]).statistic
        place = np.argsort(np.argsort(errors[:, epoch], kind="stable"), kind="stable")
        among = (place[best].max() + 1) / len(errors)
        print(f"| {epoch + 1} of {whole} | {tau:.2f} | {among:.0%} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("experiments", type=Path)
    parser.add_argument("--searches", type=int, default=10)
    parser.add_argument("--pool", type=int, default=200)
    parser.add_argument("--against", default="searched_micro", help="a built-in baseline")
    parser.add_argument("settings", nargs="*")
    given = parser.parse_intermixed_args()
    searches = [
        search(
            given.experiments,
            f"seed{seed}",
            [*given.settings, f"sweep.sampler={{{_GP}, seed: {seed}}}"],
        )
        for seed in range(given.searches)
    ]
    asks = BaselineSearch(searches[0].definition).sweep.asks
    more = [f"sweep.asks={given.pool}", f"sweep.finalists={given.pool // 3}"]
    pool = search(given.experiments, "pool", [*given.settings, "sweep.sampler=random", *more])
    rng = np.random.default_rng(0)
    replays = [replayed(pool, asks, rng) for _ in range(REPLAYS)]
    chosen = [candidate for candidate in replays if candidate is not None]
    definition = searches[0].definition
    against = definition.load(replace(definition.settings.baseline, name=given.against))
    amount = searches[0].decision.objective.amount
    reference = replace(
        bring_to_cost(against, amount, definition.facts.native_resolution).member, phi=None
    )
    members = [s.winner.member for s in searches] + [c.member for c in chosen] + [reference]
    errors = fresh_errors(definition, members, given.experiments)
    mean = {name: float(values.mean()) for name, values in errors.items()}
    base = mean[reference.id]
    found = np.array([mean[s.winner.id] for s in searches])
    drawn = np.array([mean[c.id] for c in chosen])
    print(f"recipe {definition.settings.recipe.name}, {len(FRESH)} fresh seeds a network\n")
    print(f"| search | val error of what it found | over {given.against}'s | core-minutes |")
    print("| --- | --- | --- | --- |")
    print(f"| {given.against} | {100 * base:.1f} % | 1.00 | |")
    for seed, one in enumerate(searches):
        error = mean[one.winner.id]
        print(
            f"| seed {seed} | {100 * error:.1f} % | {error / base:.2f} | {one.seconds / 60:.1f} |"
        )
    low, high = np.quantile(drawn, [0.05, 0.95])
    print(
        f"| random, {len(drawn)} replays | {100 * drawn.mean():.1f} % ({100 * low:.1f} to "
        f"{100 * high:.1f}) | {drawn.mean() / base:.2f} | |"
    )
    good = int((found <= GOOD * base).sum())
    draws = rng.choice(found, (4000, len(found))).mean(axis=1) - drawn.mean()
    bounds = np.quantile(draws, [0.05, 0.95])
    print(f"\n{good} of {len(found)} searches found at most {GOOD} times its error.")
    print(
        f"Mean of the searches minus random search: {100 * (found.mean() - drawn.mean()):+.2f} "
        f"points (90 % interval {100 * bounds[0]:+.2f} to {100 * bounds[1]:+.2f}); random is as "
        f"good as the median search in {np.mean(drawn <= np.median(found)):.0%} of replays."
    )
    names = [*(f"seed{seed}" for seed in range(given.searches)), "pool"]
    print_rungs(given.experiments / name for name in names)


_GP = ", ".join(f"{name}: {value}" for name, value in SAMPLERS["gp"].items() if name != "seed")


if __name__ == "__main__":
    main()
