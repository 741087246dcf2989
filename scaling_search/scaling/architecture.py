"""A ConvNet as data: what it is made of, before any tensor exists."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, get_args

from scaling_search.errors import InvalidInput, finite_number, whole_number

#: mbconv: an inverted residual (Sandler et al. 2018), with squeeze-excitation where asked for.
#: fused_mbconv: the same with one full convolution for the expansion and the depthwise one (Tan &
#: Le 2021, Figure 2).
#: separable: a depthwise and a pointwise convolution (Howard et al. 2017), nothing added.
#: basic: a residual of two convolutions; bottleneck: of three (He et al. 2015, Figure 5). The first
#: block of a stage projects its input.
BlockKind = Literal["mbconv", "fused_mbconv", "separable", "basic", "bottleneck"]
Activation = Literal["silu", "relu", "relu6"]

#: Blocks that may have squeeze-excitation.
SQUEEZED = ("mbconv", "fused_mbconv")
#: The least and the largest expansion of each kind of block. A fused one that expands nothing would
#: be a single convolution.
EXPANSIONS: dict[BlockKind, tuple[int, float]] = {
    "mbconv": (1, math.inf),
    "fused_mbconv": (2, math.inf),
    "separable": (1, 1),
    "basic": (1, 1),
    "bottleneck": (1, math.inf),
}


@dataclass(frozen=True)
class Stage:
    """A row of equal blocks; only its first block strides and changes the number of channels."""

    block: BlockKind
    repeats: int
    #: The width that scales: channels at a block's output, of a bottleneck those inside it.
    channels: int
    kernel: int
    stride: int
    #: mbconv, fused_mbconv: channels inside a block over channels at its input; bottleneck:
    #: channels at a block's output over channels inside it; separable, basic: 1.
    expansion: int
    #: mbconv, fused_mbconv: channels of the squeeze over channels at the block's input; 0 leaves it
    #: out.
    se_ratio: float

    def __post_init__(self) -> None:
        _one_of("block", self.block, get_args(BlockKind))
        for name in ("repeats", "channels", "kernel", "stride", "expansion"):
            whole_number(name, getattr(self, name))
        _odd("kernel", self.kernel)
        if not 0 <= finite_number("se_ratio", self.se_ratio) <= 1:
            raise InvalidInput(f"se_ratio is {self.se_ratio!r}, but must lie between 0 and 1")
        if self.se_ratio and self.block not in SQUEEZED:
            raise InvalidInput(
                f"se_ratio is {self.se_ratio!r}, but must be 0: a {self.block} block has no "
                "squeeze-excitation, an mbconv block has"
            )
        low, high = EXPANSIONS[self.block]
        if not low <= self.expansion <= high:
            must = f"must be {low}" if low == high else f"must be at least {low}"
            raise InvalidInput(
                f"expansion is {self.expansion}, but {must} in a {self.block} block: an mbconv "
                "block takes any"
            )


@dataclass(frozen=True)
class Architecture:
    """A stem, stages, where there is one a 1x1 head convolution, global pooling, a classifier."""

    stem_channels: int
    stem_stride: int
    stages: tuple[Stage, ...]
    #: Of the 1x1 convolution behind the stages; 0 leaves it out.
    head_channels: int
    num_classes: int
    in_channels: int
    #: Start each residual block without projection as the identity: its last batch-norm scale is 0.
    identity_start: bool = False
    #: Behind every convolution but the last one of a residual block.
    activation: Activation = "silu"
    stem_kernel: int = 3
    #: Whether a 3x3 max-pooling of stride 2 follows the stem's convolution.
    stem_pool: bool = False

    def __post_init__(self) -> None:
        _one_of("activation", self.activation, get_args(Activation))
        for name in ("stem_channels", "stem_stride", "num_classes", "in_channels"):
            whole_number(name, getattr(self, name))
        if self.head_channels:
            whole_number("head_channels", self.head_channels)
        _odd("stem_kernel", whole_number("stem_kernel", self.stem_kernel))

    @property
    def channels(self) -> tuple[int, ...]:
        """Every width that scales: the stem's, each stage's and, where there is one, the head's."""
        head = (self.head_channels,) if self.head_channels else ()
        return (self.stem_channels, *(s.channels for s in self.stages), *head)

    @property
    def repeats(self) -> tuple[int, ...]:
        """The number of blocks of each stage."""
        return tuple(stage.repeats for stage in self.stages)

    def is_scaled_to(self, other: object) -> bool:
        """Whether the other differs in repeats and channels alone."""
        return isinstance(other, Architecture) and self._unscaled == other._unscaled

    @property
    def _unscaled(self) -> Architecture:
        stages = tuple(replace(stage, repeats=1, channels=1) for stage in self.stages)
        return replace(
            self, stem_channels=1, stages=stages, head_channels=min(1, self.head_channels)
        )

    @property
    def total_stride(self) -> int:
        """By how much the last feature map is smaller than the image."""
        stride = self.stem_stride * (2 if self.stem_pool else 1)
        for stage in self.stages:
            stride *= stage.stride
        return stride


#: Fields that are younger than the first stored runs.
_YOUNGER = ("activation", "stem_kernel", "stem_pool")


def plain_architecture(architecture: Architecture) -> dict[str, Any]:
    """The architecture as plain data, of which the keys of runs and networks are made.

    Younger fields are left out at their defaults, so that what was stored before them is found.
    """
    plain = asdict(architecture)
    for field in fields(architecture):
        if field.name in _YOUNGER and plain[field.name] == field.default:
            del plain[field.name]
    return plain


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise InvalidInput(f"{name} is {value!r}, but must be one of {', '.join(allowed)}")


def _odd(name: str, kernel: int) -> None:
    if kernel % 2 == 0:
        raise InvalidInput(f"{name} is {kernel}, but must be odd: its padding is half of it")
