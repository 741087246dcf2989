"""Size needed, next size."""

import numpy as np
import pytest

from scaling_search.errors import InvalidInput
from scaling_search.forecast import fit_scaling_law, next_sizes, size_needed

MACS = np.geomspace(1e8, 1e10, 7)


def error(macs, floor=0.15, start=0.15):
    return floor + start * (np.asarray(macs) / MACS[0]) ** -0.6


LAW = fit_scaling_law(MACS, error(MACS))


def test_size_needed():
    needed = size_needed(LAW, float(error(2e10)))
    assert needed.macs == pytest.approx(2e10, rel=0.15)
    assert needed.macs_if_lucky < needed.macs
    assert not needed.out_of_reach
    far = size_needed(LAW, 0.05)
    assert far.out_of_reach
    assert far.probability_floor_above > 0.9
    with pytest.raises(InvalidInput, match="accuracy"):
        size_needed(LAW, 1.5)


def test_next_sizes_prefer_what_lies_near_the_target():
    lessons = next_sizes(LAW, [2e9, 4e10, 1e11], target=1e11, cost=[1.0, 1.0, 1.0])
    assert [lesson.macs for lesson in lessons] == [1e11, 4e10, 2e9]
    assert all(lesson.sd_after <= lesson.sd_before for lesson in lessons)
    with pytest.raises(InvalidInput, match="cost"):
        next_sizes(LAW, [1e10, 2e10], target=1e11, cost=[1.0])
