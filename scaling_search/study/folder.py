"""The study folder: written from the database, read without it."""

from __future__ import annotations

import csv
import io
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml

from scaling_search.proxy.run import key_of
from scaling_search.study.definition import PlannedRun, StudyDefinition
from scaling_search.study.records import StoredRun
from scaling_search.whole_files import write_whole

RUN_COLUMNS = (
    "run",
    "step",
    "trial",
    "phi",
    "seed",
    "epochs",
    "status",
    "val_error",
    "test_error",
    "resolution",
    "macs",
    "params",
    "activations",
    "train_flops",
    "val_correct",
    "spec",
)
#: All that a study writes into its folder, weights apart.
STUDY_FILES = (
    "study.yaml",
    "environment.json",
    "asks.csv",
    "runs.csv",
    "curves.csv",
    "timings.csv",
    "trials.csv",
    "family.csv",
    "points.csv",
    "verdict.json",
    "winner.json",
    "latency.csv",
    "latency.json",
    "forecast.json",
    "figures/triangle.svg",
    "figures/accuracy.svg",
    "figures/backtest.svg",
    "figures/series.svg",
    "figures/latency.svg",
    "report.html",
    "report.md",
)
CURVE_COLUMNS = ("run", "epoch", "train_loss", "val_error")
TIMING_COLUMNS = ("run", "seconds", "attempts", "worker", "finished_at")


def write_atomically(path: Path, content: str) -> None:
    """Write a text file whole or not at all."""
    write_whole(path, content.encode())


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A CSV file; floats are written so that they read back to the same bits."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([["" if v is None else v for v in row] for row in rows])
    write_atomically(path, buffer.getvalue())


def write_json(path: Path, content: Any) -> None:
    """A JSON file with sorted keys."""
    write_atomically(path, json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


def write_definition(folder: Path, definition: StudyDefinition) -> None:
    """study.yaml."""
    text = yaml.safe_dump(definition.to_plain(), sort_keys=False, allow_unicode=True)
    write_atomically(folder / "study.yaml", text)


def write_records(
    folder: Path,
    definition: StudyDefinition,
    planned: Sequence[PlannedRun],
    stored: dict[str, StoredRun],
) -> None:
    """runs.csv, curves.csv and timings.csv of the runs that are known, in the planned order."""
    runs, curves, timings = [], [], []
    written: set[tuple[str, bool]] = set()
    for run in planned:
        spec, cost = run.spec, run.member.cost
        known = stored.get(spec.key)
        # A run of both steps is written once, as STEP 1's; checks of fidelity have their own rows.
        place = (spec.key, run.step in ("search", "family"))
        if known is None or place in written:
            continue
        first = not any(key == spec.key for key, _ in written)
        written.add(place)
        runs.append(
            (
                spec.key,
                run.step,
                run.trial,
                run.member.phi,
                spec.seed,
                spec.epochs,
                known.status,
                known.val_error,
                known.test_error,
                spec.resolution,
                cost.macs,
                cost.params,
                cost.activations,
                cost.train_flops(spec.epochs * definition.facts.train_images),
                known.val_correct,
                spec.content,
            )
        )
        if not first:
            continue
        curves += [(spec.key, *point) for point in known.curve]
        timings.append((spec.key, known.seconds, known.attempts, known.worker, known.finished_at))
    write_csv(folder / "runs.csv", RUN_COLUMNS, runs)
    write_csv(folder / "curves.csv", CURVE_COLUMNS, curves)
    write_csv(folder / "timings.csv", TIMING_COLUMNS, timings)


def read_records(folder: Path) -> dict[str, StoredRun]:
    """The runs of runs.csv, curves.csv and timings.csv, by what determines them (spec).

    A run that is not whole, or whose key is not that of its spec, is left out.
    """
    try:
        runs, curves, timings = (
            _read_rows(folder / f"{name}.csv") for name in ("runs", "curves", "timings")
        )
        points: dict[str, list[tuple[int, float, float]]] = {}
        for row in curves:
            point = (int(row["epoch"]), float(row["train_loss"]), float(row["val_error"]))
            points.setdefault(row["run"], []).append(point)
        measured = {row["run"]: row for row in timings}
    except (OSError, KeyError, ValueError, TypeError, csv.Error):
        return {}
    found = {}
    for row in runs:
        with suppress(KeyError, ValueError, TypeError, AttributeError):
            key, timing = row["run"], measured[row["run"]]
            run = StoredRun(
                key=key,
                status=row["status"],
                val_error=float(row["val_error"]) if row["val_error"] else None,
                test_error=float(row["test_error"]) if row["test_error"] else None,
                curve=tuple(points.get(key, ())),
                val_correct=row["val_correct"],
                seconds=float(timing["seconds"]),
                attempts=int(timing["attempts"]),
                worker=timing["worker"],
                finished_at=timing["finished_at"],
            )
            if key_of(row["spec"]) == key:
                found[row["spec"]] = run
    return found


def _read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def known_rows(folder: Path) -> int:
    """How many different runs the folder's runs.csv has."""
    try:
        with (folder / "runs.csv").open(newline="", encoding="utf-8") as file:
            return len({row["run"] for row in csv.DictReader(file)})
    except (FileNotFoundError, KeyError, UnicodeDecodeError):
        return 0


def write_environment(
    folder: Path, command: str, workers: int, failures: Sequence[str], search_ended: bool
) -> None:
    """environment.json: versions, commit, hardware and command of the last time the study ran."""
    names = ("torch", "numpy", "scipy", "pandas", "pillow", "optuna", "matplotlib", "hydra-core")
    write_json(
        folder / "environment.json",
        {
            "command": command,
            "failures": list(failures),
            "search_ended": search_ended,
            "git": _git_state(),
            "hardware": {
                "cores": os.cpu_count(),
                "machine": platform.machine(),
                "memory_gib": _memory_gib(),
                "processor": _processor(),
                "system": platform.system(),
                "workers": workers,
            },
            "python": sys.version.split()[0],
            "versions": {name: metadata.version(name) for name in names},
            "scaling_search": metadata.version("scaling-search") if _installed() else "checkout",
        },
    )


def _installed() -> bool:
    try:
        metadata.version("scaling-search")
    except metadata.PackageNotFoundError:
        return False
    return True


def _git_state() -> dict[str, Any]:
    """Commit and dirty flag of the checkout that the package runs from; empty elsewhere."""
    git = shutil.which("git")
    checkout = Path(__file__).resolve().parents[2]
    if git is None or not (checkout / ".git").exists():
        return {}

    def ask(*words: str) -> str:
        return subprocess.run(
            [git, "-C", str(checkout), *words], capture_output=True, text=True, check=False
        ).stdout.strip()

    return {
        "commit": ask("rev-parse", "HEAD"),
        "dirty": bool(ask("status", "--porcelain", "--", "scaling_search", "conf")),
    }


def _memory_gib() -> float | None:
    with suppress(ValueError, OSError, AttributeError):
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    return None


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor()
