"""A training step of small networks on a GPU, by how its kernels are launched.

    python benchmarks/benchmarks_gpu_steps.py [DEVICE]

eager          one after another, as the built-in training does
passes         forward and backward pass as CUDA graphs
step           the whole step, with the optimizer, as one CUDA graph
compiled       the network by torch.compile, its kernels launched one after another
For each: milliseconds a step, seconds before the first step, and what a training of the recipe
would take in all, from which follows which of them pays. A CPU has no graphs.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable

import torch
import yaml
from timing import REPOSITORY
from torch import nn
from torch.nn import functional as F

from scaling_search.baselines import load_baseline, scale
from scaling_search.baselines.layout import place
from scaling_search.proxy import DataSettings, Recipe, proxy_task
from scaling_search.proxy.optimizer import make_optimizers
from scaling_search.scaling import Coefficients

WAYS = ("eager", "passes", "step", "compiled")
ROUNDS, STEPS, WARM_UP = 5, 50, 3
SHARES = Coefficients.from_shares(1 / 3, 1 / 3, 1 / 3, cost_ratio=2.0)


def launched(
    way: str, network: nn.Module, recipe: Recipe, x_shape: tuple[int, ...]
) -> Callable[[], None]:
    """One training step with noise for images, where the network lies, after a few others."""
    device = next(network.parameters()).device
    optimizers = make_optimizers(network, recipe)
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
        forward = torch.compile(network)

    def step() -> None:
        with half:
            logits_BK = forward(x_BCHW)
        loss = F.cross_entropy(logits_BK.float(), labels)
        network.zero_grad()
        torch.autograd.backward(loss)
        for optimizer in optimizers:
            optimizer.step()

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
    return captured.replay


def measure(way: str, phi: float, recipe: Recipe, device: torch.device) -> tuple[float, float]:
    """Seconds a step, the median of several rounds, and seconds before the first step."""
    member = scale(load_baseline("searched_micro", 36, 1), SHARES, phi)
    network = place(member.build(), device.type, torch.channels_last).train()
    wait = torch.cuda.synchronize if device.type == "cuda" else lambda: None
    started = time.perf_counter()
    step = launched(way, network, recipe, (recipe.batch_size, 1, *2 * [member.resolution]))
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
    device = torch.device(sys.argv[1] if len(sys.argv) > 1 else "cuda")
    # As in a training.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)
    images, _, _ = proxy_task(DataSettings()).sizes
    for name, phi in (("quick", 0.0), ("quick", 1.0), ("proxy", 1.0), ("proxy", 4.0)):
        file = REPOSITORY / "conf" / "recipe" / f"{name}.yaml"
        recipe = Recipe(**yaml.safe_load(file.read_text()))
        steps = recipe.epochs * (images // recipe.batch_size)
        print(f"recipe {name}, phi {phi:g}: {steps:,} steps in a training")
        for way in WAYS:
            if device.type == "cpu" and way in ("passes", "step"):
                continue
            try:
                seconds, ready = measure(way, phi, recipe, device)
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
