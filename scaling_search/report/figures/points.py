"""Points that say what they are when they are pointed at: titles in the SVG, without scripts."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from scaling_search.report.printable import printable

#: Half of the width of what can be pointed at, in points of the figure.
_REACH = 8


class Tip(NamedTuple):
    """What a point says."""

    lines: Sequence[str]
    #: What its rows of tables have in their cells, such as a trial's name; empty where none has it.
    cells: Sequence[str] = ()


class Drawing(Figure):
    """A figure that knows what its points say."""

    def __init__(self) -> None:
        super().__init__()
        self._told: list[tuple[Any, np.ndarray, Tip]] = []

    def tell(self, axes: Any, x: Any, y: Any, tips: Iterable[Tip]) -> None:
        """Points at x and y, as the axes count; a point that is not finite is left out."""
        places = np.column_stack([np.asarray(x, float), np.asarray(y, float)])
        self._told += [(axes, place, tip) for place, tip in zip(places, tips, strict=True)]

    def places(self, axes: Any) -> np.ndarray:
        """(points, 2): where those of the axes lie, in pixels."""
        own = [place for of, place, _ in self._told if of is axes and np.isfinite(place).all()]
        return np.asarray(axes.transData.transform(np.reshape(own, (-1, 2))))

    def with_tips(self, svg: str) -> str:
        """The SVG of this figure, once it is drawn, with a place to point at for each point."""
        width, height = 72 * self.get_size_inches()
        circles = []
        for axes, place, (lines, cells) in self._told:
            if not np.isfinite(place).all():
                continue
            pixels = axes.transData.transform(place)
            right, up = self.transFigure.inverted().transform(pixels)
            told = html.escape(printable("\n".join(lines)))
            # XML takes a plain line feed in an attribute for a space.
            row = "&#10;".join(html.escape(printable(cell)) for cell in cells)
            of = f' data-row="{row}"' if row else ""
            circles.append(
                f'<circle class="point" cx="{width * right:.2f}" cy="{height * (1 - up):.2f}" '
                f'r="{_REACH}"{of}><title>{told}</title></circle>\n'
            )
        if not circles:
            return svg
        before, end, after = svg.rpartition("</svg>")
        group = f'<g fill="none" pointer-events="all">\n{"".join(circles)}</g>\n'
        return f"{before}{group}{end}{after}"
