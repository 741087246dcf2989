"""A ConvNet as data: what it is made of, before any tensor exists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from scaling_search.errors import InvalidInput, finite_number, whole_number


@dataclass(frozen=True)
class Stage:
    """A row of equal blocks; only its first block strides and changes the number of channels."""

    block: Literal["mbconv"]
    repeats: int
    channels: int
    kernel: int
    stride: int
    #: Channels inside a block over channels at its input.
    expansion: int
    #: Channels of the squeeze over channels at the block's input; 0 leaves it out.
    se_ratio: float

    def __post_init__(self) -> None:
        for name in ("repeats", "channels", "kernel", "stride", "expansion"):
            whole_number(name, getattr(self, name))
        if self.kernel % 2 == 0:
            raise InvalidInput(
                f"kernel is {self.kernel}, but must be odd: its padding is half of it"
            )
        if not 0 <= finite_number("se_ratio", self.se_ratio) <= 1:
            raise InvalidInput(f"se_ratio is {self.se_ratio!r}, but must lie between 0 and 1")


@dataclass(frozen=True)
class Architecture:
    """A stem convolution, stages, a 1x1 head convolution, global pooling and a classifier."""

    stem_channels: int
    stem_stride: int
    stages: tuple[Stage, ...]
    head_channels: int
    num_classes: int
    in_channels: int
    #: Start each residual block as the identity: the last batch-norm scale of the block is 0.
    identity_start: bool = False

    @property
    def channels(self) -> tuple[int, ...]:
        """Every width that scales: the stem's, each stage's and the head's."""
        return (self.stem_channels, *(s.channels for s in self.stages), self.head_channels)

    @property
    def repeats(self) -> tuple[int, ...]:
        """The number of blocks of each stage."""
        return tuple(stage.repeats for stage in self.stages)

    @property
    def total_stride(self) -> int:
        """By how much the last feature map is smaller than the image."""
        stride = self.stem_stride
        for stage in self.stages:
            stride *= stage.stride
        return stride
