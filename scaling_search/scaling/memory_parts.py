"""What the parts of a network (the stem, blocks, the head) take of memory while a batch passes.

What autograd saves follows torch's tools/autograd/derivatives.yaml: a convolution and a linear
layer save their input and weight, batch norm its input with mean and deviation, SiLU and relu6
their input (a copy where they are in place), relu its result, a product both factors, max-pooling
its input and indices, a sum and a mean nothing. An operation of the backward pass holds the
gradient that it is given while it makes that of its input; then what it had saved goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from scaling_search.scaling.architecture import Activation
from scaling_search.scaling.layers import (
    BlockLayers,
    Conv,
    Count,
    Linear,
    SqueezeExcitation,
)
from scaling_search.scaling.memory_setup import FLOAT, INDEX, MemorySetup
from scaling_search.scaling.passes import Pass
from scaling_search.scaling.rounding import Ints


@dataclass
class Part:
    """The stem, a block or the head: bytes, each a number or one for each of many networks."""

    #: The stage whose further blocks it stands for, repeats - 1 times; None: it is there once.
    stage: int | None = None
    #: All the time: weights, statistics and states.
    held: Count = 0
    #: Gradients of its weights.
    gradients: Count = 0
    #: What autograd saves of it until its backward pass.
    kept: Count = 0
    #: The most that is alive in its forward pass, above what the parts before it keep.
    forward: Count = 0
    #: The same of its backward pass, less the gradients of its own weights that are not there yet.
    backward: Count = 0

    def rise(self, alive: Count) -> None:
        """Going forward, so much is alive above what is kept by now."""
        self.forward = np.maximum(self.forward, self.kept + alive)

    def fall(self, alive: Count, missing: Count = 0) -> None:
        """Coming back here, so much is alive above what is kept by now.

        missing: gradients that are not there yet, besides those of earlier layers.
        """
        self.backward = np.maximum(self.backward, self.kept + alive - self.gradients - missing)

    def at(self, rows: Ints) -> Part:
        """Of some of the networks that it stands for."""
        held, gradients, kept, forward, backward = (
            count if isinstance(count, int) else count[rows]
            for count in (self.held, self.gradients, self.kept, self.forward, self.backward)
        )
        return Part(self.stage, held, gradients, kept, forward, backward)


class Walk(Protocol):
    """Fills the parts, in the order in which an image passes them."""

    def stem(self, part: Part, layers: list[Pass]) -> None: ...
    def block(self, part: Part, layers: list[Pass]) -> None: ...
    def head(self, part: Part, layers: list[Pass]) -> None: ...


class TrainingStep:
    """Forward and backward. `kept` grows layer by layer; the way back passes the same places."""

    def __init__(self, setup: MemorySetup, activation: Activation) -> None:
        self._setup = setup
        #: Of the others the gradient needs the input: what is in place is copied before.
        self._is_relu = activation == "relu"
        #: Of what the last block gives, what only a layer behind it would keep.
        self._kept_by_next: Count = 0

    def stem(self, part: Part, layers: list[Pass]) -> None:
        conv, *pools = layers
        if self._setup.mixed:
            part.kept = _entering(self._setup, conv)  # the images in bf16
        self._conv(part, conv, is_first=True)
        self._kept_by_next = 0 if self._is_relu else _leaving(self._setup, conv)
        for pool in pools:
            before, after = _pooled(self._setup, conv, pool)
            part.kept = part.kept + _indices(self._setup, after)
            part.fall(after + before)
            part.kept = part.kept + after
            self._kept_by_next = after
        part.rise(0)

    def block(self, part: Part, layers: list[Pass]) -> None:
        block, beside, inner = _taken_apart(layers)
        last = inner[-1]
        out = _leaving(self._setup, last)
        # The gradient that waits to be added to what comes through the layers: that of the sum, or
        # what has come through the projection. Batch norm is given the former, not one beside it.
        at_norm: Count = 0
        waits = block.residual * out
        entering = _entering(self._setup, inner[0])
        if beside is not None:
            waits = at_norm = entering
        # At last it is added to what came through the layers, and the sum is a map of its own.
        part.fall(block.residual * (3 * entering - self._kept_by_next))
        for layer in inner[:-1]:
            if isinstance(layer.layer, SqueezeExcitation):
                self._squeeze(part, layer, waits)
            else:
                self._conv(part, layer, waits, waits)
        self._conv(part, last, waits, at_norm)
        assert isinstance(last.layer, Conv)
        self._kept_by_next = 0 if self._is_relu and last.layer.activate else out
        if not block.activate_sum:
            # A sum is kept in the place of what was added, which is still there then.
            part.rise(block.residual * out)
            return
        part.kept = part.kept - out
        if beside is not None:
            self._conv(part, beside, out)
            part.kept = part.kept - out
        part.rise(3 * out)
        part.kept = part.kept + out
        part.fall(2 * out)
        if not self._is_relu:
            part.kept = part.kept + out
        self._kept_by_next = 0 if self._is_relu else out

    def head(self, part: Part, layers: list[Pass]) -> None:
        *convs, classifier = layers
        linear = classifier.layer
        assert isinstance(linear, Linear)
        for conv in convs:
            self._conv(part, conv)
            self._kept_by_next = 0 if self._is_relu else _leaving(self._setup, conv)
        # The mean over all pixels keeps nothing, and its gradient is written out for each.
        part.kept = part.kept - self._kept_by_next
        features = self._setup.map(linear.in_channels)
        part.rise(self._kept_by_next + features)
        part.fall(features + self._setup.map(linear.in_channels, classifier.in_size))
        logits = FLOAT * self._setup.batch_size * linear.out_channels
        weights = (linear.in_channels + 1) * linear.out_channels
        part.kept = part.kept + features + self._setup.cast(weights)
        part.fall(logits + features)
        # The training has a name for the logits, until the next. The loss keeps the logarithms of
        # the probabilities, and some numbers for each image; its gradient is there twice.
        part.held = part.held + logits
        part.kept = part.kept + logits
        part.rise(2 * FLOAT * self._setup.batch_size)
        part.fall(2 * logits, FLOAT * weights)
        part.gradients = part.gradients + FLOAT * weights

    def _conv(
        self,
        part: Part,
        layer: Pass,
        waits: Count = 0,
        at_norm: Count = 0,
        is_first: bool = False,
    ) -> None:
        """Convolution, batch norm, activation.

        waits: gradients that wait meanwhile; at_norm: in the backward pass of batch norm.
        """
        conv = layer.layer
        assert isinstance(conv, Conv)
        out = _leaving(self._setup, layer)
        before: Count = 0 if is_first else _entering(self._setup, layer)
        kernel = FLOAT * conv.out_channels * conv.fan_in
        norm = 2 * FLOAT * conv.out_channels
        part.kept = part.kept + self._setup.cast(conv.out_channels * conv.fan_in)
        # Of one channel a depthwise convolution is a dense one.
        works = conv.depthwise * (conv.out_channels > 1)
        part.fall(out + before + waits + works * self._setup.work(kernel // FLOAT, conv.kernel))
        part.kept = part.kept + out + norm
        part.fall(2 * out + at_norm, kernel)
        if conv.activate:
            part.kept = part.kept + out
            part.fall(2 * out + waits, kernel + norm)
        part.gradients = part.gradients + (kernel + norm)
        if not (self._is_relu and conv.activate):
            part.kept = part.kept + out

    def _squeeze(self, part: Part, layer: Pass, waits: Count) -> None:
        gate = layer.layer
        assert isinstance(gate, SqueezeExcitation)
        out, pooled = (self._setup.map(gate.channels, size) for size in (layer.out_size, 1))
        squeezed = self._setup.map(gate.squeezed)
        kernels = 2 * gate.channels * gate.squeezed
        if self._setup.mixed:
            part.rise(2 * out)  # autocast sums in float32
        part.kept = part.kept + 2 * pooled + (1 if self._is_relu else 2) * squeezed
        part.kept = part.kept + self._setup.cast(kernels)
        weights = FLOAT * (kernels + gate.channels + gate.squeezed)
        # The gradient of a channel's gate is a product with the whole map, summed afterwards.
        part.fall(3 * out + pooled + waits, weights)
        part.kept = part.kept + out
        part.gradients = part.gradients + weights


class Inference:
    """Forward without gradients: a map is there while Python has a name for it.

    Modules hold what they are given until they return: blocks their input, and what leaves the stem
    stays until the last block is through.
    """

    def __init__(self, setup: MemorySetup, activation: Activation) -> None:
        self._setup = setup
        self._stem_out: Count = 0
        self._is_behind_stem = True

    def stem(self, part: Part, layers: list[Pass]) -> None:
        conv, *pools = layers
        self._conv(part, conv, _entering(self._setup, conv) if self._setup.mixed else 0)
        self._stem_out = _leaving(self._setup, conv)
        for pool in pools:
            before, after = _pooled(self._setup, conv, pool)
            part.rise(before + after + _indices(self._setup, after))
            self._stem_out = after

    def block(self, part: Part, layers: list[Pass]) -> None:
        block, beside, inner = _taken_apart(layers)
        held = _entering(self._setup, inner[0])
        if not self._is_behind_stem:
            held = held + self._stem_out
        self._is_behind_stem = False
        before: Count = 0
        for layer in inner:
            kind = layer.layer
            if isinstance(kind, SqueezeExcitation):
                before = self._setup.map(kind.channels, layer.in_size)
                small = 2 * self._setup.map(kind.channels)
                part.rise(held + (3 if self._setup.mixed else 2) * before + small)
                part.held = part.held + self._setup.cast(2 * kind.channels * kind.squeezed)
            else:
                self._conv(part, layer, before, held)
                before = _leaving(self._setup, layer)
        if beside is not None:
            self._conv(part, beside, 0, held + before)
        if block.activate_sum:
            part.rise(held + 3 * before)

    def head(self, part: Part, layers: list[Pass]) -> None:
        *convs, classifier = layers
        linear = classifier.layer
        assert isinstance(linear, Linear)
        for conv in convs:
            self._conv(part, conv, 0, _entering(self._setup, conv))
        pixels = self._setup.map(linear.in_channels, classifier.in_size)
        part.rise(pixels + self._setup.map(linear.in_channels))
        part.held = part.held + self._setup.cast((linear.in_channels + 1) * linear.out_channels)

    def _conv(self, part: Part, layer: Pass, before: Count, held: Count = 0) -> None:
        """before: what enters it, unless that is among what is held anyway."""
        conv = layer.layer
        assert isinstance(conv, Conv)
        out = _leaving(self._setup, layer)
        part.rise(held + before + out)
        part.rise(held + 2 * out + 2 * FLOAT * conv.out_channels)
        part.held = part.held + self._setup.cast(conv.out_channels * conv.fan_in)


def _taken_apart(layers: list[Pass]) -> tuple[BlockLayers, Pass | None, list[Pass]]:
    """The block of these layers, its projection, and what works beside that."""
    block = layers[0].block
    assert block is not None
    if block.projection is None:
        return block, None, layers
    return block, layers[0], layers[1:]


def _entering(setup: MemorySetup, layer: Pass) -> Count:
    conv = layer.layer
    assert isinstance(conv, Conv)
    return setup.map(conv.in_channels, layer.in_size)


def _leaving(setup: MemorySetup, layer: Pass) -> Count:
    conv = layer.layer
    assert isinstance(conv, Conv)
    return setup.map(conv.out_channels, layer.out_size)


def _pooled(setup: MemorySetup, conv: Pass, pool: Pass) -> tuple[Count, Count]:
    """The maps before and behind a pooling."""
    kind = conv.layer
    assert isinstance(kind, Conv)
    before, after = (setup.map(kind.out_channels, size) for size in (pool.in_size, pool.out_size))
    return before, after


def _indices(setup: MemorySetup, pooled: Count) -> Count:
    return pooled // setup.map(1) * setup.batch_size * INDEX
