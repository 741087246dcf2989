"""Counted memory against the memory that processes really take: python benchmarks/memory.py [N]

N networks (50), each in training and in inference, on the CPU or where there is one the GPU. They
are drawn, before any is counted or measured, by the rule of `drawn`; none is left out. The table is
that of docs/memory.md. It also prints the time of pricing a million points.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import NamedTuple

import numpy as np
from timing import show, timed

from scaling_search.baselines import FamilyMember, load_baseline, scale_by
from scaling_search.baselines.baseline import ArchitectureBaseline
from scaling_search.baselines.memory import count_memory
from scaling_search.proxy.measured_memory import measure_memory
from scaling_search.scaling import MemorySetup, grid_peak_bytes
from scaling_search.scaling.cost import Grid, activations_of, macs_of, params_of

#: Baseline -> the resolutions between which it is drawn, in pixels.
BASELINES = {
    **dict.fromkeys(("efficientnet_b0", "mobilenet_v1", "mobilenet_v2", "resnet50"), (64, 160)),
    **dict.fromkeys(("efficientnet_micro", "mobilenet_v1_micro", "searched_micro"), (20, 60)),
    **dict.fromkeys(("mobilenet_v2_micro", "resnet50_micro"), (20, 60)),
}
OPTIMIZERS = ("adamw", "sgd", "rmsprop", "muon")
#: MB that are aimed at by the number of images.
LOW, HIGH = 40, 250


class Draw(NamedTuple):
    """A network, and of how many images training and inference are measured."""

    member: FamilyMember
    setups: tuple[MemorySetup, MemorySetup]


def drawn(count: int, mixed: bool) -> list[Draw]:
    """Baselines in turn; depth x0.5 to 2, width x0.5 to 1.5, resolutions and aims log-uniformly."""
    rng = np.random.default_rng(0)

    def between(low: float, high: float) -> float:
        return float(np.exp(rng.uniform(np.log(low), np.log(high))))

    found = []
    for number in range(count):
        name = list(BASELINES)[number % len(BASELINES)]
        member = scale_by(
            load_baseline(name, num_classes=100),
            depth_mult=between(0.5, 2),
            width_mult=between(0.5, 1.5),
            resolution=round(between(*BASELINES[name])),
        )
        optimizer = str(rng.choice(OPTIMIZERS))
        aims = between(LOW, HIGH), between(LOW, HIGH)
        setups = [
            closest(member, 1e6 * aim, MemorySetup(2, training, optimizer, True, mixed))
            for training, aim in zip((True, False), aims)
        ]
        found.append(Draw(member, (setups[0], setups[1])))
    return found


def closest(member: FamilyMember, aim: float, setup: MemorySetup) -> MemorySetup:
    """With the most images, 2 to 1024, that take no more than is aimed at."""
    low, high = 2, 1024
    while low < high:
        middle = (low + high + 1) // 2
        tried = MemorySetup(**{**vars(setup), "batch_size": middle})
        low, high = (middle, high) if count_memory(member, tried) <= aim else (low, middle - 1)
    return MemorySetup(**{**vars(setup), "batch_size": low})


def compare(draws: list[Draw], device: str) -> None:
    print("| network | px | images | step | counted MB | measured MB | ratio | libraries MB |")
    print("|---|---|---|---|---|---|---|---|")
    ratios: dict[bool, list[float]] = {True: [], False: []}
    with_libraries: dict[bool, list[float]] = {True: [], False: []}
    for member, setups in draws:
        for setup in setups:
            counted, measured = count_memory(member, setup), measure_memory(member, setup, device)
            ratio = measured.network / counted
            ratios[setup.training].append(ratio)
            with_libraries[setup.training].append(sum(measured) / counted)
            name = f"{member.baseline.name} d{member.depth_mult:.2f} w{member.width_mult:.2f}"
            what = setup.optimizer if setup.training else "inference"
            print(
                f"| {name} | {member.resolution} | {setup.batch_size} | {what} | "
                f"{counted / 1e6:.1f} | {measured.network / 1e6:.1f} | {ratio:.3f} | "
                f"{measured.libraries / 1e6:.1f} |",
                flush=True,
            )
    print()
    for title, found in (("measured", ratios), ("with what libraries keep", with_libraries)):
        for training, values in found.items():
            step = "training" if training else "inference"
            print(f"{title} / counted, {step}: {summary(values)}")


def summary(ratios: list[float]) -> str:
    worst = max(ratios, key=lambda ratio: abs(ratio - 1))
    within = [sum(abs(ratio - 1) <= most for ratio in ratios) for most in (0.05, 0.1)]
    return (
        f"median {statistics.median(ratios):.3f}, worst {worst:.3f}, within 5 % {within[0]}, "
        f"within 10 % {within[1]} of {len(ratios)}"
    )


def million() -> None:
    """Points of B0, on a grid and scattered, by all that is in closed form."""
    baseline = load_baseline("efficientnet_b0")
    assert isinstance(baseline, ArchitectureBaseline)
    network = baseline.architecture, baseline.resolution, baseline.rounding
    side = np.linspace(1, 2, 100)
    grid = [axis.ravel() for axis in np.meshgrid(side, side, side)]
    scattered = list(np.random.default_rng(0).uniform(1, 2, (3, 10**6)))
    for name, points in (("a grid of", grid), ("scattered", scattered)):

        def run(points: list[np.ndarray] = points) -> None:
            realised = Grid.of(*network, *points)
            realised.sums({"macs": macs_of, "params": params_of, "activations": activations_of})
            grid_peak_bytes(realised, MemorySetup())

        seconds = timed(run, 3, time.process_time)
        show(f"all four costs of {name} 1,000,000 points of B0, CPU", seconds, 2)


def main() -> None:
    import torch

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("networks", type=int, nargs="?", default=50, metavar="N")
    count = parser.parse_args().networks
    device = "cuda" if torch.cuda.is_available() else "cpu"
    compare(drawn(count, mixed=device == "cuda"), device)
    million()


if __name__ == "__main__":
    main()
