"""One training step of a network, ours and in a plain loop: python benchmarks/benchmarks_step.py
ours|plain BASELINE PHI BATCH prints its CPU seconds.

A process of its own for each, since ours changes how memory is allocated. The plain loop is what a
PyTorch user writes first: the default layout, a DataLoader of a map-style dataset that normalises,
an optimizer with default flags. It averages no weights, ours does.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from scaling_search.baselines import load_baseline, scale
from scaling_search.proxy import DataSettings, Recipe, proxy_task
from scaling_search.proxy.augmentation import Augmentation
from scaling_search.proxy.task import Split
from scaling_search.proxy.training import train
from scaling_search.scaling import Coefficients

STEPS = 40


class Images(Dataset[tuple[Tensor, Tensor]]):
    def __init__(self, split: Split) -> None:
        pixels = torch.from_numpy(split.images[split.rows])
        self.images = pixels.permute(0, 3, 1, 2).contiguous()
        self.labels = torch.from_numpy(split.labels)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, i: int) -> tuple[Tensor, Tensor]:
        return (self.images[i].float() - 127.5) / 64, self.labels[i]


def first(split: Split, count: int) -> Split:
    return split._replace(rows=split.rows[:count], labels=split.labels[:count])


def plain(network: nn.Module, split: Split, recipe: Recipe) -> None:
    optimizer = torch.optim.SGD(
        network.parameters(), recipe.learning_rate, recipe.momentum, nesterov=True
    )
    for x_BCHW, labels in DataLoader(Images(split), recipe.batch_size, shuffle=True):
        loss = nn.functional.cross_entropy(network(x_BCHW), labels)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()


def main() -> None:
    which, name, phi, batch = sys.argv[1:]
    torch.set_num_threads(1)
    task = proxy_task(DataSettings())
    baseline = load_baseline(name, task.facts.num_classes, task.facts.in_channels)
    uniform = Coefficients.from_shares(1 / 3, 1 / 3, 1 / 3, cost_ratio=2.0)
    member = scale(baseline, uniform, float(phi))
    recipe = Recipe(epochs=1, batch_size=int(batch), optimizer="sgd", learning_rate=0.1)

    shown, val, test = task.load(member.resolution)
    splits = first(shown, STEPS * recipe.batch_size), first(val, 2), first(test, 2)

    def run() -> None:
        if which == "plain":
            plain(member.build(), splits[0], recipe)
        else:
            train(
                make_network=member.build,
                splits=splits,
                recipe=replace(recipe, label_smoothing=0.0),
                augmentation=Augmentation(),
                seed=0,
                device_type="cpu",
            )

    run()
    seconds = []
    for _ in range(3):
        started = time.process_time()
        run()
        seconds.append((time.process_time() - started) / STEPS)
    print(min(seconds))


if __name__ == "__main__":
    main()
