"""The cost of any torch module, counted while one image passes through it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from scaling_search.scaling import Cost

_aten = torch.ops.aten
_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose2d)
#: Operations of torch's own that work a lot and are no multiply-adds, by how their names begin.
_OTHER_WORK = (
    *("_fft", "fft_", "linalg_", "_linalg_", "_cdist", "cdist", "_pdist", "grid_sampler"),
    *("_embedding_bag", "_sparse", "sparse_", "matrix_exp"),
)
#: Other operations that make more elements than each of their inputs has are named from this part
#: of the multiply-adds on.
_WORTH_NAMING = 0.01


@dataclass(frozen=True)
class Counted:
    """A cost, and what it does not tell."""

    cost: Cost
    #: Operations that were not counted.
    uncounted: tuple[str, ...]
    #: Parameters with two axes or more that no counted operation uses, with their shapes.
    idle: tuple[str, ...]


def count_cost(network: nn.Module, in_channels: int, resolution: int) -> Cost:
    """Multiply-adds, parameters and activations of one image, as cost.py defines them.

    The module may live on any device; on `meta` nothing is computed.
    """
    return _cost(network, in_channels, resolution, nullcontext())


def count(network: nn.Module, in_channels: int, resolution: int) -> Counted:
    """What `count_cost` gives, and what is left out of it."""
    watch = _Watch(network)
    cost = _cost(network, in_channels, resolution, watch)
    grown = [name for name, made in watch.grown.items() if made >= _WORTH_NAMING * cost.macs]
    return Counted(cost, tuple(sorted({*watch.other, *grown})), tuple(watch.idle(network)))


def _cost(
    network: nn.Module, in_channels: int, resolution: int, watch: AbstractContextManager[object]
) -> Cost:
    parameter = next(network.parameters(), None)
    device = parameter.device if parameter is not None else torch.device("cpu")
    activations = 0

    def add(_module: nn.Module, _inputs: object, output: Tensor) -> None:
        nonlocal activations
        activations += output.numel()

    hooks = [
        module.register_forward_hook(add)
        for module in network.modules()
        if isinstance(module, _CONVOLUTIONS)
    ]
    was_training = network.training
    network.eval()
    # Made before anything watches: what follows from an image is not known.
    x_BCHW = torch.zeros(1, in_channels, resolution, resolution, device=device)
    try:
        with torch.no_grad(), _plain_kernels(), watch, _counter() as counter, _quick_norms():
            network(x_BCHW)
    finally:
        network.train(was_training)
        for hook in hooks:
            hook.remove()
    params = sum(p.numel() for p in network.parameters())
    return Cost(counter.get_total_flops() // 2, params, activations)


def _quick_norms() -> _QuickNorms:
    return _QuickNorms()  # type: ignore[no-untyped-call]


def _counter() -> FlopCounterMode:
    return FlopCounterMode(display=False, custom_mapping=_FLOPS)


@contextmanager
def _plain_kernels() -> Iterator[None]:
    """Attention and recurrent layers as products of matrices, as on the meta device."""
    mha, onednn = torch.backends.mha, torch.backends.mkldnn
    before = mha.get_fastpath_enabled(), onednn.enabled
    mha.set_fastpath_enabled(False)
    onednn.enabled = False  # type: ignore[assignment]
    try:
        with sdpa_kernel(SDPBackend.MATH):
            yield
    finally:
        mha.set_fastpath_enabled(before[0])
        onednn.enabled = before[1]


class _QuickNorms(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Batch norm on the meta device: what it gives has the shape of what it is given.

    torch works that out by a dozen operations in Python, which takes most of a count's time. It
    has no multiply-adds.
    """

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is _aten.native_batch_norm.default and args[0].is_meta and not args[5]:
            return torch.empty_like(args[0]), args[0].new_empty(0), args[0].new_empty(0)
        return func(*args, **(kwargs or {}))


class _Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Sees each operation that has no further parts.

    Tensors that follow from parameters and buffers alone, such as a kernel that is computed from
    others, stand for the parameters that they were made of.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.other: set[str] = set()
        #: How many elements came of operations that make more than they are given.
        self.grown: dict[str, int] = {}
        self._used: set[str] = set()
        #: By storage, which views share; kept, so that no other tensor gets its place.
        self._made_of: dict[int, frozenset[str]] = {}
        self._kept: list[Tensor] = []
        for name, tensor in [*network.named_parameters(), *network.named_buffers()]:
            if not nn.parameter.is_lazy(tensor):
                self._note(tensor, frozenset([name]))

    def _note(self, tensor: Tensor, names: frozenset[str]) -> None:
        key = _place(tensor)
        self._made_of[key] = self._made_of.get(key, frozenset()) | names
        self._kept.append(tensor)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        given = [t for t in tree_leaves((args, kwargs)) if isinstance(t, Tensor)]
        out = func(*args, **kwargs)
        made = [t for t in tree_leaves(out) if isinstance(t, Tensor)]
        sources = [self._made_of.get(_place(t)) for t in given]
        known = [names for names in sources if names is not None]
        counted = func._overloadpacket in _COUNTED
        if func._overloadpacket is torch.ops.aten.mul:
            counted = _grows(given, out)
        if counted and len(known) < len(given):
            self._used.update(*known)
        for tensor in made:
            if len(known) == len(given):
                self._note(tensor, frozenset().union(*known))
            else:
                # In place, what an image had no part in gets one.
                self._made_of.pop(_place(tensor), None)
        self._name(func, given, made, counted)
        return out

    def _name(self, func: Any, given: list[Tensor], made: list[Tensor], counted: bool) -> None:
        space, _, name = func._schema.name.partition("::")
        if space not in ("aten", "prim", "prims") or name.startswith(_OTHER_WORK):
            self.other.add(func._schema.name if space != "aten" else name.lstrip("_"))
        elif not counted and len(given) > 1 and torch.Tag.pointwise in func.tags:
            elements = sum(t.numel() for t in made)
            if elements > max(map(_distinct, given)):
                self.grown[name] = self.grown.get(name, 0) + elements

    def idle(self, network: nn.Module) -> Iterator[str]:
        """Parameters that are more than one number for each channel, and enter nothing counted."""
        for name, parameter in network.named_parameters():
            if name not in self._used and sum(side > 1 for side in parameter.shape) > 1:
                yield f"{name} {tuple(parameter.shape)}"


def _place(tensor: Tensor) -> int:
    try:
        return int(tensor.untyped_storage()._cdata)
    except (NotImplementedError, RuntimeError):  # sparse tensors have no storage
        return -id(tensor)


def _distinct(tensor: Tensor) -> int:
    """Elements that are not repeated by `expand`."""
    sides = zip(tensor.shape, tensor.stride()) if tensor.layout is torch.strided else ()
    return math.prod(side for side, stride in sides if stride != 0)


def _grows(given: list[Tensor], made: Tensor) -> bool:
    return len(given) == 2 and made.numel() > max(map(_distinct, given))


def _product(left: Any, right: Any, *_: Any, out_val: Tensor, **__: Any) -> int:
    """A product of tensors is one of matrices where it makes more than either of them has."""
    given = [t for t in (left, right) if isinstance(t, Tensor)]
    return 2 * out_val.numel() if _grows(given, out_val) else 0


_product._get_raw = True  # type: ignore[attr-defined]


def _trilinear(
    one: Any, two: Any, three: Any, expand1: Any, expand2: Any, expand3: Any, *_: Any, **__: Any
) -> int:
    """A sum over products of three; bilinear layers are made of it."""
    sides: list[int] = []
    for shape, expanded in ((one, expand1), (two, expand2), (three, expand3)):
        whole = list(shape)
        for axis in sorted(expanded):
            whole.insert(axis, 1)
        sides = [max(a, b) for a, b in zip(whole, sides or whole)]
    return 2 * math.prod(sides)


def _matrix_vector(matrix: Any, *_: Any, **__: Any) -> int:
    return 2 * int(math.prod(matrix))


def _second_matrix_vector(_first: Any, matrix: Any, *_: Any, **__: Any) -> int:
    return 2 * int(math.prod(matrix))


def _added_products(_first: Any, left: Any, right: Any, *_: Any, **__: Any) -> int:
    return 2 * int(math.prod(left) * right[-1])


#: Floating-point operations, 2 a multiply-add, of what torch's counter does not know.
_FLOPS: dict[Any, Callable[..., int]] = {
    _aten.mul: _product,
    _aten._trilinear: _trilinear,
    _aten.mv: _matrix_vector,
    _aten.dot: _matrix_vector,
    _aten.vdot: _matrix_vector,
    _aten.addmv: _second_matrix_vector,
    _aten.addr: lambda _, left, right, *__, **___: 2 * math.prod(left) * math.prod(right),
    _aten.addbmm: _added_products,
    _aten._addmm_activation: _added_products,
}
_COUNTED = {*FlopCounterMode(display=False).flop_registry, *_FLOPS}
