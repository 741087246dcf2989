"""Texts beside points: none over another, over a point, or outside the figure."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.text import Annotation

from scaling_search.report.figures.labels import label
from scaling_search.report.figures.points import Drawing, Tip


def labelled(points: list[tuple[float, float]], **more: float) -> tuple[Drawing, list[Annotation]]:
    figure = Drawing()
    axes = figure.subplots()
    x, y = np.transpose(points)
    axes.plot(x, y, "o")
    axes.set(xlim=(0, 100), ylim=(0, 100))
    figure.tell(axes, x, y, [Tip(["a point"])] * len(points))
    texts = [(*point, f"text {i}") for i, point in enumerate(points)]
    label(figure, axes, texts, **more)  # type: ignore[arg-type]
    return figure, [text for text in axes.texts if isinstance(text, Annotation)]


@pytest.mark.parametrize("spread", [3, 10, 40, 95])
def test_none_lies_over_another_or_over_a_point(spread: float) -> None:
    rng = np.random.default_rng(int(spread))
    points = [(x, y) for x, y in 50 + spread * (rng.random((25, 2)) - 0.5)]
    figure, texts = labelled(points)
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in texts]
    assert boxes
    for i, box in enumerate(boxes):
        assert not box.count_overlaps(boxes[:i])
        assert figure.bbox.containsx(box.x0)
        assert figure.bbox.containsx(box.x1)
        at = figure.axes[0].transData.transform(points)
        own = figure.axes[0].transData.transform(texts[i].xy)
        others = at[np.hypot(*(at - own).T) > 1]
        assert not any(box.contains(*other) for other in others)


def test_texts_that_have_room_all_stand_above_their_points() -> None:
    _, texts = labelled([(20, 50), (50, 50), (80, 50)])
    assert [text.get_text() for text in texts] == ["text 0", "text 1", "text 2"]
    assert all(text.xyann[1] > 0 for text in texts)


def test_the_first_is_served_first_and_the_last_left_out() -> None:
    _, texts = labelled([(50, 50)] * 9)
    assert [text.get_text() for text in texts] == [f"text {i}" for i in range(4)]


def test_texts_stay_in_the_figure() -> None:
    figure, texts = labelled([(0, 0), (100, 100), (0, 100), (100, 0)])
    assert len(texts) == 4
    for box in (text.get_window_extent() for text in texts):
        assert figure.bbox.contains(*box.min)
        assert figure.bbox.contains(*box.max)
