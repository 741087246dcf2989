"""How figures are drawn: the same bytes whatever a user has set, and nothing of the user's lost."""

from __future__ import annotations

import matplotlib as mpl
import matplotlib.pyplot as plt

from scaling_search.report.figures.drawing import drawn
from scaling_search.report.figures.points import Drawing


@drawn
def line(figure: Drawing, height: float) -> None:
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
