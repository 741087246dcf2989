"""A training step of small networks on a GPU, by how its kernels are launched.

    python benchmarks/benchmarks_gpu_steps.py [--device cpu]

eager          one after another, as the built-in training does
passes         forward and backward pass as CUDA graphs
step           the whole step, with the optimizer, as one CUDA graph
compiled       the network by torch.compile, its kernels launched one after another
For each: milliseconds a step, seconds before the first step, and what a training of the recipe
would take in all, from which follows which of them pays. Images are noise that lies on the device,
without augmentation; a captured step keeps one learning rate, where a schedule would need it as a
tensor. Each figure comes from a process of its own. A CPU has no graphs.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

import torch
import yaml
from timing import REPOSITORY
from torch import nn
from torch.nn import functional as F

from scaling_search.baselines import load_baseline, scale
from scaling_search.baselines.layout import place
from scaling_search.proxy import DataSettings, Recipe, proxy_task
from scaling_search.proxy.average import WeightAverage
from scaling_search.proxy.optimizer import make_optimizers
from scaling_search.proxy.training import _deterministic
from scaling_search.scaling import Coefficients

WAYS = ("eager", "passes", "step", "compiled")
ROUNDS, STEPS, WARM_UP = 5, 50, 3
SHARES = Coefficients.from_shares(1 / 3, 1 / 3, 1 / 3, cost_ratio=2.0)


def launched(
    way: str, build: Callable[[], nn.Module], recipe: Recipe, x_shape: tuple[int, ...]
) -> Callable[[], None]:
    """One training step, after a few others."""
    network = build().train()
    device = next(network.parameters()).device
    optimizers = make_optimizers(network, recipe)
    average = WeightAverage(network, recipe.ema_horizon * 1000, build)
    x_BCHW = torch.rand(x_shape, device=device).contiguous(memory_format=torch.channels_last)
    labels = torch.randint(36, x_shape[:1], device=device)
    # A captured pass must not use weights that another one has cast.
    half = torch.autocast(
        device.type,
        dtype=torch.bfloat16,
        enabled=device.type == "cuda",
        cache_enabled=way in ("eager", "compiled"),
    )
    forward = network
    if way == "passes":
        with half:
            forward = torch.cuda.make_graphed_callables(network, (x_BCHW,))
    elif way == "compiled":
        forward = torch.compile(network, dynamic=False)

    def step() -> None:
        with half:
            logits_BK = forward(x_BCHW)
        loss = F.cross_entropy(logits_BK.float(), labels)
        network.zero_grad()
        torch.autograd.backward(loss)
        for optimizer in optimizers:
            optimizer.step()
        average.update(1000)

    for group in (group for optimizer in optimizers for group in optimizer.param_groups):
        if "capturable" in group:
            # Its count of steps must lie on the GPU.
            group["capturable"] = way == "step"
    if way != "step":
        for _ in range(WARM_UP):
            step()
        return step
    beside = torch.cuda.Stream()
    beside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(beside):
        for _ in range(WARM_UP):
            step()
    torch.cuda.current_stream().wait_stream(beside)
    captured = torch.cuda.CUDAGraph()
    with torch.cuda.graph(captured):
        step()

    def replay(_kept: object = step) -> None:
        """What the step works on must outlive it."""
        captured.replay()

    return replay


def measure(way: str, phi: float, recipe: Recipe, device_type: str) -> tuple[float, float]:
    """Seconds a step, the median of several rounds, and seconds before the first step."""
    member = scale(load_baseline("searched_micro", 36, 1), SHARES, phi)
    x_shape = (recipe.batch_size, 1, member.resolution, member.resolution)
    wait = torch.cuda.synchronize if device_type == "cuda" else lambda: None

    def build() -> nn.Module:
        return place(member.build(), device_type, torch.channels_last)

    with _deterministic(0):
        # What the first kernels of a process cost is not asked for.
        launched("eager", build, recipe, x_shape)
        wait()
        started = time.perf_counter()
        step = launched(way, build, recipe, x_shape)
        wait()
        ready = time.perf_counter() - started
        seconds = []
        for _ in range(ROUNDS):
            started = time.perf_counter()
            for _ in range(STEPS):
                step()
            wait()
            seconds.append((time.perf_counter() - started) / STEPS)
    return statistics.median(seconds), ready


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    device = parser.parse_args().device
    images, _, _ = proxy_task(DataSettings()).sizes
    context = multiprocessing.get_context("spawn")
    for name, phi in (("quick", 0.0), ("quick", 1.0), ("proxy", 1.0), ("proxy", 4.0)):
        file = REPOSITORY / "conf" / "recipe" / f"{name}.yaml"
        recipe = Recipe(**yaml.safe_load(file.read_text()))
        steps = recipe.epochs * (images // recipe.batch_size)
        print(f"recipe {name}, phi {phi:g}: {steps:,} steps in a training", flush=True)
        for way in WAYS if device == "cuda" else ("eager", "compiled"):
            with ProcessPoolExecutor(1, mp_context=context) as pool:
                try:
                    seconds, ready = pool.submit(measure, way, phi, recipe, device).result()
                except Exception as error:  # what does not go is an answer too
                    (first, *_) = str(error).strip().splitlines() or [""]
                    print(f"  {way:9} fails: {type(error).__name__}: {first}", flush=True)
                    continue
            print(
                f"  {way:9} {1000 * seconds:7.2f} ms a step, ready after {ready:6.1f} s, "
                f"a training {ready + steps * seconds:7.1f} s",
                flush=True,
            )


if __name__ == "__main__":
    main()
