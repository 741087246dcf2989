"""One look for each thing that figures compare, the same in every figure of every report.

Colours are those of Okabe and Ito (2008), told apart by who sees red and green alike; in greyscale
markers and lines tell the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple


class Look(NamedTuple):
    """Colour, marker and line of a series: told apart without colour too."""

    colour: str
    marker: str
    line: Any


#: Ways of scaling, and networks that every report of a kind has.
LOOKS: Mapping[str, Look] = {
    "depth": Look("#0072b2", "^", "-"),
    "width": Look("#d55e00", "s", "--"),
    "resolution": Look("#009e73", "X", "-."),
    "compound": Look("#000000", "D", (0, (1, 1))),
    "uniform": Look("#8f4fa8", "h", (0, (4, 2))),
    "paper": Look("#5f3a00", "p", (0, (6, 2))),
    "baseline": Look("#777777", "P", (0, (3, 2))),
    "found": Look("#e6ac00", "*", "-"),
}
#: What has no look of its own takes one of these: markers that nothing above has.
_OTHERS = (
    Look("#332288", "o", "-"),
    Look("#aa4499", "v", "--"),
    Look("#807a1f", "<", "-."),
    Look("#3f8fbf", ">", (0, (1, 1))),
    Look("#661100", "d", (0, (5, 1, 1, 1))),
    Look("#cc6677", "8", (0, (3, 2))),
)


def looks(names: Iterable[str]) -> dict[str, Look]:
    """The look of each series: its own, or those of others in turn.

    Give all series of a study, also to a figure that shows some of them, so that the turn is the
    same in each.
    """
    distinct = list(dict.fromkeys(names))
    others = [name for name in distinct if name not in LOOKS]
    turn = {name: _OTHERS[i % len(_OTHERS)] for i, name in enumerate(others)}
    return {name: LOOKS.get(name) or turn[name] for name in distinct}
