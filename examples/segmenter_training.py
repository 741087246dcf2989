"""Trains a segmenter, and measures its mean intersection over union."""

from __future__ import annotations

from collections.abc import Callable

import torch
from scenes import Scenes
from torch import Tensor, nn
from torch.nn import functional as F


def fit(
    model: nn.Module,
    train: Scenes,
    val: Scenes,
    epochs: int,
    seed: int = 0,
    batch: int = 32,
    lr: float = 2e-2,
    after_epoch: Callable[[int, float], None] = lambda epoch, iou: None,
) -> None:
    """Train for some epochs; tells the IoU on val after each."""
    model.to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(model.parameters(), lr, weight_decay=0.05)
    steps = epochs * (len(train.images) // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, steps)
    order = torch.Generator().manual_seed(seed)
    for epoch in range(1, epochs + 1):
        model.train()
        shuffled = torch.randperm(len(train.images), generator=order)
        for rows in shuffled[: steps // epochs * batch].split(batch):
            logits = model(to_float(train.images[rows]))
            # Of the mask, what lies under the middle of each pixel of the answer.
            masks = train.masks[rows, None].float()
            masks = F.interpolate(masks, logits.shape[2:], mode="nearest-exact")
            loss = F.cross_entropy(logits, masks[:, 0].long())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        after_epoch(epoch, evaluate(model, val))


def to_float(images: Tensor) -> Tensor:
    """0 to 255 -> -2 to 2."""
    return images.float().sub_(127.5).div_(64)


@torch.no_grad()
def evaluate(model: nn.Module, scenes: Scenes) -> float:
    """Mean IoU of the shapes, at the size of the masks, whatever the resolution of the images."""
    model.eval()
    confusion = torch.zeros(0)
    for images, masks in zip(scenes.images.split(100), scenes.masks.split(100)):
        logits = model(to_float(images))
        logits = F.interpolate(logits, masks.shape[1:], mode="bilinear")
        some = confusion_matrix(logits.argmax(1), masks, logits.shape[1])
        confusion = some if not len(confusion) else confusion + some
    return mean_iou(confusion)


def confusion_matrix(found: Tensor, true: Tensor, kinds: int) -> Tensor:
    """(kinds, kinds): how many pixels of each kind, in rows, are taken for which, in columns."""
    pairs = true.long() * kinds + found
    return pairs.flatten().bincount(minlength=kinds**2).view(kinds, kinds)


def mean_iou(confusion: Tensor) -> float:
    """Pixels that both have over those that either has, the mean of all kinds but the ground."""
    both = confusion.diag()
    either = confusion.sum(0) + confusion.sum(1) - both
    return (both / either)[1:].mean().item()
