"""Nodes of a Ray cluster join and are killed while a study's runs go on, all on this machine.

    python benchmarks/ray_nodes.py --nodes 64 --alive 8 --runs 450

Runs sleep for a second. Every two seconds a node that the seed chooses is killed (raylet and
workers) and another joins, until so many have joined; of `--alive` at a time each has one CPU.
Prints what was lost, and ends with exit code 1 where a run is missing.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks_driver import sleeping, specs_of

from scaling_search.execution.ray_cluster import RayExecutor
from scaling_search.execution.ray_connection import import_ray
from scaling_search.proxy import DataSettings, Job, RunSpec
from scaling_search.study.database import Database
from scaling_search.study.loop import complete
from scaling_search.study.progress import Progress
from scaling_search.study.proposer import AllAtOnce

#: Seconds between two changes of the cluster.
PAUSE = 2.0
#: A run whose node is lost is tried again; no run meets more lost nodes than this.
ATTEMPTS = 50
_NODE: dict[str, Any] = {"num_cpus": 1, "object_store_memory": 80 << 20}


class Changing:
    """A cluster whose nodes come and go until `total` have come."""

    def __init__(self, alive: int, total: int, seed: int) -> None:
        from ray.cluster_utils import Cluster

        head = {"num_cpus": 0, "object_store_memory": 100 << 20, "include_dashboard": False}
        self.cluster = Cluster(initialize_head=True, head_node_args=head)
        self.nodes = [self.cluster.add_node(**_NODE) for _ in range(min(alive, total))]
        self.joined, self.left, self._total = len(self.nodes), 0, total
        self._random = random.Random(seed)

    def change_until(self, over: threading.Event) -> None:
        """Let nodes come and go. Ray starts them in the main thread only."""
        while not over.wait(PAUSE):
            if self.joined == self._total:
                over.wait()
                return
            lost = self.nodes.pop(self._random.randrange(len(self.nodes)))
            self.cluster.remove_node(lost, allow_graceful=False)
            self.left += 1
            self.nodes.append(self.cluster.add_node(**_NODE))
            self.joined += 1


def carry_out(specs: Sequence[RunSpec], database: Database, over: threading.Event) -> None:
    """The study's runs on the cluster."""
    try:
        with RayExecutor(sleeping) as executor:
            complete(
                AllAtOnce(specs),
                database,
                executor,
                lambda spec: Job(spec=spec, data=DataSettings()),
                attempts=ATTEMPTS,
                timeout=600,
                progress=Progress(),
            )
    finally:
        over.set()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--nodes", type=int, default=64)
    parser.add_argument("--alive", type=int, default=8)
    parser.add_argument("--runs", type=int, default=450)
    parser.add_argument("--seed", type=int, default=2026)
    given = parser.parse_args()
    # Workers find their function beside this file.
    paths = [str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    ray = import_ray()
    began = time.perf_counter()
    changing = Changing(given.alive, given.nodes, given.seed)
    ray.init(address=changing.cluster.address, log_to_driver=False, logging_level="error")
    ready, over, specs = time.perf_counter(), threading.Event(), specs_of(given.runs)
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'store.db'}")
        driver = threading.Thread(target=carry_out, args=(specs, database, over))
        driver.start()
        changing.change_until(over)
        driver.join()
        seconds = time.perf_counter() - ready
        lost = database.failures([spec.key for spec in specs])
        known = database.known_keys(spec.key for spec in specs)
        database.close()
    ray.shutdown()
    changing.cluster.shutdown()
    print(
        f"{changing.joined} nodes joined, {len(changing.nodes)} at a time, {changing.left} were "
        f"killed; {len(known)} of {given.runs} runs recorded in {seconds:.0f} s, {len(lost)} "
        f"attempts lost; the cluster took {ready - began:.0f} s to start"
    )
    sys.exit(len(known) != given.runs)


if __name__ == "__main__":
    main()
