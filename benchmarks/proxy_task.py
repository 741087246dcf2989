"""The figures behind the choice of glyphs, efficientnet_micro and the recipes (docs/proxy_task.md).

    python benchmarks/proxy_task.py gains experiments/NAME --seeds 8
        trains the baseline of a study and twice its cost by depth, width and resolution alone,
        with paired seeds, and prints what each buys
    python benchmarks/proxy_task.py regret experiments/NAME experiments/LONG --seeds 8
        trains the possible winners of both studies by the recipe of the longer one, with seeds that
        neither has, and prints by how much the first one's winner errs more than each other
    python benchmarks/proxy_task.py agreement experiments/SHORT experiments/LONG ...
        prints the spread of the candidates against the noise of their means for studies of the same
        candidates, and Kendall's tau between their mean val errors, pair by pair

All print tables in Markdown. Runs are taken from, and kept in, the studies' database.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Collection
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from scaling_search.baselines import scale
from scaling_search.execution import LocalExecutor, slot_count
from scaling_search.findings.additive import fit_additive
from scaling_search.findings.agreement import rank_agreement
from scaling_search.findings.paired import compare_with_one
from scaling_search.proxy import Job, RunSpec, carry_out
from scaling_search.scaling import DIMENSIONS, Coefficients
from scaling_search.study import PlannedRun, read_definition
from scaling_search.study.database import Database
from scaling_search.study.loop import complete
from scaling_search.study.progress import Progress
from scaling_search.study.proposer import AllAtOnce
from scaling_search.study.read import read_study
from scaling_search.study.records import Step, StoredRun

#: The first of the seeds that no study has.
FRESH = 100


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
    stored = trained(folder, runs.values())
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


def trained(folder: Path, runs: Collection[PlannedRun]) -> dict[str, StoredRun]:
    """These runs of a study, by their keys; what is missing is trained first."""
    definition = read_definition(folder)
    database = Database(f"sqlite:///{folder.parent / 'store.db'}")

    def job(spec: RunSpec) -> Job:
        return Job(spec=spec, data=definition.settings.data)

    with LocalExecutor(carry_out, slot_count(None, definition.platform.device)) as executor:
        complete(
            AllAtOnce([run.spec for run in runs]),
            database,
            executor,
            job,
            attempts=2,
            timeout=86_400,
            progress=Progress(),
        )
    return database.stored_runs(run.spec.key for run in runs)


def regret(folder: Path, longer: Path, seeds: int) -> None:
    """By how much the winner of a study errs more than its rivals, by a longer recipe."""
    definition, members = read_definition(longer), {}
    for study in (read_study(folder), read_study(longer)):
        rivals = study.trials[study.trials["possible_winner"]]["trial"]
        kept = {candidate.id: candidate.member for candidate in definition.candidates.kept}
        members |= {trial: kept[trial] for trial in rivals}
    winner = read_study(folder).winner["trial"]
    fresh = range(FRESH, FRESH + seeds)
    runs = {
        (trial, seed): definition.run(Step.SEARCH, member, 1.0, seed)
        for seed in fresh
        for trial, member in members.items()
    }
    stored = trained(longer, runs.values())
    names = list(members)
    errors = np.array(
        [[stored[runs[name, seed].spec.key].test_error for seed in fresh] for name in names], float
    )
    found = compare_with_one(errors, names.index(winner))
    print(f"recipe {definition.settings.recipe.name}, test error, {seeds} fresh paired seeds\n")
    print("| network | depth, width, px | test error | less than the winner's, points |")
    print("| --- | --- | --- | --- |")
    for i, (name, member) in enumerate(members.items()):
        less = 100 * np.array([-found.difference[i], -found.high[i], -found.low[i]])
        shown = (
            f"{less[0]:.2f} ({less[1]:.2f} to {less[2]:.2f})" if name != winner else "the winner"
        )
        print(
            f"| {name} | ×{member.depth_mult:.2f}, ×{member.width_mult:.2f}, {member.resolution} | "
            f"{100 * errors[i].mean():.2f} % | {shown} |"
        )


def agreement(folders: list[Path]) -> None:
    """Signal and noise of studies of the same candidates, and rank agreement pair by pair."""
    print("| study | epochs | spread of candidates | noise of a mean | signal / noise | s a run |")
    print("| --- | --- | --- | --- | --- | --- |")
    errors: list[pd.DataFrame] = []
    for folder in folders:
        study = read_study(folder)
        search = study.runs[(study.runs["step"] == "search") & study.runs["val_error"].notna()]
        table = search.pivot(index="trial", columns="seed", values="val_error")
        fit = fit_additive(table.to_numpy())
        noise = math.sqrt(float((fit.se**2).mean()))
        # The observed spread holds the noise of the means too.
        spread = math.sqrt(max(0.0, float(fit.effect.var(ddof=1)) - noise**2))
        seconds = study.timings.set_index("run")["seconds"].loc[search["run"]].median()
        errors.append(table)
        print(
            f"| {folder.name} | {search['epochs'].max()} | {100 * spread:.2f} points | "
            f"{100 * noise:.2f} points | {spread / noise:.1f} | {seconds:.0f} |"
        )
    print(
        "\n| studies | candidates | Kendall's tau, 90 % interval | tau if only noise parted them |"
    )
    print("| --- | --- | --- | --- |")
    for (short, first), (long, second) in combinations(zip(folders, errors), 2):
        shared = first.index.intersection(second.index)
        found = rank_agreement(first.loc[shared].to_numpy(), second.loc[shared].to_numpy())
        tau, ceiling = found.tau, found.ceiling
        print(
            f"| {short.name}, {long.name} | {found.candidates} | {tau.value:.2f} "
            f"({tau.low:.2f} to {tau.high:.2f}) | {ceiling.value:.2f} ({ceiling.low:.2f} to "
            f"{ceiling.high:.2f}) |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    first = commands.add_parser("gains")
    first.add_argument("folder", type=Path)
    first.add_argument("--seeds", type=int, default=8)
    third = commands.add_parser("regret")
    third.add_argument("folder", type=Path)
    third.add_argument("longer", type=Path)
    third.add_argument("--seeds", type=int, default=8)
    second = commands.add_parser("agreement")
    second.add_argument("folders", type=Path, nargs="+")
    given = parser.parse_args()
    if given.command == "gains":
        gains(given.folder, given.seeds)
    elif given.command == "regret":
        regret(given.folder, given.longer, given.seeds)
    else:
        agreement(given.folders)


if __name__ == "__main__":
    main()
