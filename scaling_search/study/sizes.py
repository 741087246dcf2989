"""Which members of a family STEP 2 trains."""

from __future__ import annotations

from collections.abc import Iterator

from scaling_search.baselines import Baseline, Bounds, FamilyMember, largest_within, scale
from scaling_search.baselines.own_network import MissingPrice
from scaling_search.errors import InvalidInput
from scaling_search.scaling import Coefficients
from scaling_search.study.settings import FamilySettings


def sizes_to_train(
    baseline: Baseline, coefficients: Coefficients, family: FamilySettings, bounds: Bounds
) -> Iterator[FamilyMember]:
    """The smallest first, evenly spaced in log cost up to family.train_up_to.

    They end at the largest that keeps all bounds where that is smaller.
    """
    largest = scale(baseline, coefficients, family.train_up_to)
    if bounds.broken_by(largest):
        largest = largest_within(baseline, coefficients, bounds)
    for index in range(family.sizes - 1, 0, -1):
        amount = largest.amount / family.span ** (index / (family.sizes - 1))
        try:
            yield largest_within(baseline, coefficients, Bounds(((baseline.quantity, amount),)))
        except MissingPrice:
            raise
        except InvalidInput:
            # Smaller than any network of the family.
            continue
    yield largest
