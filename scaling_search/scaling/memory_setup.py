"""What memory is asked for, and what weights and images hold of it all the time."""

from __future__ import annotations

from dataclasses import dataclass

from scaling_search.errors import InvalidInput, whole_number
from scaling_search.scaling.layers import Conv, Count, Linear, MaxPool
from scaling_search.scaling.passes import Pass

#: Optimizer -> numbers that it keeps for each weight: of dense kernels but the classifier's, and of
#: all others. sgd: the momentum; adamw: two moments; rmsprop: the mean square and the momentum.
STATES = {"sgd": (1, 1), "adamw": (2, 2), "rmsprop": (2, 2), "muon": (1, 2)}
#: Bytes of a weight, a gradient or a statistic; of a label or an index.
FLOAT, INDEX = 4, 8
#: Bytes that the backward pass of a depthwise kernel above 3x3 takes on a CPU for each weight while
#: it works: oneDNN fills up blocks of 16 x 16 channels (measured, docs/memory.md).
DEPTHWISE_WORK = 16 * 16 * FLOAT


@dataclass(frozen=True)
class MemorySetup:
    """The memory of what: a training step, or inference, of so many images."""

    #: Images in a step.
    batch_size: int = 64
    #: A training step; False: a forward pass in evaluation, without gradients.
    training: bool = True
    #: adamw, sgd, rmsprop (both with momentum) or muon; inference has none.
    optimizer: str = "adamw"
    #: Whether an average of the weights is kept beside them while training.
    averaged: bool = True
    #: Maps in bf16 (autocast), as on a GPU; False: all in float32, as on a CPU.
    mixed: bool = False

    def __post_init__(self) -> None:
        whole_number("batch_size", self.batch_size)
        if self.optimizer not in STATES:
            raise InvalidInput(
                f"optimizer is {self.optimizer!r}, but must be one of {', '.join(STATES)}"
            )

    def map(self, channels: Count, size: Count = 1) -> Count:
        """Bytes of a batch's map."""
        return (2 if self.mixed else FLOAT) * self.batch_size * channels * size * size

    def cast(self, weights: Count) -> Count:
        """Bytes of the copies of these weights that autocast makes for a pass."""
        return 2 * weights if self.mixed else 0

    def work(self, weights: Count, kernel: int) -> Count:
        """Bytes that the backward pass of a depthwise convolution takes beside its tensors."""
        return 0 if self.mixed or kernel <= 3 else DEPTHWISE_WORK * weights

    def images(self, channels: int, size: Count) -> Count:
        """Bytes of a batch of images, as bytes and as floats, and in training their labels."""
        pixels = self.batch_size * channels * size * size
        return (1 + FLOAT) * pixels + (INDEX * self.batch_size if self.training else 0)

    def held(self, layer: Pass) -> Count:
        """Bytes that a layer has all the time: weights, statistics, average, optimizer's states."""
        kind = layer.layer
        dense: Count = 0
        statistics: Count = 0
        if isinstance(kind, MaxPool):
            return 0
        if isinstance(kind, Linear):
            others = (kind.in_channels + 1) * kind.out_channels
        elif isinstance(kind, Conv):
            kernel, norm = kind.out_channels * kind.fan_in, 2 * kind.out_channels
            dense, others = (0, kernel + norm) if kind.depthwise else (kernel, norm)
            # Mean and variance, and the number of batches that they are of.
            statistics = FLOAT * norm + INDEX
        else:
            dense = 2 * kind.channels * kind.squeezed
            others = kind.channels + kind.squeezed
        once = FLOAT * (dense + others) + statistics
        if not self.training:
            return once
        of_dense, of_others = STATES[self.optimizer]
        return (2 if self.averaged else 1) * once + FLOAT * (of_dense * dense + of_others * others)
