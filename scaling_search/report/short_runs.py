"""Runs that are too short to rank networks."""

from __future__ import annotations

from scaling_search.study import StudyDefinition

#: Steps of the optimizer. Below, rankings of the tables and of omniglot-small did not agree with
#: those of longer runs (docs/proxy_task.md, docs/comparisons.md).
SETTLED = 500


def short_run_remarks(definition: StudyDefinition) -> list[str]:
    """What to think of runs of so few steps; nothing of longer ones."""
    if definition.settings.trainer.own:
        return []  # how many steps it takes is not known
    recipe = definition.settings.recipe
    if not definition.facts.train_images:
        # Nor is the size of a batch known of a training of one's own.
        return []
    steps = recipe.epochs * (definition.facts.train_images // recipe.batch_size)
    if steps >= SETTLED:
        return []
    return [
        f"Runs of {steps} steps mostly say which network starts to learn first, which depth "
        "suffers from most (docs/proxy_task.md, docs/comparisons.md). Take this study as a "
        "rehearsal, and check it with more of recipe.epochs=."
    ]
