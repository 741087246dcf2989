"""Make a table of ground truth from an exhaustive study, for benchmarks/search_cost.py.

    python benchmarks/make_table.py experiments/NAME benchmarks/tables/NAME.csv

The study is a finished `+sweep=grid` without rungs: every network with every seed. One row a run:
the network (snapped coefficients and their shares, realised cost), the seed, the seconds of the
training and the val error after each epoch, rounded to six decimals, which still tells the number
of wrong images. A run that diverged has no errors. The search never got to see a test error, and
neither does the table. Networks outside of the cost tolerance cannot win, and are left out.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from scaling_search.proxy import RunStatus
from scaling_search.study import read_definition
from scaling_search.study.files.csv_file import write_csv
from scaling_search.study.files.environment_json import read_environment
from scaling_search.study.files.runs_csv import CURVES_CSV, TIMINGS_CSV, read_runs

NETWORK_COLUMNS = (
    "trial",
    "alpha",
    "beta",
    "gamma",
    "share_depth",
    "share_width",
    "share_resolution",
    "resolution",
    "macs",
    "cost_ratio",
    "pixel_price",
)


def make_table(folder: Path, out: Path) -> str:
    """Write the table; returns a sentence on what it holds and what it cost."""
    definition = read_definition(folder)
    epochs = definition.settings.recipe.epochs
    curves = {(row.run, row.epoch): row.val_error for row in CURVES_CSV.read(folder)}
    seconds = {row.run: row.seconds for row in TIMINGS_CSV.read(folder)}
    status = {row.run: row.status for row in read_runs(folder)}
    candidates = {c.id: c for c in definition.candidates.kept if c.within}
    rows = []
    for run in definition.search_runs:
        key, candidate = run.spec.key, candidates.get(run.member.id)
        if candidate is None:
            continue
        if key not in status:
            raise SystemExit(
                f"{folder} has no run of trial {candidate.id} with seed {run.spec.seed}, but a "
                "table needs all of them: repeat the command of the study"
            )
        whole = status[key] is RunStatus.FINISHED
        rows.append(
            (
                candidate.id,
                *(round(c, 6) for c in vars(candidate.coefficients).values()),
                *(round(share, 6) for share in candidate.shares),
                candidate.member.resolution,
                candidate.macs,
                round(candidate.cost_ratio, 6),
                round(candidate.pixel_price, 6),
                run.spec.seed,
                round(seconds[key], 1),
                *(round(curves[key, e], 6) if whole else None for e in _epochs(epochs)),
            )
        )
    columns = (*NETWORK_COLUMNS, "seed", "seconds", *(f"val_error_{e}" for e in _epochs(epochs)))
    out.parent.mkdir(parents=True, exist_ok=True)
    write_csv(out, columns, rows)
    hours = sum(seconds.values()) / 3600
    environment = read_environment(folder)
    assert environment is not None
    hardware = environment.hardware
    left_out = len(definition.candidates.kept) - len(candidates)
    return (
        f"{out}: {len(candidates)} networks ({left_out} left out for their cost), "
        f"{len(definition.settings.sweep.seeds)} seeds, {epochs} epochs, {len(rows)} runs; "
        f"{hours:.1f} hours of training on {hardware.processor}, {hardware.workers} workers"
    )


def _epochs(count: int) -> range:
    return range(1, count + 1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("study", type=Path, help="folder of the finished study")
    parser.add_argument("out", type=Path, help="the CSV to write")
    arguments = parser.parse_args()
    print(make_table(arguments.study, arguments.out))
