"""The figures behind the choice of glyphs, efficientnet_micro and the recipes (docs/proxy_task.md).

    python benchmarks/proxy_task.py gains experiments/NAME --seeds 8
        trains the baseline of a study and twice its cost by depth, width and resolution alone,
        with paired seeds, and prints what each buys
    python benchmarks/proxy_task.py agreement experiments/SHORT experiments/LONG
        prints the spread of the candidates against the noise of a run for two studies of the same
        candidates, and Kendall's tau between their mean val errors

Both print a table in Markdown. Runs are taken from, and kept in, the studies' database.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import numpy as np
from scipy import stats

from scaling_search.baselines import scale
from scaling_search.execution import LocalExecutor, slot_count
from scaling_search.proxy import Job, RunSpec, carry_out
from scaling_search.scaling import DIMENSIONS, Coefficients
from scaling_search.study import PlannedRun, read_definition
from scaling_search.study.database import Database
from scaling_search.study.loop import AllAtOnce, Progress, complete
from scaling_search.study.read import read_study
from scaling_search.study.records import Step


def gains(folder: Path, seeds: int) -> None:
    """What doubling the cost by a single dimension buys, paired by seed."""
    definition = read_definition(folder)
    networks = {"baseline": scale(definition.baseline, Coefficients(1, 1, 1))}
    for candidate in definition.candidates.kept:
        for mark in candidate.marks:
            if mark in DIMENSIONS:
                networks[mark] = candidate.member
    runs: dict[tuple[str, int], PlannedRun] = {
        (name, seed): definition.run(Step.SEARCH, member, 1.0, seed)
        for seed in range(seeds)
        for name, member in networks.items()
    }
    database = Database(f"sqlite:///{folder.parent / 'store.db'}")

    def job(spec: RunSpec) -> Job:
        return Job(spec=spec, data=definition.settings.data)

    with LocalExecutor(carry_out, slot_count(None, definition.platform.device)) as executor:
        complete(
            AllAtOnce([run.spec for run in runs.values()]),
            database,
            executor,
            job,
            attempts=2,
            timeout=86_400,
            progress=Progress(),
        )
    stored = database.stored_runs(run.spec.key for run in runs.values())
    errors = {
        name: np.array(
            [stored[runs[name, seed].spec.key].val_error for seed in range(seeds)], float
        )
        for name in networks
    }
    print(f"recipe {definition.settings.recipe.name}, {seeds} paired seeds\n")
    print("| network | cost | val error | sd of a run | gain, points | gain / its SE | s a run |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, member in networks.items():
        error = errors[name]
        gain = errors["baseline"] - error
        se = gain.std(ddof=1) / math.sqrt(seeds)
        seconds = np.median([stored[runs[name, seed].spec.key].seconds for seed in range(seeds)])
        shown = "" if name == "baseline" else f"{100 * gain.mean():.1f} ± {100 * se:.1f}"
        ratio = "" if name == "baseline" else f"{gain.mean() / se:.1f}"
        print(
            f"| {name} | {member.cost_ratio:.2f} | {100 * error.mean():.1f} % | "
            f"{100 * error.std(ddof=1):.1f} | {shown} | {ratio} | {seconds:.0f} |"
        )


def agreement(short: Path, long: Path) -> None:
    """Signal, noise and rank agreement of two studies of the same candidates."""
    print("| study | spread of candidates | noise of a mean | signal / noise | s a run |")
    print("| --- | --- | --- | --- | --- |")
    means = []
    for folder in (short, long):
        study = read_study(folder)
        trials = study.trials.set_index("trial")
        search = study.runs[study.runs["step"] == "search"]
        timings = study.timings.set_index("run")["seconds"]
        noise = float(trials["val_error_se"].mean())
        # The observed spread holds the noise of the means too.
        spread = math.sqrt(max(0.0, float(trials["val_error"].var(ddof=1)) - noise**2))
        seconds = timings.loc[search["run"]].median()
        means.append(trials["val_error"])
        print(
            f"| {folder.name} | {100 * spread:.1f} points | {100 * noise:.1f} points | "
            f"{spread / noise:.1f} | {seconds:.0f} |"
        )
    shared = means[0].index.intersection(means[1].index)
    result = stats.kendalltau(means[0][shared], means[1][shared])
    print(
        f"\nKendall's tau of {len(shared)} shared candidates: {result.statistic:.2f} "
        f"(p = {result.pvalue:.2f})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    first = commands.add_parser("gains")
    first.add_argument("folder", type=Path)
    first.add_argument("--seeds", type=int, default=8)
    second = commands.add_parser("agreement")
    second.add_argument("short", type=Path)
    second.add_argument("long", type=Path)
    given = parser.parse_args()
    if given.command == "gains":
        gains(given.folder, given.seeds)
    else:
        agreement(given.short, given.long)


if __name__ == "__main__":
    main()
