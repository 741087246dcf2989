"""Runs that start from the weights of another run."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from scaling_search.baselines import OwnNetwork, build_network, load_baseline, scale_by
from scaling_search.errors import InvalidInput
from scaling_search.proxy import DataSettings, Job, ProxyTask, Recipe, RunSpec, carry_out
from scaling_search.proxy.growth import take_over
from scaling_search.proxy.weights_file import read_weights, write_weights
from scaling_search.trainers import JobTravel


def network_of(classes: int) -> Any:
    baseline = load_baseline("efficientnet_micro", classes, in_channels=1, resolution=12)
    return scale_by(baseline, depth_mult=0.5, width_mult=0.5, resolution=12).network


SPEC = RunSpec(
    network=network_of(36),
    resolution=12,
    task="of the source",
    recipe=Recipe(epochs=1, batch_size=32, optimizer="sgd", learning_rate=0.1),
    dropout=0.1,
    stochastic_depth=0.1,
    seed=0,
    device="cpu",
    torch_version="2.13.0+cpu",
)


def test_the_key_follows_the_start_and_is_as_ever_without_one() -> None:
    assert '"start"' not in SPEC.content
    tuned = replace(SPEC, start=SPEC)
    keys = {
        SPEC.key,
        tuned.key,
        replace(SPEC, start=replace(SPEC, seed=1)).key,
        replace(SPEC, start=tuned).key,
    }
    assert len(keys) == 4
    assert replace(tuned, rung=1).whole.key == tuned.key


@pytest.fixture
def chain(glyph_data: DataSettings, glyph_task: ProxyTask, tmp_path: Path) -> Job:
    """A run that starts from one that itself starts from another, none of them carried out."""
    job: Job | None = None
    for name, seed in (("first", 0), ("second", 1), ("third", 2)):
        before = None if job is None else job.spec
        spec = replace(SPEC, task=glyph_task.identity, seed=seed, start=before)
        job = Job(spec=spec, data=glyph_data, weights=tmp_path / name, start=job)
    assert job is not None
    return job


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    "damage",
    [
        Path.unlink,
        flipped,
        lambda path: path.write_bytes(path.read_bytes()[:-4]),
        lambda path: path.write_bytes(b""),
        lambda path: write_weights(path, {"x": torch.zeros(1)}, {"run": "another"}),
        lambda path: (path.unlink(), os.mkfifo(path)),
    ],
)
def test_a_run_comes_to_the_same_whatever_became_of_its_source(chain: Job, damage: Any) -> None:
    assert chain.start is not None
    assert chain.start.start is not None
    assert chain.weights is not None
    first, second = chain.start.start.weights, chain.start.weights
    assert first is not None
    assert second is not None
    carry_out(chain.start.start)
    carry_out(chain.start)
    before = carry_out(chain)
    kept, written = read_weights(chain.weights), second.read_bytes()
    damage(second)
    first.unlink()
    again = carry_out(chain)
    assert again.result == before.result
    assert second.read_bytes() == written
    assert all(torch.equal(kept[name], t) for name, t in read_weights(chain.weights).items())
    # It did start from there.
    alone = carry_out(replace(chain, spec=replace(chain.spec, start=None), start=None))
    assert alone.result.curve != before.result.curve


def test_a_source_of_another_torch_or_machine_is_made_there(chain: Job, tmp_path: Path) -> None:
    spec = replace(chain.spec, torch_version=torch.__version__)
    travel, there = JobTravel(), tmp_path / "there"
    assert chain.start is not None
    start = replace(chain.start, spec=replace(SPEC, torch_version=torch.__version__), start=None)
    job = replace(chain, spec=spec, start=start)
    assert start.weights is not None
    start.weights.write_bytes(b"weights")
    moved = travel.unpack(travel.pack(job), there)
    assert moved.start is not None
    assert moved.start.weights == there / "weights" / "second"
    assert moved.start.weights.read_bytes() == b"weights"
    # What was trained there comes home.
    moved.start.weights.write_bytes(b"trained there")
    travel.put(job, travel.collect(moved))
    assert start.weights.read_bytes() == b"trained there"


def trained(classes: int) -> dict[str, torch.Tensor]:
    module = build_network(network_of(classes), 12, 0.0, 0.0)
    return {name: t + 1 for name, t in module.state_dict().items()}


@pytest.mark.parametrize(("classes", "keep"), [(36, True), (36, False), (5, True), (5, False)])
def test_all_but_another_classifier_is_taken_over(classes: int, keep: bool) -> None:
    module = build_network(network_of(classes), 12, 0.0, 0.0)
    before = {name: t.clone() for name, t in module.state_dict().items()}
    weights = trained(36)
    take_over(module, network_of(classes), weights, network_of(36), keep)
    anew = classes == 5 or not keep
    for name, tensor in module.state_dict().items():
        expected = before if anew and name.startswith("classifier.") else weights
        assert torch.equal(tensor, expected[name]), name


def test_of_an_own_network_the_last_layer_of_so_many_classes_is_its_classifier() -> None:
    def network() -> nn.Module:
        return nn.Sequential(nn.Conv2d(1, 5, 3), nn.Flatten(), nn.Linear(20, 5), nn.Softmax(1))

    source, module = network(), network()
    before = {name: t.clone() for name, t in module.state_dict().items()}
    weights = source.state_dict()
    own = OwnNetwork("mine.network", 1.0, 1.0, num_classes=5, in_channels=1)
    take_over(module, own, weights, own, keep_classifier=False)
    for name, tensor in module.state_dict().items():
        assert torch.equal(tensor, before[name] if name.startswith("2.") else weights[name]), name


@pytest.mark.parametrize("change", ["shape", "missing", "more"])
def test_weights_of_another_network_are_refused(change: str) -> None:
    weights = trained(36)
    name = next(iter(weights))
    if change == "shape":
        weights[name] = weights[name][1:]
    elif change == "missing":
        del weights[name]
    else:
        weights["further"] = weights[name]
    module = build_network(network_of(36), 12, 0.0, 0.0)
    with pytest.raises(InvalidInput, match=r"do not fit the network.*same network"):
        take_over(module, network_of(36), weights, network_of(36))
