"""How a study that goes on, or has ended, is said in a few lines."""

from __future__ import annotations

from collections.abc import Sequence

from scaling_search.metric import Metric
from scaling_search.study.plan_text import LINES, STEPS, duration
from scaling_search.study.watching import RunningRun, StudyNow


def status_lines(
    study: StudyNow,
    driver: str,
    running: Sequence[RunningRun],
    gone: bool,
    metric: Metric,
    now: float,
) -> list[str]:
    """What the driver said last, and the runs in its slots.

    gone: whether the driver is no more, though the step has not ended. now: seconds since 1970.
    """
    said, host = study.progress, driver.rsplit(":", 1)[0]
    step, heard = STEPS.get(study.step, study.step), duration(max(0.0, now - study.heard_at))
    if said["ended"]:
        state = f"{step} has ended, {heard} ago"
    elif gone:
        state = f"{step} was stopped: its driver {host} has gone; repeat its command to go on"
    else:
        state = f"{step} goes on, by {host}, heard {heard} ago"
    counts = [
        f"{said['done']} of {said['wanted']} runs done",
        f"{said['running']} of {said['slots']} slots busy",
        *([f"{said['elsewhere']} trained by another driver"] if said["elsewhere"] else []),
        f"{said['retried']} tried again",
        f"{said['failed']} failed",
    ]
    lines = [f"{study.study}: {state}", ", ".join(counts)]
    if said["best"] is not None:
        lines.append(f"Best val {metric.name} so far: {metric.value_text(said['best'], 3)}")
    times = [f"{duration(said['seconds'])} of training spent on the runs that are done"]
    if not said["ended"] and not gone:
        passed = max(0.0, now - study.began_at)
        times.insert(0, f"{duration(passed)} since the step began")
        missing = said["wanted"] - said["done"] - said["failed"]
        if said["trained"] and missing > 0:
            times.insert(1, f"about {duration(passed / said['trained'] * missing)} left")
    lines.append(", ".join(times))
    if running and not gone and not said["ended"]:
        lines += ["", *_table(running, metric, now)]
    lines += [f"failed: {line}" for line in said["failures"]]
    return lines


def _table(running: Sequence[RunningRun], metric: Metric, now: float) -> list[str]:
    """The runs in slots, the first to begin first."""
    rows = [("run", "worker", "attempt", "since", "epoch", f"val {metric.name}")]
    for run in running[:LINES]:
        last = run.curve[-1] if run.curve else None
        rows.append(
            (
                run.key,
                run.worker,
                str(run.attempt),
                duration(max(0.0, now - run.began_at)),
                str(last.epoch) if last else "",
                metric.value_text(last.val_error, 3) if last else "",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths)).rstrip() for row in rows]
    more = len(running) - LINES
    return [*lines, *([f"and {more} more"] if more > 0 else [])]
