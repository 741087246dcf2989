"""How a study was run: command, machine, versions, time, and what failed."""

from __future__ import annotations

from collections.abc import Sequence

from scaling_search.proxy import RunStatus
from scaling_search.report.content import Block, Details, Section, Table
from scaling_search.study import StudyDefinition
from scaling_search.study.files.environment_json import Environment, read_environment
from scaling_search.study.files.runs_csv import TIMINGS_CSV, RunRow
from scaling_search.study.files.yaml_text import yaml_text
from scaling_search.study.read import Study

#: So many failures are told at the top; the last section tells all.
_TOLD = 3


def conduct(study: Study, rows: Sequence[RunRow]) -> tuple[list[str], Section]:
    """Remarks on what failed, and the last section of every report. Raises InvalidInput."""
    folder, definition = study.folder, study.definition
    environment = read_environment(folder)
    failures = environment.failures if environment else []
    told = _of_environment(environment, definition) if environment else []
    timings = TIMINGS_CSV.read_if_there(folder)
    if timings:
        told.append(["runs", _training(rows, sum(timing.seconds for timing in timings))])
    settings = yaml_text(definition.to_plain())
    blocks: list[Block] = [Table(["", ""], told), Details("Configuration", settings, "yaml")]
    return _failure_remarks(failures), Section("How was it run?", blocks)


def _failure_remarks(failures: Sequence[str]) -> list[str]:
    if not failures:
        return []
    more = len(failures) - _TOLD
    told = [*failures[:_TOLD], *([f"and {more} more (How was it run?)"] if more > 0 else [])]
    what = "1 failure" if len(failures) == 1 else f"{len(failures)} failures"
    return [
        f"{what} the last time it ran, and whatever that was to give is missing here: "
        f"{'; '.join(told)}."
    ]


def _of_environment(environment: Environment, definition: StudyDefinition) -> list[list[str]]:
    hardware, git = environment.hardware, environment.git
    versions = (f"{name} {version}" for name, version in environment.versions.items())
    commit = f"{git.commit}{', with changes' if git.dirty else ''}"
    return [
        ["command", environment.command],
        [
            "hardware",
            f"{hardware.processor}, {hardware.cores} cores, {hardware.memory_gib} GiB, "
            f"{hardware.workers} workers on {definition.platform.device}",
        ],
        ["versions", f"Python {environment.python}, {', '.join(versions)}"],
        *([["commit", commit]] if git.commit else []),
        ["failures", "; ".join(environment.failures) or "none"],
    ]


def _training(rows: Sequence[RunRow], seconds: float) -> str:
    diverged = sum(row.status is RunStatus.DIVERGED for row in rows)
    # Of data whose number of images is not known there is no count.
    flops = sum(row.train_flops for row in rows)
    operations = f", {flops:.2e} floating-point operations" if flops else ""
    return (
        f"{len({row.run for row in rows})} runs, {seconds / 60:.1f} minutes of training in all, "
        f"{diverged} diverged{operations}"
    )
