"""The largest sizes, forecast from the smaller."""

import numpy as np
import pytest

from scaling_search.errors import InvalidInput
from scaling_search.forecast import backtest, fit_scaling_law

MACS = np.geomspace(1e8, 1e10, 7)


def error(macs, floor=0.15, start=0.15):
    return floor + start * (np.asarray(macs) / MACS[0]) ** -0.6


def test_backtest_does_not_see_what_it_forecasts():
    honest = backtest(MACS, error(MACS), held_out=2)
    changed = np.append(error(MACS)[:-2], [0.9, 0.9])
    assert np.array_equal(
        backtest(MACS, changed, held_out=2).prediction.mean, honest.prediction.mean
    )
    assert honest.hit.all()
    assert not backtest(MACS, changed, held_out=2).hit.any()
    assert honest.rmsle < 0.02
    for held_out in (0, 7):
        with pytest.raises(InvalidInput, match="held_out"):
            backtest(MACS, error(MACS), held_out=held_out)


# Two runs of each size, as in experiments/glyphs-quick.
GLYPHS_MACS = np.repeat([92032.0, 351376.0, 723586.0, 1664806.0], 2)
GLYPHS_ERROR = [0.673, 0.676, 0.4545, 0.5345, 0.447, 0.397, 0.218, 0.3205]


def test_a_size_is_judged_by_the_arithmetic_mean_of_its_runs():
    """26.4 %, the geometric mean, stood beside the 26.9 % of the table of the same report."""
    held_out = backtest(GLYPHS_MACS, GLYPHS_ERROR, test_images=2000)
    assert held_out.error == pytest.approx([0.26925])
    assert "and 26.9 % was measured: a miss" in held_out.statement
    assert held_out.rmsle == pytest.approx(abs(np.log(held_out.prediction.mean[0] / 0.26925)))
    assert held_out.to_dict()["law"]["error"][1] == pytest.approx(0.4945)
    law = fit_scaling_law(GLYPHS_MACS, GLYPHS_ERROR)
    assert law.to_dict()["error"] == pytest.approx([0.6745, 0.4945, 0.422, 0.26925])


@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize("scale", [1.0, 1e-3])
def test_hit_or_miss_can_be_seen_from_the_figures_that_are_printed(side, scale):
    small = scale * error(MACS)[:-1]
    interval = backtest(MACS, [*small, 0.1 * scale], held_out=1).prediction
    end = (interval.low, interval.high)[side > 0][0]
    for measured in (end, end * (1 + 1e-6 * side), end * (1 - 1e-6 * side)):
        held_out = backtest(MACS, [*small, measured], held_out=1)
        low, _, high, *_ = held_out.statement.split("interval ")[1].split(" ")
        seen = held_out.statement.split("and ")[1].split(" ")[0]
        assert (float(low) <= float(seen) <= float(high)) == bool(held_out.hit[0])
        assert ("a hit" in held_out.statement) == bool(held_out.hit[0])
