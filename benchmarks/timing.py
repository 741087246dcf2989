"""How benchmarks time things, and how they say it."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]


def timed(
    what: Callable[[], object], runs: int = 5, clock: Callable[[], float] = time.perf_counter
) -> list[float]:
    seconds = []
    for _ in range(runs):
        started = clock()
        what()
        seconds.append(clock() - started)
    return seconds


def show(name: str, seconds: list[float], limit: float, unit: str = "s", scale: float = 1) -> None:
    low, middle, high = (scale * f(seconds) for f in (min, statistics.median, max))
    verdict = "within" if middle <= limit else "ABOVE"
    print(
        f"{name:58} {middle:8.2f} {unit} ({low:.2f} to {high:.2f}), {verdict} {limit:g} {unit}",
        flush=True,
    )


def command(*words: str, cwd: Path) -> Callable[[], object]:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}

    def run() -> None:
        subprocess.run(
            [sys.executable, "-m", *words],
            cwd=cwd,
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    return run


def show_ratio(name: str, ratios: list[float]) -> None:
    print(
        f"{name:58} {statistics.median(ratios):8.2f}   "
        f"({min(ratios):.2f} to {max(ratios):.2f}), wanted 0.80",
        flush=True,
    )
