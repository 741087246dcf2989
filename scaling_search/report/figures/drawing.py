"""How every figure of a report is drawn: SVG, the same bytes each time, readable in greyscale."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, Concatenate, NamedTuple, ParamSpec

import matplotlib as mpl
import matplotlib.ticker
from matplotlib.figure import Figure

from scaling_search.baselines import MACS, Counted, Quantity
from scaling_search.report.words import Words

P = ParamSpec("P")

_STYLE: Any = {
    "svg.hashsalt": "scaling_search",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 13,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.constrained_layout.use": True,
}


class Look(NamedTuple):
    """Colour, marker and line of a series: told apart without colour too."""

    colour: str
    marker: str
    line: Any


#: A way of scaling looks the same in every figure.
_LOOKS = {
    "depth": Look("#1b3a6b", "o", "-"),
    "width": Look("#b3541e", "s", "--"),
    "resolution": Look("#4f7f3a", "^", "-."),
    "compound": Look("#000000", "D", (0, (1, 1))),
    "": Look("#7a4a8c", "v", (0, (5, 1, 1, 1))),
    "baseline": Look("#777777", "P", (0, (3, 2))),
}


def looks(names: Iterable[str]) -> dict[str, Look]:
    """The look of each series: its own, or for names that have none, all looks in turn."""
    turn = list(_LOOKS.values())
    return {name: _LOOKS.get(name, turn[i % len(turn)]) for i, name in enumerate(names)}


def drawn(draw: Callable[Concatenate[Figure, P], None]) -> Callable[P, str]:
    """Turn a function that draws onto an empty figure into one that gives SVG."""

    @wraps(draw)
    def svg(*args: P.args, **kwargs: P.kwargs) -> str:
        return as_svg(lambda figure: draw(figure, *args, **kwargs))

    return svg


def as_svg(draw: Callable[[Figure], None]) -> str:
    """What `draw` draws, without a date.

    Whatever a user has configured, a report looks the same, and the user's own figures and backend
    stay as they are.
    """
    buffer = io.StringIO()
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        figure = Figure()
        draw(figure)
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def note(axes: Any, text: str, at: tuple[Any, Any], away: tuple[int, int], **look: Any) -> None:
    """Text so many points away from a place."""
    axes.annotate(text, at, xytext=away, textcoords="offset points", **look)


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
    engineering = mpl.ticker.EngFormatter()
    shown = mpl.ticker.FuncFormatter(lambda value, at: quantity.text(value))
    decades(axes, engineering if isinstance(quantity, Counted) else shown)
    axes.set_xlabel(quantity.axis)


def decades(axes: Any, formatter: Any) -> None:
    """A logarithmic axis, ticks at 1, 2 and 5 of each decade."""
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(mpl.ticker.LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(formatter)
    axes.xaxis.set_minor_formatter(mpl.ticker.NullFormatter())
