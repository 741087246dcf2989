"""Networks of one's own are rehearsed once before a study of them is planned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from scaling_search.baselines import FamilyMember, OwnNetwork
from scaling_search.baselines.own_network import count_own_network
from scaling_search.proxy import Recipe


def rehearsed(members: Iterable[FamilyMember], recipe: Recipe) -> list[str]:
    """Rehearse the smallest and the largest network of each function; gives remarks for the plan.

    Raises InvalidInput where a run could only fail, before anything is trained or written.
    """
    by_target: dict[str, list[FamilyMember]] = {}
    for member in members:
        if isinstance(member.network, OwnNetwork):
            by_target.setdefault(member.network.target, []).append(member)
    remarks: dict[str, None] = {}
    for own in by_target.values():
        from scaling_search.proxy.rehearsal import rehearse

        own.sort(key=lambda member: member.cost.macs)
        for member in {own[0].id: own[0], own[-1].id: own[-1]}.values():
            assert isinstance(member.network, OwnNetwork)
            remarks.update(dict.fromkeys(rehearse(member.network, member.resolution, recipe)))
        smallest = own[0].network
        assert isinstance(smallest, OwnNetwork)
        remarks.update(dict.fromkeys(_remarks_on_growth(smallest, own[0].resolution)))
    return list(remarks)


def _remarks_on_growth(network: OwnNetwork, resolution: int) -> list[str]:
    """Which of the two multipliers make a network of one's own no larger.

    Counted beside the baseline: these networks are none of the study.
    """
    remarks = []
    one = count_own_network(replace(network, depth_mult=1.0, width_mult=1.0), resolution)
    for name, depth, width in (("depth", 2.0, 1.0), ("width", 1.0, 2.0)):
        two = count_own_network(replace(network, depth_mult=depth, width_mult=width), resolution)
        if not (one.fault or two.fault) and two.cost.macs <= one.cost.macs:
            remarks.append(
                f"{network.target} has {two.cost.macs:,} multiply-adds at {name}_mult 2, no more "
                f"than the {one.cost.macs:,} at 1: the function must make larger networks for "
                f"larger multipliers, or the {name} is not searched"
            )
    return remarks
