"""The memory that any network takes: architectures in closed form, others watched as they work.

The watched step runs on torch's meta device, where tensors have sizes and no contents.
"""

from __future__ import annotations

import weakref
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from scaling_search.baselines.baseline import FamilyMember
from scaling_search.baselines.layout import place
from scaling_search.baselines.matrices import hidden_matrices
from scaling_search.baselines.own_function import import_function
from scaling_search.baselines.own_network import FAILURES, MissingPrice, OwnNetwork, said, unnoticed
from scaling_search.errors import InvalidInput
from scaling_search.scaling.memory import MemorySetup, peak_bytes
from scaling_search.scaling.memory_setup import STATES

#: Images of the steps that are watched where they must be carried out.
_FEW = 4


def count_memory(member: FamilyMember, setup: MemorySetup) -> int:
    """The peak of a training step or of inference, in bytes: what memory.py of scaling counts.

    Raises InvalidInput where the network cannot be built, or not pass a batch.
    """
    if not isinstance(member.network, OwnNetwork):
        return peak_bytes(member.architecture, member.resolution, setup)
    return _count_own_network(member.network, member.resolution, setup)


def _count_own_network(network: OwnNetwork, resolution: int, setup: MemorySetup) -> int:
    """On the meta device, in the layout that it takes; else by small steps on the CPU."""
    for layout in (torch.channels_last, torch.contiguous_format):
        try:
            return _built_and_watched(network, resolution, setup, "meta", layout)
        except MissingPrice:
            raise
        except Exception:  # whatever the reason, the CPU tells whether it is one
            continue
    few, more = (
        _built_and_watched(
            network, resolution, replace(setup, batch_size=images), "cpu", torch.contiguous_format
        )
        for images in (_FEW, 2 * _FEW)
    )
    # All but the weights grows with the images.
    return few + round((more - few) * (setup.batch_size - _FEW) / _FEW)


def _built_and_watched(
    network: OwnNetwork,
    resolution: int,
    setup: MemorySetup,
    device: str,
    layout: torch.memory_format,
) -> int:
    import_function(network.target)  # before there is a device that its module would take over
    try:
        with unnoticed():
            with torch.device(device):
                module = network.build(resolution)
            return watch(place(module, device, layout), network.in_channels, resolution, setup)
    except InvalidInput:
        raise
    except FAILURES as error:
        what = "training step" if setup.training else "forward pass"
        raise InvalidInput(
            f"the memory of {network.target} cannot be counted: a {what} of {setup.batch_size} "
            f"images of ({network.in_channels}, {resolution}, {resolution}) failed with "
            f"{said(error)}"
        ) from error


def watch(network: nn.Module, in_channels: int, resolution: int, setup: MemorySetup) -> int:
    """The peak in bytes of a step of a module that lies on the meta device or on the CPU.

    The gradient is that of a classification where it gives a row for each image, else of a sum.
    What autocast does is taken for a network in bf16 whose weights are kept in float32 too. The
    module is changed.
    """
    always = _held(network, setup) + int(setup.images(in_channels, resolution))
    gradients = sum(_bytes(p) for p in network.parameters() if p.requires_grad)
    if setup.mixed:
        always += sum(_bytes(p) // 2 for p in network.parameters() if p.ndim > 1)
        network = network.to(torch.bfloat16)
    first = next(network.parameters(), torch.zeros(0))
    images = setup.batch_size
    x_BHWC = torch.zeros(images, resolution, resolution, in_channels, device=first.device)
    x_BCHW = x_BHWC.permute(0, 3, 1, 2)
    network.train(setup.training)
    live = _Live(setup)
    if not setup.training:
        with torch.no_grad(), live:
            network(x_BCHW.to(first.dtype))
        return always + live.peak
    labels = torch.zeros(images, dtype=torch.int64, device=first.device)
    with live:
        scores = network(x_BCHW.to(first.dtype))
    # The training has a name for the scores of the step before until then.
    forward = live.peak + sum(map(_bytes, _tensors(scores)))
    live.peak = live.now
    with live:
        loss = _loss(scores, labels)
    # The gradients of that step are there until the backward pass begins.
    forward = max(forward, live.peak) + gradients
    live.peak = live.now
    with live:
        torch.autograd.backward(loss)
    backward = live.peak + (gradients // 2 if setup.mixed else 0)
    return always + max(forward, backward)


def _loss(scores: Any, labels: Tensor) -> Tensor:
    if isinstance(scores, Tensor) and scores.ndim == 2:
        return F.cross_entropy(scores.float(), labels, label_smoothing=0.1)
    sums = [tensor.float().sum() for tensor in _tensors(scores) if tensor.requires_grad]
    return torch.stack(sums).sum()


def _tensors(values: Any) -> list[Tensor]:
    return [value for value in tree_leaves(values) if _is_dense(value)]


def _held(network: nn.Module, setup: MemorySetup) -> int:
    """Bytes of weights and buffers, and in training of their average and the optimizer's states."""
    weights = sum(map(_bytes, network.parameters()))
    once = weights + sum(map(_bytes, network.buffers()))
    if not setup.training:
        return once
    of_dense, of_others = STATES[setup.optimizer]
    dense = sum(map(_bytes, hidden_matrices(network)))
    return (1 + setup.averaged) * once + of_dense * dense + of_others * (weights - dense)


def _bytes(tensor: Tensor) -> int:
    return tensor.numel() * tensor.element_size()


class _Live(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """How many bytes the tensors that were made in it hold, and held at most."""

    def __init__(self, setup: MemorySetup) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._setup = setup
        self.now = 0
        self.peak = 0
        self._seen: dict[int, Any] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        # What it is given was there before, or has been seen.
        given = {t.untyped_storage()._cdata for t in _tensors((args, kwargs))}
        out = func(*args, **(kwargs or {}))
        for tensor in _tensors(out):
            if tensor.untyped_storage()._cdata not in given:
                self._see(tensor.untyped_storage())
        if func is torch.ops.aten.convolution_backward.default:
            weight, groups = args[2], args[9]
            if groups == len(weight) > 1:
                work = self._setup.work(weight.numel(), weight.shape[-1])
                self.peak = max(self.peak, self.now + int(work))
        return out

    def _see(self, storage: torch.UntypedStorage) -> None:
        key, size = storage._cdata, storage.nbytes()
        if key in self._seen:
            return

        def gone(_: object) -> None:
            del self._seen[key]
            self.now -= size

        self._seen[key] = weakref.ref(storage, gone)
        self.now += size
        self.peak = max(self.peak, self.now)


def _is_dense(value: Any) -> bool:
    return isinstance(value, Tensor) and value.layout is torch.strided
