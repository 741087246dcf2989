"""The members of a family: which are listed by phi, and which STEP 2 trains."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from scaling_search.baselines import (
    MACS,
    Baseline,
    Bounds,
    FamilyMember,
    base_member,
    largest_within,
    scale,
)
from scaling_search.baselines.own_network import MissingPrice
from scaling_search.errors import InvalidInput
from scaling_search.scaling import Coefficients, ScalingRule
from scaling_search.study.family_settings import FamilySettings


def member_at(baseline: Baseline, rule: ScalingRule, phi: float, cost_ratio: float) -> FamilyMember:
    """The member at compound coefficient phi.

    Multiply-adds grow by alpha * beta^2 * gamma^2 with each phi (Tan & Le 2019, Eq. 3). Another
    quantity does not grow by the same factor at all sizes: there the rule gives the
    direction, and phi counts how often the quantity has grown by cost_ratio.
    """
    plain = scale(baseline, rule, phi)
    if baseline.quantity == MACS or phi in (0, 1):
        return plain
    goal = base_member(baseline).amount * cost_ratio**phi
    try:
        member = largest_within(baseline, rule, Bounds(((baseline.quantity, goal),)))
    except MissingPrice:
        raise
    except InvalidInput:
        # Smaller than any network, or the quantity does not grow in this direction.
        return plain
    return replace(member, phi=phi)


def sizes_to_train(
    baseline: Baseline,
    coefficients: Coefficients,
    family: FamilySettings,
    bounds: Bounds,
    cost_ratio: float,
) -> Iterator[FamilyMember]:
    """The smallest first, evenly spaced in log cost up to family.train_up_to.

    They end at the largest that keeps all bounds where that is smaller.
    """
    rule = family.rule(coefficients, cost_ratio)
    largest = member_at(baseline, rule, family.train_up_to, cost_ratio)
    if bounds.broken_by(largest):
        largest = largest_within(baseline, rule, bounds)
    for index in range(family.sizes - 1, 0, -1):
        amount = largest.amount / family.span ** (index / (family.sizes - 1))
        try:
            member = largest_within(baseline, rule, Bounds(((baseline.quantity, amount),)))
        except MissingPrice:
            raise
        except InvalidInput:
            # Smaller than any network of the family.
            continue
        yield _named(member, cost_ratio)
    yield _named(largest, cost_ratio)


def _named(member: FamilyMember, cost_ratio: float) -> FamilyMember:
    """With the phi that counts what its budget is counted in."""
    if member.baseline.quantity == MACS or member.phi == 1:
        return member
    return replace(member, phi=math.log(member.cost_ratio) / math.log(cost_ratio))
