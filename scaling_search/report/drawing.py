"""How every figure of a report is drawn: SVG, the same bytes each time, readable in greyscale."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import matplotlib as mpl

mpl.use("svg")

import matplotlib.pyplot as plt

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_STYLE: Any = {
    "svg.hashsalt": "scaling_search",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 13,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.constrained_layout.use": True,
}

#: Colour, marker and line of each series in order: told apart without colour too.
LOOKS: tuple[tuple[str, str, Any], ...] = (
    ("#1b3a6b", "o", "-"),
    ("#b3541e", "s", "--"),
    ("#4f7f3a", "^", "-."),
    ("#000000", "D", (0, (1, 1))),
    ("#7a4a8c", "v", (0, (5, 1, 1, 1))),
    ("#777777", "P", (0, (3, 2))),
)


@contextmanager
def styled() -> Iterator[None]:
    """Whatever a user has configured, a report looks the same."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.use("svg")
        plt.rcParams.update(_STYLE)
        yield
    plt.close("all")


def as_svg(figure: Figure) -> str:
    """The figure's SVG, without a date."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def against_macs(axes: Any) -> None:
    """A logarithmic axis of multiply-adds, ticks at 1, 2 and 5 of each decade."""
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(mpl.ticker.LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(mpl.ticker.EngFormatter())
    axes.xaxis.set_minor_formatter(mpl.ticker.NullFormatter())
    axes.set_xlabel("multiply-adds of one forward pass")
