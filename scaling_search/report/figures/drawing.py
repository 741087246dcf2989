"""How every figure of a report is drawn: SVG, the same bytes each time, readable in greyscale."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

import matplotlib as mpl
import matplotlib.ticker

from scaling_search.baselines import MACS, Counted, Quantity
from scaling_search.report.figures.points import Drawing
from scaling_search.report.words import Words

P = ParamSpec("P")

#: Ends of an axis that are further apart have ticks at the decades only.
_MANY_DECADES = 5e3
_STYLE: Any = {
    "svg.hashsalt": "scaling_search",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 13,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.constrained_layout.use": True,
}


def drawn(draw: Callable[Concatenate[Drawing, P], None]) -> Callable[P, str]:
    """Turn a function that draws onto an empty figure into one that gives SVG."""

    @wraps(draw)
    def svg(*args: P.args, **kwargs: P.kwargs) -> str:
        return as_svg(lambda figure: draw(figure, *args, **kwargs))

    return svg


def as_svg(draw: Callable[[Drawing], None]) -> str:
    """What `draw` draws, without a date.

    Whatever a user has configured, a report looks the same, and the user's own figures and backend
    stay as they are.
    """
    buffer = io.StringIO()
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        figure = Drawing()
        draw(figure)
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
        return figure.with_tips(_without_indents(buffer.getvalue()))


def _without_indents(svg: str) -> str:
    """Smaller; the comments, which say what glyphs spell, stay for whoever reads the source."""
    return re.sub(r"\n +", "\n", svg)


def error_axis(axes: Any, words: Words, name: bool = True) -> None:
    """What is shown of errors upwards, with light lines across."""
    axes.grid(axis="y", color="0.9")
    if name:
        axes.set_ylabel(words.axis)


def macs_axis(axes: Any) -> None:
    """A logarithmic axis of multiply-adds, ticks at 1, 2 and 5 of each decade."""
    quantity_axis(axes, MACS)


def quantity_axis(axes: Any, quantity: Quantity) -> None:
    """A logarithmic axis of what a budget is counted in."""
    decades(axes, amounts(quantity))
    axes.set_xlabel(quantity.axis)


def amounts(quantity: Quantity) -> Any:
    """How the ticks of its axis are written."""
    if isinstance(quantity, Counted):
        return mpl.ticker.EngFormatter()
    return mpl.ticker.FuncFormatter(lambda value, at: quantity.text(value))


class _Decades(mpl.ticker.LogLocator):
    """Leaves out ticks that would run into each other."""

    def tick_values(self, vmin: float, vmax: float) -> Any:
        self.set_params(subs=(1.0,) if vmax > _MANY_DECADES * vmin else (1.0, 2.0, 5.0))
        return super().tick_values(vmin, vmax)


def decades(axes: Any, formatter: Any) -> None:
    """A logarithmic axis, ticks at 1, 2 and 5 of each decade, or at 1 of many decades."""
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(_Decades(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(formatter)
    axes.xaxis.set_minor_formatter(mpl.ticker.NullFormatter())
