"""Trains a detector, and measures its mean average precision."""

from __future__ import annotations

from collections.abc import Callable

import torch
from boxes import average_precision, giou, iou, suppress
from detector import Detector, cells
from scenes import Scenes
from torch import Tensor, nn
from torch.nn import functional as F

#: Detections of an image that are looked at.
MOST = 100


def fit(
    model: Detector,
    train: Scenes,
    val: Scenes,
    epochs: int,
    seed: int = 0,
    batch: int = 16,
    lr: float = 1.2e-2,
    after_epoch: Callable[[int, float], None] = lambda epoch, val_map: None,
) -> None:
    """Train for some epochs; tells the mAP on val after each."""
    model.to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(model.parameters(), lr, weight_decay=0.05)
    steps = epochs * (len(train.images) // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, steps)
    order = torch.Generator().manual_seed(seed)
    for epoch in range(1, epochs + 1):
        model.train()
        for rows in torch.randperm(len(train.images), generator=order).split(batch):
            if len(rows) < batch:
                continue
            images = to_float(train.images[rows])
            loss = detection_loss(model(images), train.boxes[rows], train.labels[rows], images)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 10.0)
            optimizer.step()
            schedule.step()
        after_epoch(epoch, evaluate(model, val)[0])


def to_float(images: Tensor) -> Tensor:
    """0 to 255 -> -2 to 2."""
    return images.float().sub_(127.5).div_(64)


def detection_loss(
    out: tuple[Tensor, Tensor], true_boxes: Tensor, labels: Tensor, images: Tensor
) -> Tensor:
    """A cell near the middle of a true box has to give it, and to score as well as it overlaps."""
    boxes, scores = out
    side = images.shape[-1]
    true_boxes = true_boxes * side
    centres, strides = cells(side)
    middles = (true_boxes[..., :2] + true_boxes[..., 2:]) / 2
    # (B, M, cells): how many cells away, in the direction in which that is more
    apart = ((middles[:, :, None] - centres).abs() / strides).amax(-1)
    apart = apart.masked_fill(labels[..., None] < 0, torch.inf)
    nearest, which = apart.min(1)
    image, cell = (nearest < 1).nonzero(as_tuple=True)
    box = which[image, cell]
    mine, theirs = boxes[image, cell], true_boxes[image, box]
    target = torch.zeros_like(scores)
    target[image, cell, labels[image, box]] = (1 + iou(mine, theirs).detach()) / 2
    score_loss = F.binary_cross_entropy_with_logits(scores, target, reduction="sum")
    return (score_loss + 2 * (1 - giou(mine, theirs)).sum()) / max(1, len(image))


@torch.no_grad()
def detect(model: nn.Module, images: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Boxes (B, D, 4) as fractions, scores, labels, and which of them count (B, D)."""
    boxes, logits = model(to_float(images))
    kinds = logits.shape[-1]
    scores, index = logits.sigmoid().flatten(1).sort(dim=-1, descending=True, stable=True)
    scores, index = scores[:, :MOST], index[:, :MOST]
    boxes = boxes.gather(1, (index // kinds)[..., None].expand(-1, -1, 4)) / images.shape[-1]
    labels = index % kinds
    return boxes, scores, labels, suppress(boxes, scores, labels) & (scores > 0.01)


def evaluate(model: nn.Module, scenes: Scenes) -> tuple[float, float]:
    """mAP (IoU .50 to .95) and mAP50."""
    model.eval()
    found: list[list[Tensor]] = [[], [], []]
    for images in scenes.images.split(100):
        *all_found, kept = detect(model, images)
        for store, values in zip(found, all_found):
            store += [value[keep] for value, keep in zip(values, kept)]
    there = [labels >= 0 for labels in scenes.labels]
    true = [[v[keep] for v, keep in zip(values, there)] for values in (scenes.boxes, scenes.labels)]
    return average_precision(*found, *true)
