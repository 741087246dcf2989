"""Runs of a study trained once more, where what they compute with is the same."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from scaling_search.errors import InvalidInput
from scaling_search.execution import core_count
from scaling_search.proxy import proxy_task
from scaling_search.proxy.exported import PREFIX
from scaling_search.proxy.result import RunResult
from scaling_search.study.definition import PlannedRun, StudyDefinition
from scaling_search.study.platform import Platform
from scaling_search.trainers import TrainingFailed
from scaling_search.trainers.builtin import start_path


def for_here(definition: StudyDefinition, cache_dir: str) -> StudyDefinition:
    """The same study with its pixel caches in another place; empty: the user's own.

    Raises InvalidInput where this machine would compute with something else, or on other data.
    """
    here = Platform.here()
    if here != definition.platform:
        raise InvalidInput(
            f"the study was made with {definition.platform}, but here is {here}: results are only "
            "comparable on the same device type and versions"
        )
    data = replace(definition.settings.data, cache_dir=cache_dir).shared(core_count(), 1)
    definition = replace(definition, settings=replace(definition.settings, data=data))
    if not data.is_own and proxy_task(data).identity != definition.facts.identity:
        raise InvalidInput(
            f"the data of {definition.facts.name} are not those of the study: their content hash "
            "differs"
        )
    return definition


def train_again(
    definition: StudyDefinition,
    run: PlannedRun,
    experiments: Path,
    weights: Path | None = None,
) -> RunResult:
    """The run trained once more, in a folder that it leaves. Raises InvalidInput.

    experiments: the folder of studies, where exported weights lie from which it starts. weights:
    the file in which those that were evaluated are kept.
    """
    with tempfile.TemporaryDirectory() as folder:
        _bring_exported(definition, experiments, Path(folder))
        try:
            job = definition.trainer.job(run.spec, Path(folder), weights)
            return job.carry_out().result
        except TrainingFailed as failure:
            raise InvalidInput(
                f"run {run.spec.key} cannot be trained again: {failure}"
            ) from failure


def _bring_exported(definition: StudyDefinition, experiments: Path, folder: Path) -> None:
    """Copy exported weights, which cannot be trained anew, to where runs look for their start."""
    start = definition.settings.recipe.start
    if not start.startswith(PREFIX):
        return
    key = start.removeprefix(PREFIX)
    kept, wanted = start_path(experiments, key), start_path(folder, key)
    if not kept.is_file():
        raise InvalidInput(
            f"{kept} is missing, the exported weights from which the study starts: repeat the "
            "study's command with recipe.start= the exported folder, which puts them there"
        )
    wanted.parent.mkdir(parents=True)
    shutil.copyfile(kept, wanted)
