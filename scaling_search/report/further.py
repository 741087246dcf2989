"""Further results of a training of the user's own, which decided nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from scaling_search.report.content import Section, Table
from scaling_search.study.files.runs_csv import RunRow, also_of
from scaling_search.study.records import step_text


class _Group(NamedTuple):
    """The whole runs of one network in one step."""

    step: str
    trial: str
    rows: list[dict[str, float]]


def further_results(rows: Sequence[RunRow]) -> list[Section]:
    """A table of their means over the whole runs of each network; nothing where there are none."""
    names = sorted({name for row in rows for name in also_of(row)})
    if not names:
        return []
    groups: dict[tuple[str, str], _Group] = {}
    for row in rows:
        if row.test_error is not None:
            step = step_text(row.step, row.check)
            group = groups.setdefault((step, row.trial), _Group(step, row.trial, []))
            group.rows.append(also_of(row))
    table = Table.of(
        groups.values(),
        {
            "step": lambda group: group.step,
            "network": lambda group: group.trial,
            "runs": lambda group: str(len(group.rows)),
            **{name: lambda group, name=name: _mean(group, name) for name in names},  # type: ignore[misc]
        },
        note="Means over the whole runs of each network, as the training gave them. Nothing was "
        "chosen by them.",
    )
    return [Section("What else did the trainings give?", [table])]


def _mean(group: _Group, name: str) -> str:
    """Of how many runs it is the mean is said where some lack it."""
    known = [row[name] for row in group.rows if name in row]
    if not known:
        return ""
    mean = f"{math.fsum(known) / len(known):.4g}"
    return mean if len(known) == len(group.rows) else f"{mean} (of {len(known)})"
