"""The averaged weights of a training, with which it is evaluated."""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn

from scaling_search.baselines.put_back import generators_put_back
from scaling_search.proxy.loose_state import loose_state, persistent_buffers, put_loose_state


class WeightAverage:
    """An exponential moving average of a network while it trains.

    Averaged is each distinct parameter and each distinct buffer of numbers that the state_dict
    holds, such as the statistics of batch norm, real or complex. All else has its latest value:
    whole numbers, buffers that are not persistent, and those that hold no finite numbers (masks).
    """

    def __init__(
        self,
        network: nn.Module,
        horizon_steps: float,
        build: Callable[[], nn.Module] | None = None,
    ) -> None:
        """build: makes the same network anew, since not all can be copied."""
        self.source, self.horizon = network, horizon_steps
        self._copy = network
        if horizon_steps <= 1:
            return
        if build is None:
            self._copy = copy.deepcopy(network)
        else:
            with generators_put_back():
                self._copy = build()
        ours, theirs = persistent_buffers(self._copy), persistent_buffers(network)
        averaged = [_is_averaged(module._buffers[name]) for module, name in theirs]
        pairs = list(zip(ours, theirs, strict=True))
        self._buffers = [pair for pair, is_averaged in zip(pairs, averaged) if is_averaged]
        self._latest = [pair for pair, is_averaged in zip(pairs, averaged) if not is_averaged]
        self._averages = [_real(p) for p in self._copy.parameters()]
        self._values = [_real(p) for p in network.parameters()]
        with torch.no_grad():
            torch._foreach_copy_(*self._tensors())

    @property
    def network(self) -> nn.Module:
        """What is evaluated: the average as it is now, or the network where none is taken."""
        if self._copy is not self.source:
            for (ours, name), (theirs, of_theirs) in self._latest:
                value = theirs._buffers[of_theirs]
                assert value is not None
                ours._buffers[name] = value.detach().clone()
            put_loose_state(self._copy, loose_state(self.source))
        return self._copy

    def update(self, step: int) -> None:
        """Take in the weights after `step` steps; early on the average follows more closely."""
        if self._copy is not self.source:
            self._blend(max(1 / self.horizon, 9 / (9 + step)))

    @torch.no_grad()
    def _blend(self, weight: float) -> None:
        torch._foreach_lerp_(*self._tensors(), weight)

    def _tensors(self) -> tuple[list[Tensor], list[Tensor]]:
        """What is averaged, and what it follows."""
        ours = [_real(module._buffers[name]) for (module, name), _ in self._buffers]
        theirs = [_real(module._buffers[name]) for _, (module, name) in self._buffers]
        return self._averages + ours, self._values + theirs


def _is_averaged(buffer: Tensor | None) -> bool:
    assert buffer is not None
    is_number = buffer.is_floating_point() or buffer.is_complex()
    return is_number and bool(torch.isfinite(buffer).all())


@torch.no_grad()
def _real(tensor: Tensor | None) -> Tensor:
    """The same memory as real numbers."""
    assert tensor is not None
    return torch.view_as_real(tensor) if tensor.is_complex() else tensor
