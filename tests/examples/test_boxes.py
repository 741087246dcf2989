"""Overlaps, suppression and average precision against values worked out by hand."""

from __future__ import annotations

import pytest
import torch
from boxes import average_precision, giou, iou, suppress


def boxes(*rows: tuple[float, float, float, float]) -> torch.Tensor:
    return torch.tensor(rows) if rows else torch.zeros(0, 4)


def test_iou_of_a_shifted_square() -> None:
    one, half_off, apart = boxes((0, 0, 2, 2)), boxes((1, 0, 3, 2)), boxes((4, 0, 6, 2))
    assert iou(one, one).item() == pytest.approx(1)
    assert iou(one, half_off).item() == pytest.approx(2 / 6)
    assert iou(one, apart).item() == 0


def test_giou_tells_how_far_apart_boxes_are() -> None:
    one = boxes((0, 0, 2, 2))
    # The hull of 6 x 2 has 4 that neither covers.
    assert giou(one, boxes((4, 0, 6, 2))).item() == pytest.approx(-4 / 12)
    assert giou(one, boxes((1, 0, 3, 2))).item() == pytest.approx(2 / 6)


def test_suppression_drops_the_worse_of_two_in_one_class() -> None:
    where = torch.stack([boxes((0, 0, 10, 10), (0, 0, 10, 9), (0, 0, 10, 8), (20, 0, 30, 10))] * 2)
    scores = torch.tensor([[0.5, 0.9, 0.4, 0.1], [0.5, 0.9, 0.4, 0.1]])
    labels = torch.tensor([[0, 0, 0, 0], [0, 0, 1, 0]])
    kept = suppress(where, scores, labels, threshold=0.6)
    assert kept.tolist() == [[False, True, False, True], [False, True, True, True]]


def test_what_is_dropped_drops_nothing() -> None:
    # Each overlaps the next by 6 / 14, and the first does not touch the third by as much.
    chain = boxes((0, 0, 10, 1), (4, 0, 14, 1), (8, 0, 18, 1))
    kept = suppress(chain[None], torch.tensor([[0.9, 0.8, 0.7]]), torch.zeros(1, 3).long(), 0.4)
    assert kept.tolist() == [[True, False, True]]


def test_perfect_detections_have_the_precision_1() -> None:
    true, labels = [boxes((0, 0, 4, 4), (5, 5, 9, 9)), boxes()], [torch.tensor([0, 1])] * 2
    labels[1] = torch.zeros(0).long()
    scores = [torch.tensor([0.9, 0.2]), torch.zeros(0)]
    assert average_precision(true, scores, labels, true, labels) == pytest.approx((1, 1))


def test_a_false_alarm_between_two_hits() -> None:
    # Recall 1/2 at precision 1, recall 1 at 2/3: 51 of the 101 recalls, then 50.
    found = boxes((0, 0, 4, 4), (20, 20, 24, 24), (5, 5, 9, 9))
    true, kinds = boxes((0, 0, 4, 4), (5, 5, 9, 9)), torch.zeros(2).long()
    scores = torch.tensor([0.9, 0.8, 0.7])
    value = average_precision([found], [scores], [torch.zeros(3).long()], [true], [kinds])
    assert value == pytest.approx(((51 + 50 * 2 / 3) / 101,) * 2)


def test_a_box_is_found_once_and_an_image_at_a_time() -> None:
    # The second image's box is not found by the first image's second detection.
    box, scores = boxes((0, 0, 4, 4)), torch.tensor([0.9, 0.8])
    found, kinds = [torch.cat([box, box]), boxes()], [torch.zeros(2).long(), torch.zeros(0).long()]
    value = average_precision(
        found, [scores, torch.zeros(0)], kinds, [box, box], [torch.zeros(1).long()] * 2
    )
    assert value == pytest.approx((51 / 101,) * 2)


def test_a_loose_box_counts_at_the_thresholds_below_its_overlap() -> None:
    # IoU 0.72: .50, .55, .60, .65 and .70 of ten thresholds.
    true, found = boxes((0, 0, 10, 10)), boxes((0, 0, 10, 7.2))
    kinds, scores = [torch.zeros(1).long()], [torch.tensor([0.5])]
    assert average_precision([found], scores, kinds, [true], kinds) == pytest.approx((0.5, 1))


def test_the_better_of_two_true_boxes_is_taken() -> None:
    # Both detections fit the first box best; the second is left with the other, IoU 7/13.
    true = boxes((0, 0, 10, 1), (3, 0, 13, 1))
    found = boxes((0, 0, 10, 1), (0, 0, 10, 1))
    kinds, scores = [torch.zeros(2).long()], [torch.tensor([0.9, 0.8])]
    _, at_half = average_precision([found], scores, kinds, [true], kinds)
    assert at_half == pytest.approx(1)


def test_classes_weigh_alike() -> None:
    true, found = boxes((0, 0, 4, 4), (5, 5, 9, 9)), boxes((0, 0, 4, 4))
    value = average_precision(
        [found],
        [torch.tensor([0.9])],
        [torch.tensor([2])],
        [true],
        [torch.tensor([2, 3])],
    )
    assert value == pytest.approx((0.5, 0.5))
