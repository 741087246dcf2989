"""One training run, from a specification to its errors."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from scaling_search.baselines.layout import lay_out, place
from scaling_search.baselines.put_back import (
    generators_put_back,
    seed_generators,
    settings_put_back,
)
from scaling_search.proxy.augmentation import Augmentation, augment
from scaling_search.proxy.average import WeightAverage
from scaling_search.proxy.checkpoint import Checkpoint, TrainingState, global_generators
from scaling_search.proxy.loading import Batch, open_images
from scaling_search.proxy.optimizer import make_optimizers
from scaling_search.proxy.random_crop import RandomCrops
from scaling_search.proxy.recipe import Recipe
from scaling_search.proxy.result import Epoch, RunResult, RunStatus, Tell, unheard
from scaling_search.proxy.task import Split

#: Images in an evaluation step; it does not change the result.
_EVALUATION_BATCH = 500
#: Of glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


def train(
    *,
    make_network: Callable[[], nn.Module],
    splits: tuple[Split, Split, Split],
    recipe: Recipe,
    augmentation: Augmentation,
    seed: int,
    device_type: str,
    rung: int | None = None,
    checkpoint: Checkpoint | None = None,
    layout: torch.memory_format = torch.channels_last,
    tell: Tell = unheard,
) -> tuple[RunResult, nn.Module]:
    """Train one network and evaluate it; the same arguments give the same bits.

    With a `rung` the training stops after that epoch. What it then needs to go on is kept in
    `checkpoint`, from where a later call with a higher rung, or none, continues: the result is the
    same, to the bit, as without the stop.

    splits: train, val and test, of the same images. layout: of the weights and images in memory.
    tell: hears of each epoch.
    Gives the result and the network as evaluated, on the device (cpu or cuda) it was trained on.
    """
    train_split, val_split, test_split = splits
    assert train_split.images is val_split.images is test_split.images
    device = torch.device(device_type)
    _keep_freed_memory()
    augmentation = augmentation.scaled(recipe.augmentation)

    def build() -> nn.Module:
        return place(make_network(), device_type, layout)

    with _deterministic(seed), open_images(train_split.images, device) as read_batches:
        network = build()
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = recipe.batch_norm_momentum
        generator = torch.Generator().manual_seed(seed)
        optimizers = make_optimizers(network, recipe)
        parameters = list(network.parameters())
        labels = torch.from_numpy(train_split.labels).to(device)
        steps_per_epoch = len(labels) // recipe.batch_size
        steps = steps_per_epoch * recipe.epochs
        average = WeightAverage(network, recipe.ema_horizon * steps, build)

        curve: list[Epoch] = []
        last = recipe.epochs if rung is None else rung
        state = TrainingState(
            network=network,
            averaged=average.network,
            optimizers=optimizers,
            generators=(generator, *global_generators(device)),
            curve=curve,
        )
        if checkpoint is not None:
            checkpoint.restore(state, last)
        step = len(curve) * steps_per_epoch
        for epoch in range(len(curve) + 1, last + 1):
            network.train()
            total = torch.zeros((), device=device)
            batches = _shuffled(len(labels), recipe.batch_size, generator)
            crops = None
            if augmentation.smallest_crop < 1:
                crops = RandomCrops(augmentation.smallest_crop, seed, epoch)
            # Known in one go, images to evaluate with are decoded while the last steps are made.
            shown = [Batch(train_split.rows[batch.numpy()], crops) for batch in batches]
            shown += evaluation_batches(val_split)
            if epoch == recipe.epochs:
                shown += evaluation_batches(test_split)
            images = read_batches(shown)
            for batch, x_BHWC in zip(batches, images):
                rate = recipe.learning_rate_at((step + 0.5) / steps)
                x_BCHW = lay_out(augment(_centred(x_BHWC), augmentation, generator), layout)
                with _autocast(device):
                    logits_BK = network(x_BCHW)
                loss = F.cross_entropy(
                    logits_BK.float(),
                    labels[batch.to(device)],
                    label_smoothing=recipe.label_smoothing,
                )
                for parameter in parameters:
                    parameter.grad = None
                torch.autograd.backward(loss)
                for optimizer in optimizers:
                    for group in optimizer.param_groups:
                        group["lr"] = group["share"] * rate
                    optimizer.step()
                step += 1
                average.update(step)
                total += loss.detach()
            mean_loss = total.item() / steps_per_epoch
            finite = all(bool(torch.isfinite(p).all()) for p in average.network.parameters())
            if not (np.isfinite(mean_loss) and finite):
                return RunResult(status=RunStatus.DIVERGED, curve=tuple(curve)), network
            val_correct = evaluate(average.network, val_split, images, device, layout)
            curve.append(Epoch(epoch, mean_loss, 1 - float(val_correct.mean())))
            tell(curve[-1])

        test_error = None
        if last == recipe.epochs:
            correct = evaluate(average.network, test_split, images, device, layout)
            test_error = 1 - float(correct.mean())
            if checkpoint is not None:
                checkpoint.forget()
        elif checkpoint is not None:
            checkpoint.save(state)
        result = RunResult(
            status=RunStatus.FINISHED,
            val_error=curve[-1].val_error,
            test_error=test_error,
            curve=tuple(curve),
            val_correct=np.packbits(val_correct).tobytes(),
        )
        return result, average.network


def evaluation_batches(split: Split, batch_size: int = _EVALUATION_BATCH) -> list[Batch]:
    """The split's images in its order, as `evaluate` takes them."""
    starts = range(batch_size, len(split.rows), batch_size)
    return [Batch(rows) for rows in np.split(split.rows, starts)]


@torch.no_grad()
def evaluate(
    network: nn.Module,
    split: Split,
    images: Iterator[Tensor],
    device: torch.device,
    layout: torch.memory_format = torch.channels_last,
) -> NDArray[np.bool_]:
    """Which images of the split the network gets right, (N,) in the split's order.

    images: gives the split's, in batches, next; no more of it is taken.
    """
    network.eval()
    classes: list[int] = []
    while len(classes) < len(split.labels):
        with _autocast(device):
            logits_BK = network(lay_out(_centred(next(images)), layout))
        classes += logits_BK.argmax(1).tolist()
    return np.asarray(np.array(classes) == split.labels)


def _shuffled(count: int, batch_size: int, generator: torch.Generator) -> tuple[Tensor, ...]:
    """Whole batches of indices in a new random order; the rest of an epoch is left out."""
    order = torch.randperm(count, generator=generator)
    return torch.split(order[: count - count % batch_size], batch_size)


def _centred(x_BHWC: Tensor) -> Tensor:
    """(B, C, H, W) values around 0 in channels_last layout, from bytes."""
    return x_BHWC.permute(0, 3, 1, 2).float().sub_(127.5).div_(64.0)


def _autocast(device: torch.device) -> torch.autocast:
    """bf16 on a GPU; on a CPU it would be slower."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda")


@cache
def _keep_freed_memory() -> None:
    """Let the C library keep what is freed, where it is glibc; once in a process.

    By default it gives large tensors back to the system, which clears their pages again at every
    step: up to a tenth of the time.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, 32 << 20)  # the highest that it takes
        mallopt(_M_TRIM_THRESHOLD, 1 << 30)


@contextmanager
def _deterministic(seed: int) -> Iterator[None]:
    """One thread on a CPU, deterministic kernels, the global generators seeded; undone after."""
    # cuBLAS is deterministic only with this setting, read when it starts.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    with settings_put_back(), generators_put_back():
        torch.set_num_threads(1)
        torch.use_deterministic_algorithms(True)
        # Nothing here reads uninitialised memory, and filling it costs a sixth of the time.
        torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
        seed_generators(seed)
        yield
