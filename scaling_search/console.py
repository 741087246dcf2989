"""The progress bar: runs done, time left, best so far."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from scaling_search.study.loop import Progress

_TITLES = {
    "search": "STEP 1",
    "family": "STEP 2",
    "fidelity": "fidelity",
    "series": "series",
    "single": "training",
}


@contextmanager
def show_progress() -> Iterator[Callable[[str, int], Progress]]:
    """Gives a function (step, runs) -> Progress; each step becomes a bar."""
    bar = Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[best]}"),
        console=Console(stderr=True),
    )

    def step(name: str, runs: int) -> Progress:
        task = bar.add_task(_TITLES[name], total=runs, best="")
        best = [float("inf")]

        def report(progress: Progress) -> None:
            if progress.last is not None and progress.last[1].val_error is not None:
                best[0] = min(best[0], progress.last[1].val_error)
            text = f"best val error {best[0]:.3f}" if best[0] < float("inf") else ""
            bar.update(task, completed=progress.done, total=progress.wanted or runs, best=text)

        return Progress(report)

    with bar:
        yield step
