"""The records of a study's runs in its folder: written from the database, read without it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from scaling_search.baselines import FamilyMember
from scaling_search.study.definition import PlannedRun, StudyDefinition
from scaling_search.study.files.networks_csv import write_networks
from scaling_search.study.files.runs_csv import (
    CURVES_CSV,
    RUNS_CSV,
    TIMINGS_CSV,
    CurveRow,
    RunRow,
    TimingRow,
    also_of,
    also_text,
)
from scaling_search.study.records import Step, StoredRun


def write_records(
    folder: Path,
    definition: StudyDefinition,
    planned: Sequence[PlannedRun],
    stored: Mapping[str, StoredRun],
) -> None:
    """runs.csv, curves.csv and timings.csv of the runs that are known, in the planned order."""
    # A run of both steps is written once, as STEP 1's; checks of fidelity have their own rows.
    rows: dict[tuple[str, bool], RunRow] = {}
    for run in planned:
        spec, cost = run.spec, run.member.cost
        known, place = stored.get(spec.key), (spec.key, run.step is Step.FIDELITY)
        if known is None or place in rows:
            continue
        rows[place] = RunRow(
            run=spec.key,
            step=run.step,
            check=run.check,
            trial=run.trial,
            phi=run.member.phi,
            seed=spec.seed,
            epochs=spec.epochs,
            status=known.status,
            val_error=known.val_error,
            test_error=known.test_error,
            resolution=spec.resolution,
            **vars(cost),
            train_flops=cost.train_flops(spec.epochs * definition.facts_of(spec).train_images),
            val_correct=known.val_correct,
            spec=spec.content,
            also=also_text(known.also),
        )
    once = [stored[key] for key in dict.fromkeys(key for key, _ in rows)]
    RUNS_CSV.write(folder, rows.values())
    epochs = (
        CurveRow(run=run.key, epoch=epoch, train_loss=loss, val_error=error)
        for run in once
        for epoch, loss, error in run.curve
    )
    CURVES_CSV.write(folder, epochs)
    names = [name for name in TIMINGS_CSV.columns if name != "run"]
    timings = (TimingRow(run=run.key, **{n: getattr(run, n) for n in names}) for run in once)
    TIMINGS_CSV.write(folder, timings)


def write_prices(
    folder: Path, definition: StudyDefinition, members: Iterable[FamilyMember]
) -> None:
    """networks.csv, where there are own networks: whatever a report asks of these members."""
    if not definition.counted:
        return
    for member in members:
        # Counts what was not asked for while the study ran.
        _ = member.cost_ratio, member.pixel_price
    write_networks(folder, definition.counted)


def read_records(folder: Path) -> dict[str, StoredRun]:
    """The runs of runs.csv, curves.csv and timings.csv, by what determines them (spec).

    A run that is not whole in all three is left out: it is trained again.
    """
    curves: dict[str, list[tuple[int, float | None, float]]] = {}
    for point in CURVES_CSV.read_sound(folder):
        curves.setdefault(point.run, []).append((point.epoch, point.train_loss, point.val_error))
    timings = {timing.run: vars(timing) for timing in TIMINGS_CSV.read_sound(folder)}
    return {
        row.spec: StoredRun(
            key=row.run,
            status=row.status,
            val_error=row.val_error,
            test_error=row.test_error,
            curve=tuple(curves.get(row.run, ())),
            val_correct=row.val_correct,
            also=also_of(row),
            **{name: value for name, value in timings[row.run].items() if name != "run"},
        )
        for row in RUNS_CSV.read_sound(folder)
        if row.run in timings
    }


def known_rows(folder: Path) -> int:
    """How many different runs the folder's runs.csv has."""
    return len({row.run for row in RUNS_CSV.read_sound(folder)})
