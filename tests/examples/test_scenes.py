"""The drawn scenes: always the same, and what is said of them is what is on them."""

from __future__ import annotations

import torch
from scenes import MOST, SHAPES, SIDE, load_scenes


def test_the_first_scenes_are_the_same_whatever_the_count() -> None:
    few, more = load_scenes("val", 3), load_scenes("val", 5)
    assert torch.equal(few.images, more.images[:3])
    assert torch.equal(few.boxes, more.boxes[:3])
    assert not torch.equal(load_scenes("test", 3).images, few.images)


def test_boxes_bound_the_masks() -> None:
    scenes = load_scenes("train", 30)
    assert scenes.labels.shape == (30, MOST)
    seen = set()
    for mask, boxes, labels in zip(scenes.masks, scenes.boxes, scenes.labels):
        for box, label in zip(boxes[labels >= 0], labels[labels >= 0].tolist()):
            left, top, right, bottom = (box * SIDE).tolist()
            cut = mask[int(top) : int(bottom) + 2, int(left) : int(right) + 2]
            rows, columns = (cut == label + 1).nonzero(as_tuple=True)
            assert abs(rows.max() - rows.min() + 1 - (bottom - top)) < 2
            assert abs(columns.max() - columns.min() + 1 - (right - left)) < 2
            seen.add(label)
        assert set(mask.unique().tolist()) - {0} == {n + 1 for n in labels.tolist() if n >= 0}
    assert seen == set(range(len(SHAPES)))


def test_resizing_leaves_boxes_and_masks() -> None:
    scenes = load_scenes("val", 3)
    small = scenes.resized(24)
    assert small.images.shape == (3, 3, 24, 24)
    assert small.boxes is scenes.boxes
    assert small.masks is scenes.masks
