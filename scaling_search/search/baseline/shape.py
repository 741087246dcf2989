"""A network in a line, for who reads a table or a dashboard."""

from __future__ import annotations

from scaling_search.baselines import FamilyMember
from scaling_search.scaling import Architecture, Stage


def shape_text(member: FamilyMember) -> str:
    """`24 px; stem 12 /1; 2x mbconv 24 k3 /2 e1 se; head 128; silu`; of an own function its name.

    A stage is its blocks, their kind, channels, kernel, stride (/2), expansion and where it has
    one its squeeze-excitation.
    """
    network = member.network
    if not isinstance(network, Architecture):
        return f"{member.baseline.name} at {member.resolution} px"
    parts = [f"{member.resolution} px", f"stem {network.stem_channels} /{network.stem_stride}"]
    parts += [stage_text(stage) for stage in network.stages]
    parts += [f"head {network.head_channels}"] if network.head_channels else []
    return "; ".join([*parts, network.activation])


def stage_text(stage: Stage) -> str:
    """`2x mbconv 24 k3 /2 e4 se`"""
    text = f"{stage.repeats}x {stage.block} {stage.channels} k{stage.kernel} /{stage.stride}"
    text += f" e{stage.expansion}" if stage.block not in ("basic", "separable") else ""
    return text + (" se" if stage.se_ratio else "")
