"""Trainings with a pixel cache and without, for `speed.py decoding`: two cores, of which one
trains and the other decodes."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from benchmarks_opening import make_folder

from scaling_search.baselines import load_baseline, scale_by
from scaling_search.execution import torch_version
from scaling_search.proxy import DataSettings, Job, Recipe, RunSpec, carry_out, proxy_task
from scaling_search.proxy.decoding import Decoder

#: Images of the set, and how often each kind of training is measured.
_IMAGES, _CLASSES, _PAIRS = 2000, 10, 5


class Speed(NamedTuple):
    """Of a training: images a second, and a second of the CPU time of the process that trains."""

    wall: float
    cpu: float


def speeds(folder: Path, resolution: int, epochs: int) -> tuple[list[tuple[Speed, Speed]], float]:
    """(with a cache, without) of trainings of searched_micro, in turn; and how many
    images are decoded in a second of CPU time."""
    root = folder / "decoding" / "set"
    if not root.exists():
        make_folder(root, _IMAGES, _CLASSES)
    kept = DataSettings("parquet", path=str(root), cache_dir=str(folder / "cache"))
    decoded = replace(kept, cache="none", loading_processes=1)
    task = proxy_task(kept)
    base = load_baseline("searched_micro", _CLASSES, task.facts.in_channels, resolution=resolution)
    spec = RunSpec(
        network=scale_by(base, depth_mult=1, width_mult=1, resolution=resolution).network,
        resolution=resolution,
        task=task.identity,
        recipe=Recipe(epochs=epochs, optimizer="muon", learning_rate=0.1),
        dropout=0.0,
        stochastic_depth=0.0,
        seed=0,
        device="cpu",
        torch_version=torch_version(),
    )

    def speed(data: DataSettings) -> Speed:
        started = time.process_time()
        seconds = carry_out(Job(spec=spec, data=data)).seconds
        shown = epochs * task.sizes[0]
        return Speed(shown / seconds, shown / (time.process_time() - started))

    # Once before: the cache is made, and the server of processes is started.
    speed(kept), speed(decoded)
    pairs = [(speed(kept), speed(decoded)) for _ in range(_PAIRS)]
    decoder = proxy_task(decoded).load(resolution)[0].images
    assert isinstance(decoder, Decoder)
    started = time.process_time()
    decoder.read(np.arange(_IMAGES))
    return pairs, _IMAGES / (time.process_time() - started)
