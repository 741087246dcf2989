"""Augmentation of a whole batch on the device, from the run's own generator.

Random crops are made before, of each image as it is decoded: random_crop.py.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from scaling_search.errors import InvalidInput

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True)
class Augmentation:
    """The largest change of each kind; every image draws its own, uniformly, at each epoch."""

    #: Shift as a fraction of the side.
    shift: float = 0.0
    #: Rotation in degrees.
    rotate: float = 0.0
    #: Change of size, 0.1 for 10 % smaller or larger.
    scale: float = 0.0
    #: Shear as the tangent of its angle.
    shear: float = 0.0
    #: Mirror left and right half of the time; only where a mirrored image keeps its class.
    flip: bool = False
    #: The smallest part of its area that a random crop of an image shows, such as 0.08; 1 takes the
    #: central square, as an evaluation does. Crops need images as they are decoded (data.cache).
    smallest_crop: float = 1.0

    def __post_init__(self) -> None:
        for name, high in _LARGEST.items():
            value = getattr(self, name)
            if not 0 <= value <= high:
                raise InvalidInput(
                    f"data.augmentation.{name} is {value!r}, but must lie between 0 and {high:g}"
                )

        if not 0.01 <= self.smallest_crop <= 1:
            raise InvalidInput(
                f"data.augmentation.smallest_crop is {self.smallest_crop!r}, but must lie between "
                "0.01 and 1"
            )

    def scaled(self, strength: float) -> Augmentation:
        """The same kinds of change, weaker: 0 leaves images as they are, 1 is this augmentation."""
        weaker: dict[str, Any] = {name: getattr(self, name) * strength for name in _LARGEST}
        weaker["smallest_crop"] = 1 - (1 - self.smallest_crop) * strength
        return replace(self, flip=self.flip and strength > 0, **weaker)

    def to_plain(self) -> dict[str, Any]:
        """As it is stored: what is younger than the first stored studies only where it is used."""
        plain = asdict(self)
        if self.smallest_crop == 1:
            del plain["smallest_crop"]
        return plain


_LARGEST = {"shift": 0.5, "rotate": 180.0, "scale": 0.9, "shear": 1.0}


def augment(x_BCHW: Tensor, augmentation: Augmentation, generator: Generator) -> Tensor:
    """Each image under a random affine map; float in, float out, same shape and layout."""
    import torch
    from torch.nn import functional as F

    # Drawn on the CPU, so that a seed means the same on every device.
    u = torch.rand((6, len(x_BCHW)), generator=generator) * 2 - 1
    if not any(getattr(augmentation, name) for name in _LARGEST):
        if not augmentation.flip:
            return x_BCHW
        mirrored = (u[5] > 0).to(x_BCHW.device)[:, None, None, None]
        return torch.where(mirrored, x_BCHW.flip(3), x_BCHW)
    angle = u[0] * (augmentation.rotate * torch.pi / 180)
    size = 1 + u[1] * augmentation.scale
    shear = u[2] * augmentation.shear
    mirror = torch.where((u[5] > 0) & augmentation.flip, -1.0, 1.0)
    cos, sin = angle.cos() / size, angle.sin() / size
    # affine_grid measures shifts in half sides.
    x = torch.stack([mirror * cos, mirror * (shear * cos - sin), u[3] * 2 * augmentation.shift], 1)
    y = torch.stack([sin, shear * sin + cos, u[4] * 2 * augmentation.shift], 1)
    theta = torch.stack([x, y], 1).to(x_BCHW.device, x_BCHW.dtype)
    grid = F.affine_grid(theta, list(x_BCHW.shape), align_corners=False)
    moved = F.grid_sample(x_BCHW, grid, padding_mode="border", align_corners=False)
    return moved.contiguous(memory_format=torch.channels_last)
