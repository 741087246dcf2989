"""Ray alone: nodes that come and go, processes that are kept, and one that is not installed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from worker_tasks import act, draw, eventually, run

from scaling_search.errors import InvalidInput
from scaling_search.execution import Began, ExecutorSettings, WorkerLost


@pytest.fixture(scope="module")
def cluster(imports_of_workers: None) -> Iterator[Any]:
    """A cluster of one node with a CPU, to which tests add others; connected."""
    pytest.importorskip("ray", reason="the extra ray is not installed")
    from scaling_search.execution.ray_connection import import_ray

    ray = import_ray()
    from ray.cluster_utils import Cluster

    args = {"num_cpus": 1, "object_store_memory": 100 << 20, "include_dashboard": False}
    made = Cluster(initialize_head=True, head_node_args=args)
    ray.init(address=made.address, log_to_driver=False, logging_level="error")
    yield made
    ray.shutdown()
    made.shutdown()


def wait_for_begin(executor: Any, future: Any) -> None:
    while not any(one is future and isinstance(what, Began) for one, what in executor.news(60)):
        assert not future.done()


@pytest.mark.long
def test_nodes_come_and_go(cluster: Any) -> None:
    from scaling_search.execution.ray_cluster import RayExecutor

    with RayExecutor(act) as executor:
        assert executor.slots == 1
        first = executor.submit(("sleep", 8))
        wait_for_begin(executor, first)
        node = cluster.add_node(num_cpus=1, object_store_memory=100 << 20)
        assert eventually(executor.can_take)
        second = executor.submit(("sleep", 600))
        wait_for_begin(executor, second)
        cluster.remove_node(node, allow_graceful=False)
        with pytest.raises(WorkerLost):
            second.result(timeout=60)
        # The node's loss is its own task's, whose place is gone.
        assert first.result(timeout=60) > 0
        executor.release(second)
        executor.release(first)
        assert eventually(lambda: executor.slots == 1)
        assert run(executor) > 0


@pytest.mark.long
def test_processes_are_kept_but_after_an_error(cluster: Any) -> None:
    from scaling_search.execution.ray_cluster import RayExecutor

    with RayExecutor(act) as executor:
        first = run(executor)
        assert run(executor) == first
        with pytest.raises(ValueError, match="as asked"):
            run(executor, "fail")
        assert run(executor) != first


def test_pixels_are_drawn_once_on_a_node(cluster: Any, tmp_path: Path) -> None:
    from scaling_search.execution.ray_cluster import RayExecutor

    with RayExecutor(draw, workers=2, cpus=0.5) as executor:
        futures = [executor.submit(str(tmp_path)) for _ in range(2)]
        sums = [future.result(timeout=60) for future in futures]
        for future in futures:
            executor.release(future)
    assert sums[0][0] == sums[1][0] == 64 * sum(range(40))
    assert sums[0][1] != sums[1][1]
    assert len((tmp_path / "drawn").read_text().split()) == 40


def test_a_cluster_without_gpus_is_refused_by_name(cluster: Any) -> None:
    from scaling_search.execution.ray_cluster import RayExecutor

    with pytest.raises(InvalidInput, match=r"no node of the Ray cluster has a GPU"):
        RayExecutor(act, runs_per_gpu=1)
    # One that grows by itself may have them later.
    with RayExecutor(act, runs_per_gpu=1, workers=4) as executor:
        assert executor.slots == 4


class Nowhere:
    """Comes from a module that workers lack."""

    def __reduce__(self) -> Any:
        return __import__, ("no_such_module_anywhere",)


def test_a_task_of_a_module_that_is_not_there_fails_by_name(cluster: Any) -> None:
    """What goes wrong before the task runs is told as it is."""
    from scaling_search.execution.ray_cluster import RayExecutor

    with RayExecutor(act) as executor:
        future = executor.submit(Nowhere())  # type: ignore[arg-type]
        with pytest.raises(ModuleNotFoundError, match="no_such_module_anywhere"):
            future.result(timeout=60)
        executor.release(future)


def test_ray_that_is_missing_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    settings = ExecutorSettings(kind="ray")
    with pytest.raises(InvalidInput, match=r"pip install 'scaling-search\[ray\]'"):
        settings.start(act, "cpu")


def test_a_cluster_that_is_not_there_is_named() -> None:
    pytest.importorskip("ray", reason="the extra ray is not installed")
    code = (
        "from scaling_search.execution import ExecutorSettings\n"
        "ExecutorSettings(kind='ray', address='ray://nowhere:1').start(print, 'cpu')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (
        "InvalidInput: executor.address is 'ray://nowhere:1', but nobody answers there"
        in done.stderr
    )


def test_a_plan_imports_no_ray(tmp_path: Path) -> None:
    code = (
        "import sys; from scaling_search.__main__ import main; "
        "sys.argv[1:] = ['+sweep=grid', 'executor=ray', 'executor.address=auto', 'dry_run=true']; "
        "main(); sys.exit('ray' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, env=os.environ
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "Nothing was trained" in done.stdout
