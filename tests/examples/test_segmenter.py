"""The segmenter: its measure against values worked out by hand, and its training."""

from __future__ import annotations

import pytest
import torch
from scenes import SHAPES, load_scenes
from segmenter import Segmenter
from segmenter_training import confusion_matrix, evaluate, fit, mean_iou


def network(depth: float = 1.0, width: float = 1.0) -> Segmenter:
    torch.manual_seed(0)
    return Segmenter(depth, width, 1 + len(SHAPES))


def test_intersection_over_union() -> None:
    true = torch.tensor([[[0, 0, 1, 1], [0, 2, 2, 1]]], dtype=torch.uint8)
    found = torch.tensor([[[0, 1, 1, 1], [0, 2, 0, 0]]])
    confusion = confusion_matrix(found, true, 3)
    assert confusion.tolist() == [[2, 1, 0], [1, 2, 0], [1, 0, 1]]
    # Class 1: 2 pixels in common of 4 in either; class 2: 1 of 2. The ground does not count.
    assert mean_iou(confusion) == pytest.approx((2 / 4 + 1 / 2) / 2)


@pytest.mark.parametrize("side", [32, 49])
def test_it_answers_at_half_of_any_resolution(side: int) -> None:
    half = -(-side // 2)
    assert network()(torch.zeros(1, 3, side, side)).shape == (1, 1 + len(SHAPES), half, half)


def test_masks_count_at_their_own_size() -> None:
    class Ground(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.tensor([1.0, 0, 0, 0, 0]).view(1, 5, 1, 1).expand(len(x), 5, 4, 4)

    val = load_scenes("val", 20)
    assert evaluate(Ground(), val) == evaluate(Ground(), val.resized(24)) == 0


def test_one_seed_gives_one_training() -> None:
    train, val = load_scenes("train", 64).resized(32), load_scenes("val", 20).resized(32)
    told: list[list[tuple[int, float]]] = [[], []]
    models = [network(0.5, 0.5), network(0.5, 0.5)]
    for model, heard in zip(models, told):
        fit(model, train, val, 1, seed=3, after_epoch=lambda *now, into=heard: into.append(now))
    assert told[0] == told[1] == [(1, evaluate(models[0], val))]
    for one, other in zip(models[0].state_dict().values(), models[1].state_dict().values()):
        assert torch.equal(one, other)
