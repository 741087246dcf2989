"""An exported network beside the member that it stands for: the same tensors, the same logits."""

from __future__ import annotations

import runpy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from scaling_search.baselines import FamilyMember
from scaling_search.baselines.put_back import generators_put_back

#: Of the images on which both are compared: enough for every layer, little to compute.
_LARGEST_SIDE, _IMAGES = 64, 2


def renamed(member: FamilyMember, exported: nn.Module, tensors: Mapping[str, Tensor]) -> Any:
    """The member's tensors by the names of the exported network, which has them in one order."""
    ours, theirs = shapes(member), exported.state_dict()
    pairs = dict(zip(ours, theirs, strict=True))
    assert all(ours[a] == theirs[b].shape for a, b in pairs.items())
    return {theirs_name: tensors[name] for name, theirs_name in pairs.items()}


def shapes(member: FamilyMember) -> dict[str, torch.Size]:
    """Of the member's tensors, by their names, in their order."""
    with torch.device("meta"):
        return {name: tensor.shape for name, tensor in member.build().state_dict().items()}


def run_model(path: Path) -> dict[str, Any]:
    """What model.py defines; nothing is written beside it."""
    return runpy.run_path(str(path))


def same_logits(
    member: FamilyMember, tensors: Mapping[str, Tensor], exported: nn.Module, normalise: Any
) -> bool:
    """Whether both give the same logits on noise, to the last bit, in both layouts of memory."""
    ours = member.build()
    ours.load_state_dict(dict(tensors))
    side = min(member.resolution, _LARGEST_SIDE)
    generator = torch.Generator().manual_seed(0)
    shape = (_IMAGES, member.architecture.in_channels, side, side)
    images = torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8)
    with torch.no_grad():
        for layout in (torch.contiguous_format, torch.channels_last):
            x = normalise(images).contiguous(memory_format=layout)
            for network in (ours, exported):
                network.eval().to(memory_format=layout)  # type: ignore[call-overload]
            if not torch.allclose(ours(x), exported(x), rtol=0, atol=0, equal_nan=True):
                return False
    return True


def fresh_tensors(member: FamilyMember) -> dict[str, Tensor]:
    """What the member begins with; the global generators stay as they were."""
    with generators_put_back():
        torch.manual_seed(0)
        return dict(member.build().state_dict())
