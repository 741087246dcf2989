"""Boxes (left, top, right, bottom): how well they agree, and how good detections are."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

#: What COCO averages over.
THRESHOLDS = np.linspace(0.5, 0.95, 10)


def area(boxes: Tensor) -> Tensor:
    """(..., 4) -> (...)."""
    return (boxes[..., 2:] - boxes[..., :2]).clamp(min=0).prod(-1)


def iou(one: Tensor, other: Tensor) -> Tensor:
    """Intersection over union of boxes (..., 4); shapes broadcast."""
    common = torch.cat(
        [torch.maximum(one[..., :2], other[..., :2]), torch.minimum(one[..., 2:], other[..., 2:])],
        -1,
    )
    inter = area(common)
    return inter / (area(one) + area(other) - inter).clamp(min=1e-9)


def giou(one: Tensor, other: Tensor) -> Tensor:
    """IoU less the part of the common hull that neither covers (Rezatofighi et al. 2019)."""
    hull = area(
        torch.cat(
            [
                torch.minimum(one[..., :2], other[..., :2]),
                torch.maximum(one[..., 2:], other[..., 2:]),
            ],
            -1,
        )
    ).clamp(min=1e-9)
    both = iou(one, other)
    union = (area(one) + area(other)) / (1 + both)
    return both - (hull - union) / hull


def suppress(boxes: Tensor, scores: Tensor, labels: Tensor, threshold: float = 0.6) -> Tensor:
    """Non-maximum suppression in each image (B) and class: which detections (B, D) are kept.

    The best is kept, and what overlaps it by more than the threshold is dropped, and so on.
    """
    order = scores.argsort(dim=-1, descending=True, stable=True)
    boxes = boxes.gather(1, order[..., None].expand(-1, -1, 4))
    labels = labels.gather(1, order)
    same = labels[:, :, None] == labels[:, None]
    clash = same & (iou(boxes[:, :, None], boxes[:, None]) > threshold)
    clash = clash.triu(1)
    kept = torch.ones_like(labels, dtype=torch.bool)
    for best in range(kept.shape[1]):
        kept &= ~(clash[:, best] & kept[:, best, None])
    return torch.zeros_like(kept).scatter(1, order, kept)


@torch.no_grad()
def average_precision(
    boxes: list[Tensor],
    scores: list[Tensor],
    labels: list[Tensor],
    true_boxes: list[Tensor],
    true_labels: list[Tensor],
) -> tuple[float, float]:
    """mAP over the IoU thresholds .50 to .95, and mAP50, of lists with one entry an image.

    As COCO does it: the mean over classes and thresholds of the precision at 101 recalls.
    """
    means = []
    for label in torch.cat(true_labels).unique().tolist():
        found, hits, count = [], [], 0
        for box, score, kind, true_box, true_kind in zip(
            boxes, scores, labels, true_boxes, true_labels
        ):
            mine, theirs = kind == label, true_kind == label
            order = score[mine].argsort(descending=True, stable=True)
            overlaps = iou(box[mine][order][:, None], true_box[theirs])
            found.append(score[mine][order].numpy())
            hits.append(_hits(overlaps.numpy()))
            count += int(theirs.sum())
        ranked = np.argsort(-np.concatenate(found), kind="stable")
        means.append(_average(np.concatenate(hits)[ranked], count))
    at_threshold = np.mean(means, axis=0)
    return float(at_threshold.mean()), float(at_threshold[0])


def _hits(overlaps: np.ndarray) -> np.ndarray:
    """(D, T): which of D detections, the best first, find a box that none has found before."""
    hits = np.zeros((len(overlaps), len(THRESHOLDS)), bool)
    free = np.ones((len(THRESHOLDS), overlaps.shape[1]), bool)
    rows = np.arange(len(THRESHOLDS))
    if overlaps.shape[1]:
        for detection, row in enumerate(overlaps):
            left = np.where(free & (row >= THRESHOLDS[:, None]), row, -1)
            best = left.argmax(1)
            hits[detection] = left[rows, best] >= 0
            free[rows, best] &= ~hits[detection]
    return hits


def _average(hits: np.ndarray, count: int) -> np.ndarray:
    """(T,): average precision at each threshold, of ranked hits (D, T) and `count` true boxes."""
    good = hits.cumsum(0)
    precision = good / np.arange(1, len(hits) + 1)[:, None]
    best_from_here = np.maximum.accumulate(precision[::-1], 0)[::-1]
    levels = np.linspace(0, 1, 101)
    averages = np.zeros(hits.shape[1])
    for column in range(hits.shape[1]):
        first = np.searchsorted(good[:, column] / count, levels, side="left")
        reached = first[first < len(hits)]
        averages[column] = best_from_here[reached, column].sum() / len(levels)
    return averages
