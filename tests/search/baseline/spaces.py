"""A small space, and what its networks are for."""

from __future__ import annotations

from typing import Any

from scaling_search.baselines import Baseline, load_baseline
from scaling_search.search.baseline import BaselineSearchSettings
from scaling_search.search.baseline.proposals import Task

OPTIONS: dict[str, Any] = {
    "blocks": ["mbconv", "fused_mbconv", "basic", "bottleneck"],
    "kernels": [3, 5],
    "expansions": [1, 2, 4],
    "se_ratios": [0.0, 0.25],
    "strides": [1, 2],
    "repeats": [1, 2],
    "growths": [1.0, 2.0],
    "stages": [2, 3],
    "alike": [True, False],
    "stem_strides": [1, 2],
    "heads": [0.0, 2.0],
    "activations": ["silu", "relu"],
    "resolutions": [16, 24, 32],
}
TASK = Task(num_classes=10, in_channels=3, native_resolution=32, epochs=3, train_images=100)


def sweep(**change: Any) -> BaselineSearchSettings:
    """Settings of a search over the small space."""
    return BaselineSearchSettings(**{**OPTIONS, "macs": 2_000_000, "asks": 12, **change})


def present() -> Baseline:
    """The baseline that a user has."""
    return load_baseline("efficientnet_micro", 10, 3)


#: A sampler that looks at fewer networks, for the sake of time.
QUICK = {**sweep(sampler="gp").sampler, "start": 8, "random": 30, "changed": 30}
SPACE = sweep().space(32)
