"""Trainings with a pixel cache and without, for `speed.py decoding`: two cores, of which one
trains and the other decodes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from benchmarks_opening import make_folder

from scaling_search.baselines import load_baseline, scale_by
from scaling_search.execution import torch_version
from scaling_search.proxy import DataSettings, Job, Recipe, RunSpec, carry_out, proxy_task

#: Images of the set, and how often each kind of training is measured.
_IMAGES, _CLASSES, _PAIRS = 2000, 10, 5


def speeds(folder: Path, resolution: int, epochs: int) -> list[tuple[float, float]]:
    """Images a second of trainings of searched_micro (with a cache, without), in turn."""
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

    def speed(data: DataSettings) -> float:
        return epochs * task.sizes[0] / carry_out(Job(spec=spec, data=data)).seconds

    # Once before: the cache is made, and the server of processes is started.
    speed(kept), speed(decoded)
    return [(speed(kept), speed(decoded)) for _ in range(_PAIRS)]
