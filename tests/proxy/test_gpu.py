"""A run on a GPU: to be run where there is one, `pytest tests/proxy/test_gpu.py`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from scaling_search.baselines import load_baseline, measure_latency, scale_by
from scaling_search.execution import resolve_device, torch_version
from scaling_search.proxy import DataSettings, Job, Recipe, RunSpec, carry_out, proxy_task
from scaling_search.proxy.weights_file import read_weights

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")

RECIPE = Recipe(
    epochs=3,
    batch_size=64,
    optimizer="sgd",
    learning_rate=0.6,
    warmup=0.3,
    weight_decay=5e-4,
)
MEMBER = scale_by(
    load_baseline("efficientnet_micro", num_classes=36, in_channels=1, resolution=20),
    depth_mult=1,
    width_mult=1,
    resolution=20,
)


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Job:
    folder = tmp_path_factory.mktemp("gpu")
    data = DataSettings(train_images=7000, test_images=1000, cache_dir=str(folder))
    spec = RunSpec(
        network=MEMBER.network,
        resolution=MEMBER.resolution,
        task=proxy_task(data).identity,
        recipe=RECIPE,
        dropout=0.1,
        stochastic_depth=0.1,
        seed=0,
        device="cuda",
        torch_version=torch_version(),
    )
    return Job(spec=spec, data=data, checkpoints=folder / "checkpoints")


def test_the_gpu_is_found() -> None:
    assert resolve_device("auto") == "cuda"


def test_a_run_learns_and_gives_the_same_bits_again(job: Job) -> None:
    first, second = (carry_out(replace(job, checkpoints=None)).result for _ in range(2))
    assert first == second
    assert first.test_error is not None
    # Of 36 classes chance leaves 97 % wrong.
    assert first.test_error < 0.9
    assert first.curve[-1].train_loss < first.curve[0].train_loss


@pytest.mark.parametrize("optimizer", ["sgd", "adamw", "rmsprop", "muon"])
def test_a_run_that_stopped_at_a_rung_goes_on_to_the_same_bits(job: Job, optimizer: str) -> None:
    recipe = replace(RECIPE, optimizer=optimizer, learning_rate=0.01)
    whole = replace(job.spec, recipe=recipe)
    alone = carry_out(Job(spec=whole, data=job.data)).result
    for rung in (1, 3):
        carry_out(replace(job, spec=replace(whole, rung=rung)))
    assert carry_out(replace(job, spec=whole)).result == alone


def test_weights_of_a_gpu_run_load_anywhere(job: Job, tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    carry_out(Job(spec=job.spec, data=job.data, weights=path))
    network = MEMBER.build()
    network.load_state_dict(read_weights(path))
    assert all(p.device.type == "cpu" for p in network.parameters())


def test_latency_on_the_gpu() -> None:
    (measured,) = measure_latency([MEMBER], rounds=3, batch_size=256, device="cuda")
    assert measured.device == "cuda"
    assert np.isfinite(measured.seconds_per_image).all()
    # A batch keeps the GPU busier than one image does.
    assert measured.images_per_second.median > 5 / measured.seconds_per_image.median
