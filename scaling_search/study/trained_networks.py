"""The networks that a finished study has trained, so that another study can rest on them too."""

from __future__ import annotations

from collections.abc import Callable

from scaling_search.baselines import FamilyMember
from scaling_search.errors import InvalidInput
from scaling_search.proxy import TaskFacts
from scaling_search.study.asks import read_candidates
from scaling_search.study.files.runs_csv import read_runs
from scaling_search.study.kinds import ScalingSearch, Series, kind_of
from scaling_search.study.platform import Platform
from scaling_search.study.read import Study, read_study
from scaling_search.study.settings import StudySettings


def networks_for(
    settings: StudySettings, facts: TaskFacts, platform: Platform
) -> Callable[[str], list[list[float]]]:
    """What gives the networks that the study in a folder has trained as this one would: depth and
    width multipliers, and pixels.

    It raises InvalidInput where the study there has another platform, baseline, task, recipe or
    trainer.
    """

    def networks_of(folder: str) -> list[list[float]]:
        study = read_study(folder)
        own = study.definition.settings
        if settings.recipe.dropout_per_phi or settings.recipe.stochastic_depth_per_phi:
            raise InvalidInput(
                f"recipe={settings.recipe.name} regularises by phi, which a search and this study "
                "count otherwise, so that the runs of sweep.studies would be others: set "
                "recipe.dropout_per_phi=0 recipe.stochastic_depth_per_phi=0"
            )
        pairs = {
            "platform": (study.definition.platform, platform),
            "baseline": (own.baseline, settings.baseline),
            "data": (study.definition.facts.identity, facts.identity),
            "recipe": (own.recipe, settings.recipe),
            "trainer": (own.trainer, settings.trainer),
        }
        if other := [name for name, (theirs, ours) in pairs.items() if theirs != ours]:
            raise InvalidInput(
                f"sweep.studies has {folder!r}, whose {' and '.join(other)} is another than this "
                "study's, so that their runs tell different things: give the same, or leave it out"
            )
        return [[m.depth_mult, m.width_mult, m.resolution] for m in trained_members(study)]

    return networks_of


def trained_members(study: Study) -> list[FamilyMember]:
    """The networks with runs that were trained to the end, each once. Raises InvalidInput."""
    epochs = study.definition.settings.recipe.epochs
    trained = {
        row.trial
        for row in read_runs(study.folder)
        if row.val_error is not None and row.epochs == epochs and not row.check
    }
    members = {member.id: member for member in reversed(_members(study))}
    return [member for name, member in reversed(members.items()) if name in trained]


def _members(study: Study) -> list[FamilyMember]:
    definition, kind = study.definition, kind_of(study.definition)
    if isinstance(kind, ScalingSearch):
        listed = [c.member for c in read_candidates(study.folder, definition).kept]
        if not study.search_ended:
            return listed
        family = definition.family_runs(study.winning_coefficients)
        return [*listed, *(run.member for run in family)]
    if isinstance(kind, Series):
        return list(definition.networks.members)
    raise InvalidInput(
        f"sweep.studies has {str(study.folder)!r}, a study of "
        f"+sweep={definition.settings.sweep.kind}, whose networks are not scaled from one "
        "baseline: give searches or studies of series"
    )
