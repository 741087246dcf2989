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


def require_describable(member: FamilyMember) -> None:
    """Refuse a network that no machine could build."""
    if member.cost.params > _MOST_PARAMS or member.depth_mult > _DEEPEST:
        raise InvalidInput(
            f"{member.baseline.name} at depth x{member.depth_mult:.4g}, width "
            f"x{member.width_mult:.4g} has {member.cost.params:,} parameters, but must have at "
            f"most {_MOST_PARAMS:,} and at most {_DEEPEST:,} times the depth: take smaller "
            "coefficients, or a smaller phi"
        )
