"""How figures are drawn: the same bytes whatever a user has set, and nothing of the user's lost."""

from __future__ import annotations

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from scaling_search.report.figures.drawing import drawn, looks


@drawn
def line(figure: Figure, height: float) -> None:
    figure.subplots().plot([0, 1], [0, height], label="a")


def test_a_user_s_settings_and_figures_stay_as_they_are() -> None:
    plain = line(1.0)
    own = plt.figure()
    try:
        with mpl.rc_context({"font.size": 40, "svg.fonttype": "none", "axes.facecolor": "red"}):
            before = dict(mpl.rcParams)
            assert line(1.0) == plain
            assert dict(mpl.rcParams) == before
        assert plt.fignum_exists(own.number)
    finally:
        plt.close(own)
    assert line(2.0) != plain


def test_a_way_of_scaling_looks_the_same_everywhere() -> None:
    three, all_of_them = (
        looks(["depth", "width"]),
        looks(["baseline", "width", "depth", "compound"]),
    )
    assert three["depth"] == all_of_them["depth"]
    assert three["width"] == all_of_them["width"]
    assert len({look.colour for look in all_of_them.values()}) == 4


def test_other_series_are_told_apart_without_colour() -> None:
    found = looks([f"d={depth}, r=1" for depth in range(6)])
    assert len({(look.marker, str(look.line)) for look in found.values()}) == 6
    assert len(looks(map(str, range(20)))) == 20
