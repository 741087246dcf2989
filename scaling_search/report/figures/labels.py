"""Texts beside points, none over another or over a point."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from scaling_search.report.figures.points import Drawing

#: Where a text may stand, in points away from its own: above, below, and to the sides.
ABOVE, BELOW, RIGHT, LEFT = (0, 7), (0, -7), (8, 0), (-8, 0)
#: Beside a curve that rises and its error bars; the other way round beside one that falls.
BESIDE = ((6, -5), (-6, 5), (6, 5), (-6, -5))
#: How a text is aligned that stands on the low side, in the middle, or on the high side.
_ACROSS, _UP = ("right", "center", "left"), ("top", "center", "bottom")


def label(
    figure: Drawing,
    axes: Any,
    labels: Sequence[tuple[float, float, str]],
    places: Sequence[tuple[float, float]] = (ABOVE, BELOW, RIGHT, LEFT),
    half: float = 4.5,
    **look: Any,
) -> None:
    """Put each text (x, y, text) at the first of the places that is free.

    One that finds none is left out: its point says it when pointed at. half: of the width of a
    point, in points. Called when all else is drawn; the first texts are served first.
    """
    if not labels:
        return
    # Lays the figure out, so that places are known.
    figure.draw_without_rendering()
    half *= figure.dpi / 72
    points = figure.places(axes)
    there = (text for text in axes.findobj(Text) if text.get_visible() and text.get_text())
    texts = [text.get_window_extent() for text in there]
    # Other panels hide what runs into them.
    texts += [other.get_window_extent() for other in figure.axes if other is not axes]
    for x, y, text in labels:
        own = axes.transData.transform((x, y))
        far = np.hypot(*(points - own).T) > 1
        taken = [Bbox([point - half, point + half]) for point in points[far]] + texts
        for across, up in places:
            note = axes.annotate(
                text,
                (x, y),
                xytext=(across, up),
                textcoords="offset points",
                ha=_ACROSS[1 + int(np.sign(across))],
                va=_UP[1 + int(np.sign(up))],
                annotation_clip=False,
                **look,
            )
            note.set_in_layout(False)
            box = note.get_window_extent()
            inside = figure.bbox.contains(*box.min) and figure.bbox.contains(*box.max)
            if inside and not box.count_overlaps(taken):
                texts.append(box)
                break
            note.remove()
