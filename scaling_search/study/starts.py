"""`recipe.start`: the runs from whose weights those of a study start."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from scaling_search.baselines import FamilyMember, OwnNetwork, base_member
from scaling_search.errors import InvalidInput
from scaling_search.proxy import Recipe, RunSpec
from scaling_search.proxy.exported import PREFIX, Exported, ExportedFolder, read_exported
from scaling_search.proxy.recipe import BASELINE, BEFORE
from scaling_search.scaling import Architecture
from scaling_search.scaling.kinship import not_kept, require_akin
from scaling_search.study.files.weights import weights_path
from scaling_search.study.planned_run import PlannedRun
from scaling_search.study.records import Step
from scaling_search.text_file import expanded
from scaling_search.trainers import Spec
from scaling_search.trainers.builtin import start_path
from scaling_search.whole_files import write_whole

#: Networks whose function is not kept that a plan names.
_SHOWN = 5

if TYPE_CHECKING:
    from scaling_search.study.definition import StudyDefinition
    from scaling_search.study.settings import StudySettings


def start_of(
    definition: StudyDefinition, member: FamilyMember, seed: int, recipe: Recipe
) -> Spec | Exported | None:
    """What a run of the member starts from, as recipe.start says, but for chains of a family.

    Raises InvalidInput where it cannot take those weights.
    """
    if recipe.start.startswith(PREFIX):
        return Exported(recipe.start.removeprefix(PREFIX))
    source = source_of(definition, member, seed, recipe)
    return source.spec if source else None


def with_start(settings: StudySettings) -> tuple[StudySettings, ExportedFolder | None]:
    """The settings with what stands for an exported folder in place of its path, and that folder.

    Raises InvalidInput where it is none.
    """
    start = settings.recipe.start
    if start in ("", BASELINE, BEFORE):
        return settings, None
    folder = read_exported(expanded(start, "recipe.start"))
    return replace(settings, recipe=replace(settings.recipe, start=PREFIX + folder.key)), folder


def start_phrase(start: str) -> str:
    """What a recipe's start, which is not empty, says in a plan or on a model card."""
    if start == BEFORE:
        return "of STEP 2's sizes each from the one before it, the smallest from nothing"
    if start == BASELINE:
        return "all networks from the trained baseline's weights of the same seed"
    return f"all networks from the exported weights {start.removeprefix(PREFIX)}"


def start_lines(definition: StudyDefinition, runs: Sequence[PlannedRun]) -> list[str]:
    """What a plan says of where these runs start."""
    start = definition.settings.recipe.start
    if not start:
        return []
    lines = [f"Start: {start_phrase(start)}"]
    if start == BEFORE:
        return lines
    if start == BASELINE:
        lines[0] += f", which is trained first, {len(sources_of(definition, runs))} runs"
        source = definition.base.network
    else:
        if definition.exported is None:
            return lines
        source = definition.exported.architecture
    changed: dict[str, str] = {}
    for run in runs:
        ours = run.member.network
        if isinstance(ours, Architecture) and isinstance(source, Architecture):
            for reason in not_kept(ours, source)[:1]:
                changed[run.member.id] = reason
    for member, reason in list(changed.items())[:_SHOWN]:
        lines.append(f"  {member} starts with another function: {reason}")
    if len(changed) > _SHOWN:
        lines.append(f"  and {len(changed) - _SHOWN} more")
    return lines


def require_takes(folder: ExportedFolder, members: Iterable[FamilyMember]) -> None:
    """Raise InvalidInput where a network cannot take the weights of an exported folder."""
    for member in members:
        if isinstance(member.network, OwnNetwork):
            raise InvalidInput(
                f"recipe.start is {str(folder.path)!r}, but the networks of {member.baseline.name} "
                "have layers that only their code knows: take a baseline with a stage table"
            )
        try:
            require_akin(member.network, folder.architecture)
        except InvalidInput as error:
            raise InvalidInput(f"recipe.start is {str(folder.path)!r}, but {error}") from error


def source_of(
    definition: StudyDefinition, member: FamilyMember, seed: int, recipe: Recipe
) -> PlannedRun | None:
    """The baseline's run from which one of the member starts; None where it starts from nothing.

    It has the same seed and recipe. Raises InvalidInput where the member cannot take its weights.
    """
    if recipe.start != BASELINE:
        return None
    base = base_member(member.baseline)
    if member.id == base.id:
        return None
    require_growable(member, base)
    return definition.run(Step.SOURCE, base, 0.0, seed, recipe=recipe)


def sources_of(definition: StudyDefinition, runs: Iterable[PlannedRun]) -> tuple[PlannedRun, ...]:
    """The distinct runs of the baseline from which these start, by recipe.start."""
    found = (
        source_of(definition, run.member, run.spec.seed, run.spec.recipe)
        for run in runs
        if isinstance(run.spec, RunSpec)
    )
    return tuple({run.spec.key: run for run in found if run is not None}.values())


def known_starts(runs: Iterable[PlannedRun], known: Container[str]) -> tuple[PlannedRun, ...]:
    """Those of the runs that have a result, and from whose weights others that have none start."""
    by_key = {run.spec.key: run for run in runs}
    starts = {
        start.key: by_key[start.key]
        for key, run in by_key.items()
        if key not in known and (start := getattr(run.spec, "start", None)) is not None
        if start.key in known and start.key in by_key
    }
    return tuple(starts.values())


def kept_weights(run: PlannedRun, experiments: Path, studies: Iterable[str]) -> Path | None:
    """Where the weights of a run lie: for other runs to start from, or in one of these studies
    (family.save_weights=true). None where they are not kept."""
    places = [weights_path(experiments / name, run.member.id, run.spec.seed) for name in studies]
    places.insert(0, start_path(experiments, run.spec.key))
    return next((path for path in places if path.is_file()), None)


def bring_starts(
    runs: Iterable[PlannedRun], known: Container[str], experiments: Path, studies: Iterable[str]
) -> None:
    """Put the weights that these studies have kept where runs start from them, which are refused
    there where they are another run's."""
    for run in known_starts(runs, known):
        start, kept = start_path(experiments, run.spec.key), kept_weights(run, experiments, studies)
        if kept is not None and not start.exists():
            write_whole(start, kept.read_bytes())


def family_runs(
    definition: StudyDefinition, sizes: Sequence[FamilyMember]
) -> tuple[PlannedRun, ...]:
    """STEP 2: every size with every seed, where recipe.start says so from the size before."""
    chained = definition.settings.recipe.start == BEFORE
    found: list[PlannedRun] = []
    before: dict[int, PlannedRun] = {}
    for member in sizes:
        for seed in definition.family_seeds:
            start = None
            if chained and seed in before:
                require_growable(member, before[seed].member)
                start = before[seed].spec
            run = definition.run(Step.FAMILY, member, member.phi or 0.0, seed, start=start)
            before[seed] = run
            found.append(run)
    return tuple(found)


def require_growable(member: FamilyMember, source: FamilyMember) -> None:
    """Raise InvalidInput where `member` is a network whose sizes only its code knows."""
    ours, theirs = member.network, source.network
    if not (isinstance(ours, OwnNetwork) and isinstance(theirs, OwnNetwork)):
        return
    if (ours.depth_mult, ours.width_mult) != (theirs.depth_mult, theirs.width_mult):
        raise InvalidInput(
            f"recipe.start is given, but the networks of {member.baseline.name} have sizes that "
            "only their code knows, so that none can grow into another: leave it out, or take a "
            "baseline with a stage table"
        )
