"""What a study of transfer takes from the study whose family it fine-tunes."""

from __future__ import annotations

from dataclasses import replace

from scaling_search.baselines import BaselineSettings
from scaling_search.errors import InvalidInput
from scaling_search.proxy import ProxyTask, proxy_task
from scaling_search.search import SearchSweep
from scaling_search.study.other_study import finished_study, name_of, require_trained
from scaling_search.study.read import Study
from scaling_search.study.settings import StudySettings
from scaling_search.study.transfer import Size, Source, TransferSettings

#: What the command has where no baseline is typed (conf/config.yaml).
NOT_GIVEN = BaselineSettings(name="searched_micro")


def with_source(settings: StudySettings) -> StudySettings:
    """The settings with all that comes from the source study, as numbers: study.yaml then stands
    alone. Other kinds of study stay as they are.

    Raises InvalidInput where there is no finished family there, or it is none to start from.
    """
    sweep = settings.sweep
    if not isinstance(sweep, TransferSettings):
        return settings
    if sweep.source is not None:
        raise InvalidInput("sweep.source is given, but follows from sweep.study: leave it out")
    if settings.trainer.own:
        raise InvalidInput(
            f"trainer is {settings.trainer.kind}, but only the built-in training can start from "
            "the weights of another run: leave trainer= out"
        )
    study = _finished_search(sweep.study)
    source = study.definition.settings
    if settings.baseline not in (NOT_GIVEN, source.baseline):
        raise InvalidInput(
            f"baseline is {settings.baseline.target!r}, or has other settings, but the networks "
            f"are those of {sweep.study}, scaled from {source.baseline.target!r}: leave baseline= "
            "out"
        )
    found = Source(source.data, source.recipe, study.definition.facts, _sizes(study))
    name = name_of(sweep.study)
    return replace(
        settings, baseline=source.baseline, sweep=replace(sweep, study=name, source=found)
    )


def _finished_search(folder: str) -> Study:
    study = finished_study("sweep.study", folder, SearchSweep)
    if study.definition.settings.trainer.own:
        raise InvalidInput(
            f"sweep.study is {folder!r}, whose networks a training of your own has trained, and "
            "only the built-in training can start from the weights of another run: give a study "
            "without trainer="
        )
    if start := study.definition.settings.recipe.start:
        raise InvalidInput(
            f"sweep.study is {folder!r}, whose networks started from trained weights "
            f"(recipe.start={start}), but those that are transferred start from nothing: give a "
            "study without recipe.start="
        )
    family = study.definition.family_runs(study.winning_coefficients)
    require_trained("sweep.study", study, family)
    return study


def _sizes(study: Study) -> list[Size]:
    return [
        Size(member.depth_mult, member.width_mult, member.resolution, member.phi or 0.0)
        for member in study.definition.trained_sizes(study.winning_coefficients)
    ]


def require_source(settings: StudySettings, target: ProxyTask) -> None:
    """Raise InvalidInput where weights cannot go from the source's data to those of the target, or
    where the former are not there any more. Nothing is asked of other kinds of study."""
    sweep = settings.sweep
    if not isinstance(sweep, TransferSettings):
        return
    source, facts = sweep.found.facts, target.facts
    if source.in_channels != facts.in_channels:
        raise InvalidInput(
            f"the images of {facts.name} have {facts.in_channels} channels, but those of "
            f"{source.name}, on which sweep.study={sweep.study} was trained, {source.in_channels}: "
            f"give data of {source.in_channels} channels, or a study on images of "
            f"{facts.in_channels}"
        )
    task = proxy_task(settings.other_data[source.identity])
    if task.identity != source.identity:
        raise InvalidInput(
            f"the data of {source.name} are not those of sweep.study={sweep.study}: their content "
            "hash differs; give them back, or make that study again"
        )
    if task.image_set.identity == target.image_set.identity:
        raise InvalidInput(
            f"data are the images of sweep.study={sweep.study}, {facts.name}, so nothing is to be "
            "transferred: give other data"
        )
