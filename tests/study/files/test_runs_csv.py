"""runs.csv: its rows contradict neither themselves nor their spec."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import scaling_search as ss
from scaling_search.errors import InvalidInput
from scaling_search.proxy import RunStatus
from scaling_search.study.files.runs_csv import RUN_COLUMNS, RUNS_CSV, read_runs, runs_by_key
from scaling_search.study.records import Step

EXPERIMENTS = Path(__file__).parents[3] / "experiments"
Cells = dict[str, str]


def test_a_check_of_fidelity_keeps_its_name_and_its_place() -> None:
    rows = read_runs(EXPERIMENTS / "omniglot-fidelity")
    again = [row for row in rows if row.step is Step.FIDELITY]
    assert {row.check for row in again} == {"epochs 16", "learning rate x 0.5", "learning rate x 2"}
    assert all(not row.check for row in rows if row.step is not Step.FIDELITY)
    by_key = runs_by_key(rows)
    assert len(by_key) <= len(rows)
    assert all(by_key[row.run].step is Step.SEARCH for row in rows if row.step is Step.SEARCH)


@pytest.mark.parametrize("name", ["omniglot-fidelity", "glyphs-observation1"])
def test_a_committed_file_is_written_to_the_same_bytes(name: str, tmp_path: Path) -> None:
    RUNS_CSV.write(tmp_path, read_runs(EXPERIMENTS / name))
    before = (EXPERIMENTS / name / "runs.csv").read_bytes()
    assert (tmp_path / "runs.csv").read_bytes() == before


def test_a_file_from_before_there_were_rungs(tmp_path: Path) -> None:
    """It has no column of epochs: every run was trained to its recipe's end."""
    folder = shutil.copytree(EXPERIMENTS / "fashion-mnist", tmp_path / "study")
    now = read_runs(folder)
    with (folder / "runs.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    at = rows[0].index("epochs")
    with (folder / "runs.csv").open("w", newline="") as file:
        csv.writer(file).writerows([*row[:at], *row[at + 1 :]] for row in rows)
    epochs = ss.read_study(folder).definition.settings.recipe.epochs
    assert {row.epochs for row in read_runs(folder)} == {epochs}
    assert read_runs(folder) == now


def test_the_frame_is_what_the_file_says() -> None:
    folder = EXPERIMENTS / "glyphs-quick"
    frame = ss.read_study(folder).runs
    assert tuple(frame) == RUN_COLUMNS
    plain = pd.read_csv(folder / "runs.csv", dtype={"trial": str, "run": str})
    pd.testing.assert_frame_equal(frame, plain)


def changed(tmp_path: Path, change: Callable[[Cells], object]) -> str:
    """What reading says of the file whose first row was changed."""
    folder = shutil.copytree(EXPERIMENTS / "glyphs-quick", tmp_path / "study")
    with (folder / "runs.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    change(rows[0])
    with (folder / "runs.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, RUN_COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    with pytest.raises(InvalidInput, match=r"runs\.csv is damaged \(row 1: ") as refused:
        read_runs(folder)
    return str(refused.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"run": "f069ffac3f182b8c"}, "is not the key of its spec"),
        ({"spec": "{}"}, "is not the key of its spec"),
        ({"step": "searching"}, "column step is 'searching', but must be one of baseline, search"),
        ({"step": "fidelity"}, "column step is 'fidelity', which no study has"),
        ({"step": "search: x"}, "column step is 'search: x', which no study has"),
        ({"status": "failed"}, "column status is 'failed', but must be one of finished, diverged"),
        ({"status": "diverged"}, "status is diverged, but val_error"),
        ({"val_error": ""}, "status is finished, but val_error is None"),
        ({"val_error": "1.01"}, "column val_error is '1.01'"),
        ({"test_error": "-0.1"}, "column test_error is '-0.1'"),
        ({"seed": "-1"}, "column seed is '-1'"),
        ({"seed": str(2**63)}, "column seed is '9223372036854775808'"),
        ({"macs": "1e400"}, "column macs is '1e400'"),
        ({"macs": str(2**64)}, "column macs"),
        ({"epochs": "0"}, "column epochs is '0'"),
        ({"phi": "nan"}, "column phi is 'nan'"),
        ({"trial": ""}, "column trial is ''"),
        ({"val_correct": "%%%%"}, "column val_correct is no base64"),
        ({"val_correct": "abc"}, "column val_correct is no base64"),
    ],
)
def test_a_value_that_cannot_be(tmp_path: Path, change: Cells, said: str) -> None:
    assert said in changed(tmp_path, lambda row: row.update(change))


def test_a_run_that_diverged_has_no_errors(tmp_path: Path) -> None:
    rows = read_runs(EXPERIMENTS / "glyphs-quick")[:1]
    values = {**vars(rows[0]), "status": RunStatus.DIVERGED, "val_error": None}
    RUNS_CSV.write(tmp_path, [type(rows[0])(**{**values, "test_error": None})])
    (row,) = read_runs(tmp_path)
    assert (row.status, row.val_error, row.test_error) == (RunStatus.DIVERGED, None, None)
    assert ss.read_study(EXPERIMENTS / "glyphs-quick").runs["status"].iloc[0] == "finished"
    RUNS_CSV.write(tmp_path, [type(rows[0])(**values)])
    with pytest.raises(InvalidInput, match="status is diverged, but test_error is"):
        read_runs(tmp_path)


def test_a_row_that_stands_twice(tmp_path: Path) -> None:
    rows = read_runs(EXPERIMENTS / "glyphs-quick")[:2]
    RUNS_CSV.write(tmp_path, [*rows, rows[0]])
    with pytest.raises(InvalidInput, match="row 3: it repeats"):
        read_runs(tmp_path)
