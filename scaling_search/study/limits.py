"""What no study trains, refused before anything is trained."""

from __future__ import annotations

from scaling_search.baselines import FamilyMember
from scaling_search.errors import InvalidInput
from scaling_search.proxy import TaskFacts

#: Beyond any network that is trained: 40 GB of weights.
_MOST_PARAMS, _DEEPEST = 10**10, 1000


def require_native(resolution: int, facts: TaskFacts) -> None:
    """Refuse a resolution that the images do not have."""
    if resolution > facts.largest_resolution:
        raise InvalidInput(
            f"the resolution is {resolution} px, but the images of {facts.name} have "
            f"{facts.largest_resolution} px: set baseline.resolution={facts.largest_resolution} "
            "or less"
        )


def require_describable(member: FamilyMember, remedy: str) -> None:
    """Refuse a network that no machine could build; remedy: how to ask for a smaller one."""
    depth, width, params = member.depth_mult, member.width_mult, member.cost.params
    what = f"{member.baseline.name} at depth x{depth:.4g}, width x{width:.4g}"
    if depth == width == 1:
        what = f"the network {member.baseline.name}"
    if depth > _DEEPEST:
        raise InvalidInput(f"{what} must have at most {_DEEPEST:,} times the depth: {remedy}")
    if params > _MOST_PARAMS:
        raise InvalidInput(
            f"{what} has {params:,} parameters, but must have at most {_MOST_PARAMS:,}: {remedy}"
        )
