"""An existing baseline is brought to the cost at which all are compared."""

from __future__ import annotations

import pytest

from scaling_search.baselines import load_baseline
from scaling_search.errors import InvalidInput
from scaling_search.search.baseline.existing import bring_to_cost


@pytest.mark.parametrize("name", ["efficientnet_micro", "mobilenet_v2_micro", "resnet50_micro"])
@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_it_comes_near_by_all_three_dimensions(name: str, factor: float) -> None:
    baseline = load_baseline(name, 10, 3)
    own = baseline.priced(baseline.network(1, 1), baseline.resolution).cost.macs
    found = bring_to_cost(baseline, factor * own, 64)
    assert found.mark == name
    assert found.macs == pytest.approx(factor * own, rel=0.15)
    if factor == 1:
        assert found.member.resolution == baseline.resolution
        assert found.macs == own
    else:
        assert (found.member.resolution > baseline.resolution) == (factor > 1)
        assert (found.member.width_mult > 1) == (factor > 1)


def test_images_without_the_pixels_are_refused() -> None:
    baseline = load_baseline("efficientnet_b0", 10, 3)
    with pytest.raises(InvalidInput, match="efficientnet_b0 needs more than the 32 px"):
        bring_to_cost(baseline, 4e8, 32)
