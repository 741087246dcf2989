"""runs.csv, curves.csv and timings.csv: what came of each run, and how."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scaling_search.proxy.result import RunStatus
from scaling_search.proxy.run import key_of
from scaling_search.study.files.csv_file import CsvFile, within
from scaling_search.study.records import Step, step_text
from scaling_search.text_file import shown

_LARGEST = 2**63 - 1


@dataclass(frozen=True, kw_only=True)
class RunRow:
    """A row of runs.csv; docs/study_folder.md says more of each column."""

    #: Key of the run: it stands for all that determines the result.
    run: str
    #: Why it was trained: STEP 0, STEP 1, STEP 2, a check of fidelity (and which), or a series.
    step: Step
    #: Of a check of fidelity its name; it stands in the column `step`.
    check: str = ""
    #: Id of the realised network; of a check of fidelity, the candidate that it stands for.
    trial: str
    #: None where multipliers were asked for.
    phi: float | None
    #: Seed of weights, order and augmentation.
    seed: int = within(0, _LARGEST)
    #: Epochs trained: fewer than the recipe's where the run stopped at a rung.
    epochs: int = within(1, 10_000)
    #: diverged: the loss was no longer finite.
    status: RunStatus
    #: Fractions, or of a metric without bounds its values; None where it diverged, and the test
    #: error at a rung.
    val_error: float | None = within(0)
    #: The same on images that decided nothing; the search never gets it.
    test_error: float | None = within(0)
    #: Side of the images in pixels.
    resolution: int = within(1, 10**6)
    #: Multiply-adds of one forward pass of one image.
    macs: int = within(0, _LARGEST)
    #: Trained numbers of the network.
    params: int = within(0, _LARGEST)
    #: Elements of the outputs of its convolutions for one image.
    activations: int = within(0, _LARGEST)
    #: 3 x 2 x macs x examples.
    train_flops: int = within(0, 10**36)
    #: base64 of packed bits, one for each val image, 1 where it was right.
    val_correct: str = ""
    #: All that determines the run, as JSON.
    spec: str
    #: Further metrics, a JSON object of names and numbers.
    also: str = ""


def _decoded(cells: dict[str, str]) -> dict[str, str]:
    step, _, check = cells["step"].partition(": ")
    if "epochs" not in cells:
        # From before there were rungs: every run was trained to its recipe's end.
        try:
            cells["epochs"] = str(json.loads(cells["spec"])["recipe"]["epochs"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise ValueError("column spec has no recipe.epochs") from error
    return {**cells, "step": step, "check": check}


def _encoded(values: dict[str, Any]) -> dict[str, Any]:
    step = step_text(values["step"], values["check"])
    return {name: v for name, v in {**values, "step": step}.items() if name != "check"}


def _require_sense(row: RunRow) -> None:
    if (row.step is Step.FIDELITY) != bool(row.check):
        raise ValueError(f"column step is {step_text(row.step, row.check)!r}, which no study has")
    if (row.status is RunStatus.FINISHED) != (row.val_error is not None):
        raise ValueError(f"status is {row.status}, but val_error is {row.val_error}")
    if row.status is RunStatus.DIVERGED and row.test_error is not None:
        raise ValueError(f"status is {row.status}, but test_error is {row.test_error}")
    if not re.fullmatch("[A-Za-z0-9+/]*={0,2}", row.val_correct) or len(row.val_correct) % 4:
        raise ValueError("column val_correct is no base64")
    also_of(row)
    for name in ("val_error", "test_error"):
        if (getattr(row, name) or 0) > 1 and not _is_unbounded(row.spec):
            raise ValueError(
                f"column {name} is '{getattr(row, name)}', but must be a finite number from 0 to 1"
            )
    if key_of(row.spec) != row.run:
        raise ValueError(f"run {row.run} is not the key of its spec")


def _is_unbounded(spec: str) -> bool:
    """Whether the errors of a run are values of a metric without a largest one."""
    try:
        return bool(json.loads(spec)["trainer"]["scale"] == "unbounded")
    except (ValueError, KeyError, TypeError, RecursionError):
        return False


def also_text(also: Mapping[str, float]) -> str:
    """What the column `also` holds."""
    return json.dumps(dict(also), sort_keys=True) if also else ""


def also_of(row: RunRow) -> dict[str, float]:
    """The further metrics of a run. Raises ValueError where the cell holds none."""
    also = json.loads(row.also) if row.also else {}
    numbers = list(also.values()) if isinstance(also, dict) else [math.nan]
    if not all(isinstance(n, int | float) and math.isfinite(n) for n in numbers):
        raise ValueError(f"column also is {shown(row.also)}, but must be a JSON object of numbers")
    return also


RUNS_CSV = CsvFile(
    "runs.csv",
    RunRow,
    # A check of fidelity may repeat a run of another step.
    key=lambda row: (row.run, "" if row.step is not Step.FIDELITY else "fidelity"),
    younger=("epochs",),
    rare=("also",),
    decode=_decoded,
    encode=_encoded,
    check=_require_sense,
)
RUN_COLUMNS = RUNS_CSV.columns


@dataclass(frozen=True, kw_only=True)
class CurveRow:
    """A row of curves.csv: an epoch of a run."""

    #: Key of the run in runs.csv.
    run: str
    #: 1 for the first.
    epoch: int = within(1, 10_000)
    #: None where a training of one's own does not tell it.
    train_loss: float | None
    #: Error on the val images after this epoch.
    val_error: float = within(0)


@dataclass(frozen=True, kw_only=True)
class TimingRow:
    """A row of timings.csv: how a run came about; it differs from machine to machine."""

    #: Key of the run in runs.csv.
    run: str
    #: From the beginning of its training to the end, as its worker measured.
    seconds: float = within(0, 1e12)
    #: How often it was begun until it had a result.
    attempts: int = within(1, 10**6)
    #: host:pid
    worker: str
    #: ISO 8601, UTC.
    finished_at: str


CURVES_CSV = CsvFile("curves.csv", CurveRow, key=lambda row: (row.run, row.epoch))
TIMINGS_CSV = CsvFile("timings.csv", TimingRow, key=lambda row: row.run)


def read_runs(folder: Path) -> list[RunRow]:
    """All rows in their order. Raises InvalidInput where the file is missing or damaged."""
    return RUNS_CSV.read(folder)


def runs_by_key(rows: Iterable[RunRow]) -> dict[str, RunRow]:
    """Every run once, by its key: as the earliest step that has it."""
    found: dict[str, RunRow] = {}
    for row in rows:
        found.setdefault(row.run, row)
    return found
