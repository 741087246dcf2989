"""What does a good answer cost? Every way of searching, replayed on tables of ground truth.

    python benchmarks/search_cost.py [TABLE ...] [--replays 400] [--gp-replays 20] [--workers 2]
                                     [--figure docs/search_cost.svg]

Nothing is trained: a table (benchmarks/make_table.py) holds the val error of every network with
every seed after every epoch. Each replay halves the seeds at random. Strategies draw from one half,
all from the same one; the truth is the mean of the other half. Regret is the true error of the
chosen network above that of the truly best one, in points (1 point: one image in a hundred). Cost
is counted in whole runs of a network of mean cost; a run that stopped at a rung counts its part.

Prints a table in Markdown for each table of ground truth, and whether the bars of issue 3 hold.
docs/search_cost.md says how to read it. Gaussian processes are slow and get fewer replays.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from search_strategies import Choice, Strategy, strategies
from search_table import Half, Table, read_table

Floats = NDArray[np.float64]

TABLES = Path(__file__).parent / "tables"
#: One-sided and two-sided normal quantiles of 95 %.
ONE_SIDED, TWO_SIDED = 1.645, 1.96
#: How much worse than the exhaustive grid a quarter of its cost may be, in points.
ALLOWED = 0.2
DEFAULT, EXHAUSTIVE = "race (default)", "exhaustive grid"
Key = tuple[str, str]


@dataclass(frozen=True)
class Judged:
    """A choice, judged by the truth."""

    key: Key
    spent: float
    #: Points.
    regret: float
    #: How many networks are truly better.
    better: int


@dataclass(frozen=True, eq=False)
class Row:
    """A strategy at a budget, over replays."""

    key: Key
    spent: Floats
    regret: Floats
    better: NDArray[np.int64]


def replay(
    table: Table, number: int, seed: int = 0, chosen: Sequence[Strategy] | None = None
) -> list[Judged]:
    """All strategies on one halving of the seeds."""
    mixed = np.random.default_rng([seed, number]).permutation(table.errors.shape[1])
    half = len(mixed) // 2
    drawn = tuple(int(column) for column in mixed[:half])
    truth = table.errors[:, mixed[half:], -1].mean(axis=1)
    # A network that diverged is as wrong as can be.
    truth = np.where(np.isfinite(truth), truth, 1.0)
    judged = []
    for strategy in chosen or strategies(gp=False):
        for choice in strategy(Half(table, drawn), number):
            judged.append(_judge(choice, truth))
    return judged


def _judge(choice: Choice, truth: Floats) -> Judged:
    error = truth[choice.network]
    return Judged(
        (choice.strategy, choice.budget),
        choice.spent,
        100 * float(error - truth.min()),
        int((truth < error).sum()),
    )


def replay_all(table: Table, replays: int, gp_replays: int, seed: int, workers: int) -> list[Row]:
    """All replays; the first ones with the Gaussian processes too."""
    numbers = range(max(replays, gp_replays))
    arguments = (repeat(table), numbers, repeat(seed), repeat(gp_replays))
    if workers > 1:
        with ProcessPoolExecutor(workers) as pool:
            results = list(pool.map(_replay_one, *arguments, chunksize=4))
    else:
        results = list(map(_replay_one, *arguments))
    found: dict[Key, list[Judged]] = {}
    for judged in results:
        for one in judged:
            found.setdefault(one.key, []).append(one)
    return [
        Row(
            key,
            np.array([one.spent for one in all_of]),
            np.array([one.regret for one in all_of]),
            np.array([one.better for one in all_of]),
        )
        for key, all_of in found.items()
    ]


def _replay_one(table: Table, number: int, seed: int, gp_replays: int) -> list[Judged]:
    return replay(table, number, seed, strategies(gp=number < gp_replays))


def standard_error(values: Floats) -> float:
    """Of the mean; nan for a single value."""
    return float(values.std(ddof=1) / math.sqrt(values.size)) if values.size > 1 else math.nan


def print_rows(table: Table, rows: Sequence[Row]) -> None:
    """The table in Markdown."""
    count, seeds, epochs = table.errors.shape
    print(
        f"\n## {table.name}: {count} networks, {seeds // 2} seeds to draw from and "
        f"{seeds - seeds // 2} for the truth, {epochs} epochs\n"
    )
    print("| strategy | budget | runs spent | regret, points | 90th pct | top three |")
    print("| --- | --- | --- | --- | --- | --- |")
    for row in rows:
        mean, wide = row.regret.mean(), TWO_SIDED * standard_error(row.regret)
        fewer = f" ({row.regret.size} replays)" if row.regret.size < rows[0].regret.size else ""
        print(
            f"| {row.key[0]}{fewer} | {row.key[1]} | {row.spent.mean():.1f} | "
            f"{mean:.2f} ± {wide:.2f} | {np.quantile(row.regret, 0.9):.2f} | "
            f"{(row.better < 3).mean():.0%} |"
        )


def print_bars(rows: Sequence[Row]) -> None:
    """Whether the default is as good as it has to be; a missed bar is said to be missed."""
    found = {row.key: row.regret for row in rows}
    bars = (
        ("1/4", (EXHAUSTIVE, "3 seeds"), ALLOWED),
        ("1", (EXHAUSTIVE, "3 seeds"), 0.0),
        ("1", ("TPE", "1"), 0.0),
    )
    print()
    for budget, rival, allowed in bars:
        difference = found[DEFAULT, budget] - found[rival]
        mean = difference.mean()
        bound = mean + ONE_SIDED * standard_error(difference)
        verdict = "holds" if bound <= allowed else "MISSED"
        if verdict == "MISSED" and mean <= allowed:
            verdict = "MISSED (met on average only)"
        at = "a quarter of the cost" if budget == "1/4" else "equal cost"
        print(
            f"- {verdict}: {DEFAULT} at {at} minus {rival[0]}, {rival[1]}: {mean:+.2f} points, "
            f"upper 95 % bound {bound:+.2f}, allowed {allowed:+.1f}"
        )


def draw(results: Sequence[tuple[Table, list[Row]]], path: Path) -> None:
    """Mean regret against cost, a line a strategy."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "search_cost"
    import matplotlib.pyplot as plt

    styles = {
        DEFAULT: ("C3", "o-"),
        "+sweep=optuna": ("C1", "s-"),
        EXHAUSTIVE: ("k", "D-"),
        "TPE": ("C0", "^-"),
        "random": ("0.6", "v-"),
        "GP": ("C4", "P-"),
        "successive halving": ("C2", "X-"),
    }
    figure, axes = plt.subplots(1, len(results), figsize=(5.2 * len(results), 4.2), squeeze=False)
    for axis, (table, rows) in zip(axes[0], results):
        for name, (colour, style) in styles.items():
            mine = [row for row in rows if row.key[0] == name]
            if mine:
                axis.errorbar(
                    [row.spent.mean() for row in mine],
                    [row.regret.mean() for row in mine],
                    [TWO_SIDED * standard_error(row.regret) for row in mine],
                    fmt=style,
                    color=colour,
                    label=name,
                    capsize=2,
                    markersize=4,
                    linewidth=1,
                )
        axis.set(title=table.name, xlabel="training cost, whole runs", ylim=(0, None))
        axis.set_ylabel("mean true regret, points of val error")
        axis.grid(alpha=0.3)
    axes[0][-1].legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tables", nargs="*", type=Path, help="by default those in tables/")
    parser.add_argument("--replays", type=int, default=400)
    parser.add_argument("--gp-replays", type=int, default=20, help="0 leaves GP out")
    parser.add_argument("--seed", type=int, default=0, help="of the halves")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--figure", type=Path, help="an SVG to draw")
    arguments = parser.parse_args()
    results = []
    for path in arguments.tables or sorted(TABLES.glob("*.csv")):
        table = read_table(path)
        rows = replay_all(
            table, arguments.replays, arguments.gp_replays, arguments.seed, arguments.workers
        )
        print_rows(table, rows)
        print_bars(rows)
        results.append((table, rows))
    if arguments.figure:
        draw(results, arguments.figure)


if __name__ == "__main__":
    main()
