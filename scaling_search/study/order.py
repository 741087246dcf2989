"""In which order runs are trained of which some start from the weights of others."""

from __future__ import annotations

from collections.abc import Sequence

from scaling_search.study.planned_run import PlannedRun


def in_turns(runs: Sequence[PlannedRun]) -> list[list[PlannedRun]]:
    """The runs in rows, each of which starts from runs of rows before; each run once."""
    own = {run.spec.key: run for run in runs}
    turns: dict[int, list[PlannedRun]] = {}
    for run in own.values():
        turn, start = 0, getattr(run.spec, "start", None)
        while start is not None:
            turn += start.key in own
            start = getattr(start, "start", None)
        turns.setdefault(turn, []).append(run)
    return [turns[turn] for turn in sorted(turns)]
