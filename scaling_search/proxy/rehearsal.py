"""One rehearsal of a network of one's own: what would fail in its runs fails before the plan."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from scaling_search.baselines import OwnNetwork
from scaling_search.baselines.counting import count
from scaling_search.baselines.layout import lay_out, memory_format_of, place
from scaling_search.baselines.own_network import FAILURES, said, unnoticed
from scaling_search.baselines.put_back import NUMPY, PYTHON, seed_generators
from scaling_search.baselines.timm_weights import share_pretrained
from scaling_search.errors import InvalidInput
from scaling_search.proxy.augmentation import Augmentation
from scaling_search.proxy.recipe import Recipe
from scaling_search.proxy.result import RunResult
from scaling_search.proxy.task import Split
from scaling_search.proxy.training import train
from scaling_search.wording import percent

#: Images of a training step, and of the evaluations: the last images of a set may be one alone.
_BATCH, _EVALUATED = 4, (3, 1)
#: Names that fit into a line.
_NAMED = 5


def rehearse(network: OwnNetwork, resolution: int, recipe: Recipe) -> list[str]:
    """Two training steps, the average and an evaluation on noise, on the CPU, as in a run.

    Gives remarks for the plan, a line each. Raises InvalidInput where runs could only fail, or
    where their results would not be those of the network and the seed.
    """
    with unnoticed():
        builds = [_build(network, resolution, seed) for seed in (0, 1)]
        _require_builds_of_their_own(network, builds[0].module, builds[1].module)
        x_BCHW = _images(network, resolution, _BATCH)
        for build in builds:
            _require_scores(network, build, x_BCHW)
        remarks = _remarks_on_seeds(network, builds[0], builds[1])
        first, second = (_train(network, resolution, recipe) for _ in range(2))
        if first != second:
            remarks.append(
                f"two trainings of {network.target} with one seed differ: it draws from a "
                "generator of its own that is not seeded, or depends on the clock"
            )
    return (
        remarks
        + _remarks_on_weights(network, resolution)
        + remarks_on_counting(network, resolution)
    )


def _remarks_on_weights(network: OwnNetwork, resolution: int) -> list[str]:
    """How much of a network of timm begins with pretrained weights."""
    if not network.pretrained:
        return []
    with unnoticed():
        share = share_pretrained(
            network.target,
            network.build(resolution),
            resolution=resolution,
            in_channels=network.in_channels,
            pretrained=network.pretrained,
        )
    return [f"of the parameters of {network}, {percent(share, 0)} begin with {network.pretrained}"]


def remarks_on_counting(network: OwnNetwork, resolution: int) -> list[str]:
    """What the multiply-adds of a network do not tell."""
    with unnoticed():
        counted = count(network.build(resolution), network.in_channels, resolution)
    remarks = []
    if counted.uncounted:
        remarks.append(
            f"not counted in the multiply-adds of {network.target}: {_listed(counted.uncounted)}"
        )
    if counted.idle:
        remarks.append(
            f"parameters of {network.target} that no counted operation uses: "
            f"{_listed(counted.idle)}"
        )
    return remarks


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


class _Build(NamedTuple):
    """A network that was built, and where the generators stood after it had trained a step."""

    module: nn.Module
    #: Of torch, numpy and Python.
    generators: tuple[Any, Any, Any]
    weights: list[Tensor]
    #: What it gave, in train and in eval mode, and in eval mode of one image.
    scores: dict[str, Any]


@contextmanager
def _tried(network: OwnNetwork, resolution: int, what: str) -> Iterator[None]:
    try:
        yield
    except (InvalidInput, MemoryError):
        raise
    except FAILURES as error:
        raise InvalidInput(
            f"{network} and {resolution} px cannot be trained: {what} on noise failed with "
            f"{said(error)}"
        ) from error


def _build(network: OwnNetwork, resolution: int, seed: int) -> _Build:
    layout = memory_format_of(network, resolution, "cpu")
    x_BCHW = lay_out(_images(network, resolution, _BATCH), layout)
    seed_generators(seed)
    module = place(network.build(resolution), "cpu", layout)
    weights = [p.detach().clone() for p in module.parameters()]
    with _tried(network, resolution, "a pass in train mode"):
        scores = {"train": module.train()(x_BCHW)}
    generators = (torch.get_rng_state().numpy().tobytes(), _numpy_words(), PYTHON.getstate())
    with torch.no_grad():
        with _tried(network, resolution, "a pass in eval mode"):
            scores["eval"] = module.eval()(x_BCHW)
        with _tried(network, resolution, "a pass of one image in eval mode"):
            scores["eval of one image"] = module(x_BCHW[:1])
    return _Build(module, generators, weights, scores)


def _numpy_words() -> tuple[Any, ...]:
    state: Any = NUMPY.get_state(legacy=True)
    return state[1].tobytes(), *state[2:]


def _images(network: OwnNetwork, resolution: int, count: int) -> Tensor:
    """Noise as a run's images come: (B, C, H, W) around 0, channels last."""
    drawn = torch.randn(
        (count, resolution, resolution, network.in_channels),
        generator=torch.Generator().manual_seed(0),
    )
    return drawn.permute(0, 3, 1, 2)


def _require_builds_of_their_own(network: OwnNetwork, one: nn.Module, other: nn.Module) -> None:
    tensors = {id(t) for t in (*one.parameters(), *one.buffers())}
    if one is other or tensors & {id(t) for t in (*other.parameters(), *other.buffers())}:
        raise InvalidInput(
            f"{network.target} gives networks that share weights when it is called twice, so a run "
            "would begin with what another has learnt: make every layer anew in each call, and "
            "keep none in a cache or beside the function"
        )


def _require_scores(network: OwnNetwork, build: _Build, x_BCHW: Tensor) -> None:
    """Scores are (B, K), in train mode and in eval mode, and numbers. Raises InvalidInput."""
    for mode, scores in build.scores.items():
        batch = 1 if "one" in mode else len(x_BCHW)
        wanted, fault = (batch, network.num_classes), ""
        if not isinstance(scores, Tensor):
            fault = "return the scores alone, without anything beside them"
        elif tuple(scores.shape) != wanted:
            fault = "return one row an image and one score for each of num_classes"
        elif not scores.is_floating_point():
            fault = "return the scores as they come from the last layer"
        elif not bool(torch.isfinite(scores).all()):
            fault = "its first weights must give finite scores"
        if fault:
            raise InvalidInput(
                f"{network} and {x_BCHW.shape[2]} px gave {_described(scores)} for {batch} "
                f"image{'s' * (batch > 1)} in {mode.replace('eval', 'eval mode', 1)}"
                f"{' mode' * (mode == 'train')}, but must give a tensor of floats of the shape "
                f"{wanted}: {fault}"
            )


def _described(value: Any) -> str:
    if isinstance(value, Tensor):
        finite = not value.is_floating_point() or bool(torch.isfinite(value).all())
        kind = str(value.dtype).removeprefix("torch.")
        return f"a tensor of {kind} of the shape {tuple(value.shape)}" + (
            "" if finite else " with values that are not finite"
        )
    if isinstance(value, dict):
        return f"a {type(value).__name__} with {', '.join(map(repr, value))}"
    if isinstance(value, (tuple, list)):
        parts = ", ".join(_described(part) for part in value[:3])
        return f"a {type(value).__name__} of {len(value)} ({parts})"
    return f"a {type(value).__name__}"


def _remarks_on_seeds(network: OwnNetwork, one: _Build, other: _Build) -> list[str]:
    """What two builds with different seeds say. Raises InvalidInput where torch was reseeded."""
    same = [a == b for a, b in zip(one.generators, other.generators)]
    if same[0]:
        raise InvalidInput(
            f"{network.target} seeds torch's generator while it builds or runs the network, so "
            "that all seeds of a study would draw the same: take the seed out; each run is seeded "
            "before its network is built"
        )
    remarks = [
        f"{network.target} seeds the generator of {name}, so that what it draws there is the same "
        "for all seeds"
        for name, is_same in zip(("numpy", "Python's random"), same[1:])
        if is_same
    ]
    drawn = [(a, b) for a, b in zip(one.weights, other.weights) if a.numel() > 1]
    drawn = [(a, b) for a, b in drawn if bool((a != a.flatten()[0]).any())]
    if drawn and all(torch.equal(a, b) for a, b in drawn):
        remarks.append(
            f"{network.target} gives all seeds the same first weights: they differ in the order "
            "and the augmentation of images alone"
        )
    return remarks


def _train(network: OwnNetwork, resolution: int, recipe: Recipe) -> tuple[RunResult, list[bytes]]:
    """A run of two steps, and the evaluated weights."""
    rng = np.random.default_rng(0)
    counts = (2 * _BATCH, *_EVALUATED)
    shape = (sum(counts), resolution, resolution, network.in_channels)
    images = rng.integers(0, 256, shape, dtype=np.uint8)
    ends = np.cumsum(counts)
    train_part, val, test = (
        Split(images, np.arange(end - size, end), np.arange(size) % network.num_classes)
        for size, end in zip(counts, ends)
    )
    horizon = 1.0 if recipe.ema_horizon else 0.0
    short = replace(recipe, epochs=1, batch_size=_BATCH, ema_horizon=horizon)
    with _tried(network, resolution, "two training steps and an evaluation"):
        result, trained = train(
            make_network=lambda: network.build(resolution),
            splits=(train_part, val, test),
            recipe=short,
            augmentation=Augmentation(),
            seed=0,
            device_type="cpu",
            layout=memory_format_of(network, resolution, "cpu"),
        )
    tensors = [*trained.parameters(), *trained.buffers()]
    return result, [t.detach().flatten().view(torch.uint8).numpy().tobytes() for t in tensors]
