"""Which optimizer steps which weights, and what a step of Muon does."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from scaling_search.baselines import load_baseline, scale_by
from scaling_search.proxy import Recipe
from scaling_search.proxy.optimizer import ADAMW_PER_MUON, make_optimizers

RECIPE = Recipe(learning_rate=0.1, momentum=0.9, weight_decay=0.5)
MUON = replace(RECIPE, optimizer="muon")
BASELINE = load_baseline("efficientnet_micro", num_classes=36, in_channels=1, resolution=10)
MEMBER = scale_by(BASELINE, depth_mult=0.5, width_mult=0.5, resolution=10)


@pytest.mark.parametrize("optimizer", ["sgd", "adamw", "rmsprop", "muon"])
def test_weight_decay_spares_norms_and_biases(optimizer: str) -> None:
    network = MEMBER.build()
    optimizers = make_optimizers(network, replace(RECIPE, optimizer=optimizer))
    groups = [group for o in optimizers for group in o.param_groups]
    decayed = {id(p) for g in groups if g["weight_decay"] > 0 for p in g["params"]}
    for module in network.modules():
        for name, parameter in module.named_parameters(recurse=False):
            is_kernel = name == "weight" and not isinstance(module, torch.nn.BatchNorm2d)
            assert (id(parameter) in decayed) == is_kernel
    assert sum(len(g["params"]) for g in groups) == len(list(network.parameters()))


def test_muon_steps_dense_kernels_and_adamw_the_rest() -> None:
    network = MEMBER.build()
    muon, adamw = make_optimizers(network, MUON)
    by_muon, by_adamw = (
        {id(p) for group in o.param_groups for p in group["params"]} for o in (muon, adamw)
    )
    assert not by_muon & by_adamw
    for module in network.modules():
        dense = isinstance(module, nn.Conv2d) and module.groups == 1
        for name, parameter in module.named_parameters(recurse=False):
            wanted = by_muon if dense and name == "weight" else by_adamw
            assert id(parameter) in wanted
    assert {group["share"] for group in muon.param_groups} == {1.0}
    assert {group["share"] for group in adamw.param_groups} == {ADAMW_PER_MUON}


def test_muon_of_a_network_with_a_classifier_alone_is_adamw() -> None:
    (adamw,) = make_optimizers(nn.Sequential(nn.Flatten(), nn.Linear(4, 2)), MUON)
    assert isinstance(adamw, torch.optim.AdamW)


def test_a_weight_that_two_layers_share_is_stepped_once() -> None:
    first, second = nn.Linear(4, 4), nn.Linear(4, 4)
    second.weight = first.weight
    muon, adamw = make_optimizers(nn.Sequential(first, second, nn.Linear(4, 2)), MUON)
    counted = [sum(len(g["params"]) for g in o.param_groups) for o in (muon, adamw)]
    assert counted == [1, 4]


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(5, 7, 3),
        nn.Conv2d(5, 7, 3).to(memory_format=torch.channels_last),  # type: ignore[call-overload]
        nn.Conv2d(1, 12, 3).to(memory_format=torch.channels_last),  # type: ignore[call-overload]
        nn.Conv2d(24, 6, 1).to(memory_format=torch.channels_last),  # type: ignore[call-overload]
        nn.Conv1d(4, 3, 5),
        nn.Conv3d(2, 3, 3),
        nn.Linear(6, 20),
    ],
    ids=str,
)
def test_two_steps_of_muon_by_hand(layer: nn.Linear | nn.Conv2d) -> None:
    """Jordan et al. 2024 with singular values: the polynomial acts on them alone."""
    rng = np.random.default_rng(0)
    muon, _ = make_optimizers(nn.Sequential(layer, nn.Linear(2, 2)), MUON)
    shape = layer.weight.shape
    expected = layer.weight.detach().double().numpy().reshape(shape[0], -1)
    average = np.zeros_like(expected)
    for _ in range(2):
        gradient = rng.normal(size=expected.shape)
        # In the parameter's layout, as autograd gives it.
        layer.weight.grad = torch.empty_like(layer.weight)
        layer.weight.grad.copy_(torch.from_numpy(gradient.reshape(shape)))
        muon.step()
        average = 0.9 * average + 0.1 * gradient
        left, s, right = np.linalg.svd(0.9 * average + 0.1 * gradient, full_matrices=False)
        s /= np.linalg.norm(s)
        for _ in range(5):
            s = 3.4445 * s - 4.7750 * s**3 + 2.0315 * s**5
        rate = 0.1 * math.sqrt(max(1, expected.shape[0] / expected.shape[1]))
        expected = expected * (1 - 0.1 * 0.5) - rate * (left * s) @ right
    stepped = layer.weight.detach().double().numpy().reshape(expected.shape)
    # It computes in bfloat16, with 8 bits.
    assert np.abs(stepped - expected).max() < 0.004
    assert np.abs(stepped - expected).mean() < 0.001
