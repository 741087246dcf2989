"""Networks of one's own are rehearsed once before a study of them is planned."""

from __future__ import annotations

from collections.abc import Iterable

from scaling_search.baselines import FamilyMember, OwnNetwork
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
    return list(remarks)
