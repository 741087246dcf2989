"""How a network is trained: every setting of one run but its data and its seed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from scaling_search.errors import InvalidInput


@dataclass(frozen=True)
class Recipe:
    """Settings of one training."""

    #: Name of the recipe; it takes no part in the training.
    name: str = "own"
    #: Passes over the training images.
    epochs: int = 8
    #: Images in a step.
    batch_size: int = 64
    #: adamw, sgd (Nesterov momentum), rmsprop, or muon: orthogonalised Nesterov momentum (Jordan et
    #: al. 2024) on dense kernels, AdamW at 0.6 of the rate on all else and on the classifier.
    optimizer: str = "adamw"
    #: The highest learning rate, reached after the warm-up.
    learning_rate: float = 3e-3
    #: Momentum of sgd, rmsprop and muon's kernels; adamw does not use it.
    momentum: float = 0.9
    #: Part of the run in which the learning rate grows linearly from 0.
    warmup: float = 0.1
    #: cosine or linear to 0; flat: constant, then linear to 0 in the last 0.3 of the run; or
    #: exponential: 0.97 every 1/146 of the run, as in the paper.
    schedule: str = "cosine"
    #: Decay of convolution and linear weights (decoupled in adamw and muon); norms and biases have
    #: none.
    weight_decay: float = 0.05
    #: Probability mass spread evenly over all classes.
    label_smoothing: float = 0.1
    #: Averaging time of the evaluated weights, as a fraction of the run; 0 evaluates the raw ones.
    ema_horizon: float = 0.05
    #: Dropout before the classifier at phi = 0.
    dropout: float = 0.0
    #: Probability of skipping the last block at phi = 0; the rate grows from 0 with the depth.
    stochastic_depth: float = 0.0
    #: Added to dropout for each unit of phi.
    dropout_per_phi: float = 0.0
    #: Added to stochastic depth for each unit of phi.
    stochastic_depth_per_phi: float = 0.0
    #: Strength of the data's augmentation, from 0 (none) to 1 (as data.augmentation says).
    augmentation: float = 1.0
    #: Part of the batch statistics that enters the running ones at each step.
    batch_norm_momentum: float = 0.1
    #: What trainings start from: nothing; baseline: the trained baseline, grown or cut to size;
    #: before: each member of a family from the one before it, the smallest from nothing; or DIR: a
    #: folder of scaling_search.export.
    start: str = ""

    def __post_init__(self) -> None:
        choices = {"optimizer": ("adamw", "sgd", "rmsprop", "muon"), "schedule": SCHEDULES}
        for name, value in vars(self).items():
            if name in choices and value not in choices[name]:
                raise InvalidInput(
                    f"recipe.{name} is {value!r}, but must be one of {', '.join(choices[name])}"
                )
            if name in ("name", "start") or name in choices:
                continue
            low, high = _RANGES.get(name, (0.0, 1.0))
            if not low <= value <= high:
                raise InvalidInput(
                    f"recipe.{name} is {value!r}, but must lie between {low:g} and {high:g}"
                )

    @property
    def of_own_training(self) -> dict[str, Any]:
        """All that a training of the user's own is told of it."""
        return {"name": self.name, "epochs": self.epochs}

    def regularisation(self, phi: float) -> tuple[float, float]:
        """(dropout, stochastic depth) of the member at phi; each stays within 0 and 0.9."""
        dropout = self.dropout + self.dropout_per_phi * phi
        stochastic_depth = self.stochastic_depth + self.stochastic_depth_per_phi * phi
        return min(0.9, max(0.0, dropout)), min(0.9, max(0.0, stochastic_depth))

    def learning_rate_at(self, done: float) -> float:
        """The learning rate after a fraction `done` (0 to 1) of the run."""
        if done < self.warmup:
            return self.learning_rate * done / self.warmup
        left = (1 - done) / (1 - self.warmup) if self.warmup < 1 else 0.0
        if self.schedule == "cosine":
            return self.learning_rate * 0.5 * (1 - math.cos(math.pi * left))
        if self.schedule == "linear":
            return self.learning_rate * left
        if self.schedule == "flat":  # down in the last 0.3 of the run
            return self.learning_rate * min(1.0, (1 - done) / 0.3)
        # 0.97 every 2.4 of 350 epochs (Tan & Le 2019, section 5.2) is 0.97**146 over the run.
        return float(self.learning_rate * 0.97 ** math.floor(146 * (1 - left)))


#: What `start` may say beside a folder.
BASELINE, BEFORE = "baseline", "before"
SCHEDULES = ("cosine", "linear", "flat", "exponential")
_RANGES: dict[str, tuple[float, float]] = {
    "epochs": (1, 10_000),
    "batch_size": (2, 65_536),
    "learning_rate": (1e-8, 100),
    "weight_decay": (0, 10),
    "warmup": (0, 0.9),
    "batch_norm_momentum": (1e-4, 1),
}
