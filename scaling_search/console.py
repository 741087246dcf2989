"""How far a study is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from scaling_search.long_work import has_bars, joined_by_others
from scaling_search.metric import ERROR, Metric
from scaling_search.study.plan_text import STEPS, duration
from scaling_search.study.progress import Progress

#: Seconds between two lines of a step.
_SILENCE = 60.0


@contextmanager
def show_progress(metric: Metric = ERROR) -> Iterator[Callable[[str, int], Progress]]:
    """Gives a function (step, runs) -> Progress; each step becomes a bar, or lines on stderr.

    A bar needs a terminal that can go back in its line: no file, pipe or notebook, and no log of
    continuous integration. metric: of the trainings.
    """
    if has_bars():
        bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[said]}"),
            console=Console(stderr=True),
        )
        with bar, joined_by_others(bar):
            yield lambda name, runs: Progress(_OnBar(bar, STEPS[name], runs, metric))
    else:
        yield lambda name, runs: Progress(InLines(STEPS[name], runs, metric=metric))


class _OnBar:
    """One step as a bar."""

    def __init__(self, bar: Bar, title: str, runs: int, metric: Metric) -> None:
        self._bar, self._runs, self._metric = bar, runs, metric
        self._task = bar.add_task(title, total=runs, said="")

    def __call__(self, progress: Progress) -> None:
        said, total = ", ".join(_remarks(progress, self._metric)), progress.wanted or self._runs
        self._bar.update(self._task, completed=progress.done, total=total, said=said)


class InLines:
    """One step as lines: when it begins, once a minute, and when it ends."""

    def __init__(
        self,
        title: str,
        runs: int,
        write: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True),
        clock: Callable[[], float] = time.monotonic,
        metric: Metric = ERROR,
    ) -> None:
        self._title, self._metric, self._write, self._clock = title, metric, write, clock
        self._began = self._written = clock()
        write(f"{title} begins: {runs} run{'' if runs == 1 else 's'}")

    def __call__(self, progress: Progress) -> None:
        now = self._clock()
        if not progress.ended and now - self._written < _SILENCE:
            return
        self._written, passed = now, now - self._began
        said = [
            f"{progress.done} of {progress.wanted} runs done",
            *_remarks(progress, self._metric),
        ]
        if progress.ended:
            said.append(f"after {duration(passed)}")
        elif progress.trained:
            missing = progress.wanted - progress.done - len(progress.failures)
            said.append(f"about {duration(passed / progress.trained * missing)} left")
        self._write(f"{self._title}{' ended' * progress.ended}: {', '.join(said)}")


def _remarks(progress: Progress, metric: Metric) -> list[str]:
    failed, elsewhere, best = len(progress.failures), progress.elsewhere, progress.best
    return [
        *([f"{failed} failed"] if failed else []),
        *([f"{elsewhere} trained by another process"] if elsewhere else []),
        *([f"best val {metric.name} {metric.value_text(best, 3)}"] if best is not None else []),
    ]
