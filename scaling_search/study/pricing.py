"""How a study prices its networks: by its settings, its device and what was measured."""

from __future__ import annotations

from scaling_search.baselines.pricing import Pricing
from scaling_search.scaling import MemorySetup
from scaling_search.study.measured import Measured
from scaling_search.study.platform import Platform
from scaling_search.study.settings import StudySettings


def pricing_of(settings: StudySettings, platform: Platform, measured: Measured) -> Pricing:
    """Memory is that of the recipe's step on the study's device, unless the constraint says so."""
    constraint, recipe = settings.constraint, settings.recipe
    memory = MemorySetup(
        constraint.batch_size or recipe.batch_size,
        constraint.training,
        recipe.optimizer,
        averaged=recipe.ema_horizon > 0,
        mixed=platform.device == "cuda",
    )
    return Pricing(memory, constraint.batch_size, measured.drawn, measured.members)
