"""The detector: what it costs, what it is trained towards, and that a seed gives one training."""

from __future__ import annotations

import pytest
import torch
from detector import Detector, cells
from detector_training import detection_loss, evaluate, fit
from scenes import SHAPES, load_scenes
from torch import nn


def network(depth: float = 1.0, width: float = 1.0) -> Detector:
    torch.manual_seed(0)
    return Detector(depth, width, len(SHAPES))


def parameters(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())


def test_it_has_a_few_hundred_thousand_parameters_and_is_scaled() -> None:
    assert 200_000 < parameters(network()) < 300_000
    assert parameters(network(depth=1.5)) > 1.1 * parameters(network())
    assert parameters(network(width=1.5)) > 2 * parameters(network())


@pytest.mark.parametrize("side", [32, 49, 63])
def test_every_cell_gives_a_box_at_any_resolution(side: int) -> None:
    boxes, scores = network()(torch.zeros(2, 3, side, side))
    centres, sides = cells(side)
    assert boxes.shape == (2, len(centres), 4)
    assert scores.shape == (2, len(centres), len(SHAPES))
    assert (boxes[..., 2:] > boxes[..., :2]).all()
    assert sides.unique().tolist() == [8, 16]


def test_cells_lie_row_by_row() -> None:
    centres, _ = cells(16)
    assert centres.tolist() == [[4, 4], [12, 4], [4, 12], [12, 12], [8, 8]]


def test_the_true_boxes_with_sure_scores_cost_least() -> None:
    images = torch.zeros(1, 3, 16, 16)
    true, labels = torch.tensor([[[0.0, 0.0, 0.5, 0.5], [0, 0, 0, 0]]]), torch.tensor([[2, -1]])
    right = torch.tensor([0.0, 0, 8, 8]).expand(1, 5, 4)
    # The box's middle is (4, 4): the cell there and the large one, whose middle is (8, 8).
    sure = torch.full((1, 5, 4), -20.0)
    sure[0, [0, 4], 2] = 20
    best = detection_loss((right, sure), true, labels, images).item()
    assert best == pytest.approx(0, abs=1e-5)
    assert detection_loss((right + 2, sure), true, labels, images).item() > 0.5
    assert detection_loss((right, sure.roll(1, -1)), true, labels, images).item() > 10


def test_nothing_to_find_is_trained_too() -> None:
    images, labels = torch.zeros(2, 3, 16, 16), torch.tensor([[-1, -1]] * 2)
    out = network()(images)
    loss = detection_loss(out, torch.zeros(2, 2, 4), labels, images)
    loss.backward()
    assert loss.isfinite()


def test_one_seed_gives_one_training() -> None:
    train, val = load_scenes("train", 64).resized(32), load_scenes("val", 20).resized(32)
    told: list[list[tuple[int, float]]] = [[], []]
    models = [network(0.5, 0.5), network(0.5, 0.5)]
    for model, heard in zip(models, told):
        fit(model, train, val, 1, seed=3, after_epoch=lambda *now, into=heard: into.append(now))
    assert told[0] == told[1]
    assert [epoch for epoch, _ in told[0]] == [1]
    for one, other in zip(models[0].state_dict().values(), models[1].state_dict().values()):
        assert torch.equal(one, other)
    assert 0 <= evaluate(models[0], val)[0] <= evaluate(models[0], val)[1] <= 1
