"""A driver with a thousand slots: python benchmarks/benchmarks_scale.py RUNS SLOTS [STORE]

The runs only sleep, one second on average, in slots that are timers of one thread. Prints JSON.
"""

from __future__ import annotations

import heapq
import json
import random
import resource
import sys
import tempfile
import threading
import time
from concurrent.futures import Future
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks_driver import no_training, specs_of

from scaling_search.execution import InlineExecutor
from scaling_search.proxy import DataSettings, Job
from scaling_search.study.database import Database
from scaling_search.study.loop import complete
from scaling_search.study.progress import Progress
from scaling_search.study.proposer import AllAtOnce

#: Seconds that a run sleeps at least and at most.
SLEEP = (0.5, 1.5)


class Timers:
    """Answers futures in their time, in one thread."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Future[Any], Any]] = []
        self._changed = threading.Condition()
        self._numbers = count()
        #: Seconds of all sleep so far.
        self.slept = 0.0
        threading.Thread(target=self._serve, daemon=True).start()

    def answer(self, seconds: float, answer: Any) -> Future[Any]:
        """A future that gets the answer after so many seconds."""
        future: Future[Any] = Future()
        self.slept += seconds
        with self._changed:
            due = time.monotonic() + seconds
            heapq.heappush(self._heap, (due, next(self._numbers), future, answer))
            if self._heap[0][2] is future:
                self._changed.notify()
        return future

    def _serve(self) -> None:
        while True:
            with self._changed:
                now = time.monotonic()
                if not self._heap or self._heap[0][0] > now:
                    self._changed.wait(self._heap[0][0] - now if self._heap else None)
                    continue
                _, _, future, answer = heapq.heappop(self._heap)
            future.set_result(answer)


def megabytes() -> float:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(runs: int, slots: int, store: str) -> dict[str, float]:
    """What a study of so many sleeping runs takes."""
    specs, timers, rng = specs_of(runs), Timers(), random.Random(0)
    database, progress = Database(store), Progress()
    before, began, cpu = megabytes(), time.perf_counter(), time.process_time()
    complete(
        AllAtOnce(specs),
        database,
        InlineExecutor(lambda job: timers.answer(rng.uniform(*SLEEP), no_training(job)), slots),
        lambda spec: Job(spec=spec, data=DataSettings()),
        attempts=1,
        timeout=600,
        progress=progress,
        study="scale",
        step="search",
    )
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    assert (progress.done, progress.failures) == (runs, [])
    assert len(database.known_keys(spec.key for spec in specs)) == runs
    database.close()
    return {
        "runs": runs,
        "seconds": seconds,
        "cpu": cpu,
        "busy": timers.slept / seconds,
        "megabytes": megabytes(),
        "of_runs": megabytes() - before,
    }


def main() -> None:
    runs, slots = int(sys.argv[1]), int(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:
        store = sys.argv[3] if len(sys.argv) > 3 else f"sqlite:///{Path(folder) / 'store.db'}"
        print(json.dumps(measure(runs, slots, store)))


if __name__ == "__main__":
    main()
