"""Both engines, one of them on a Ray cluster of this machine with 8 pretended GPUs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from engines import GPUS, Engine

from scaling_search.execution import Executor, LocalExecutor, Say, device


@pytest.fixture(scope="module")
def imports_of_workers() -> Iterator[None]:
    """Ray's workers find the modules of these tests, as those of multiprocessing do."""
    with pytest.MonkeyPatch.context() as patch:
        paths = [str(Path(__file__).parent), *filter(None, sys.path)]
        patch.setenv("PYTHONPATH", os.pathsep.join(paths))
        yield


@pytest.fixture(scope="module")
def ray_here(imports_of_workers: None) -> Iterator[Any]:
    """Ray, connected to a cluster of one node."""
    pytest.importorskip("ray", reason="the extra ray is not installed")
    from scaling_search.execution.ray_connection import import_ray

    ray = import_ray()
    ray.init(
        address="local",
        num_cpus=2,
        num_gpus=GPUS,
        object_store_memory=100 << 20,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="error",
    )
    yield ray
    ray.shutdown()


@pytest.fixture(params=["local", "ray"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Makes executors of one of the engines."""

    def local(
        function: Callable[[Any, Say], Any], slots: int, runs_per_gpu: int = 0
    ) -> Executor[Any, Any]:
        monkeypatch.setattr(device, "gpu_count", lambda: GPUS if runs_per_gpu else 0)
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        return LocalExecutor(function, slots)

    def on_ray(
        function: Callable[[Any, Say], Any], slots: int, runs_per_gpu: int = 0
    ) -> Executor[Any, Any]:
        from scaling_search.execution.ray_cluster import RayExecutor

        return RayExecutor(function, workers=slots, cpus=2 / slots, runs_per_gpu=runs_per_gpu)

    if request.param == "local":
        return local
    request.getfixturevalue("ray_here")
    return on_ray
